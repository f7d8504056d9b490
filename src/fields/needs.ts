import type { Field, Need } from './field.ts';
import { guestFields } from './guest.ts';
import { hostFields } from './host.ts';
import { nodeFields } from './node.ts';
import { poolFields } from './pool.ts';
import { processFields } from './process.ts';

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

/** What the live screen reads beside what it shows, so that it can look back: a few files of the host, nothing of guests. */
export const keptNeeds: ReadonlySet<Need> = new Set<Need>(['vmstat', 'pressure', 'ksm', 'pools', 'swaps', 'stat']);

/**
 * For recordings: whatever any tab may be asked to show later, and any plan be told from. All of it is cheap to read; what
 * is costly is recorded only while somebody measures it on the screen.
 */
export const recordable: ReadonlySet<Need> = new Set<Need>([
  ...everything,
  ...planNeeds,
  ...neededBy(processFields),
  // No field shows these yet. One that is added later works on old recordings.
  'zswap',
]);
