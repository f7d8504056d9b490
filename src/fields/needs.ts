import type { Field, Need } from './field.ts';
import { guestFields } from './guest.ts';
import { hostFields } from './host.ts';
import { nodeFields } from './node.ts';
import { poolFields } from './pool.ts';

/** What must be read so that every field of these tables is known, but for those that are costly to read. */
export const neededBy = (...tables: readonly Readonly<Record<string, Field<never>>>[]): ReadonlySet<Need> => {
  const needs = new Set<Need>();
  for (const table of tables)
    for (const field of Object.values(table)) if (!field.cost) for (const need of field.needs ?? []) needs.add(need);
  return needs;
};

/** What the plan of an action may be told from. */
export const planNeeds: ReadonlySet<Need> = new Set<Need>([
  'ksm',
  'vmstat',
  'sysctls',
  'pools',
  'nodes',
  'thp',
  'settings',
  'guest_ksm_stat',
]);

/** For whoever gives all that kvmtop knows: snapshots, streams, exporters. */
export const everything: ReadonlySet<Need> = neededBy(hostFields, nodeFields, poolFields, guestFields);
