import { guestColumns, hostColumns, nodeColumns, poolColumns } from './columns.ts';
import type { JsonModel } from './json.ts';

const namesOf = (columns: readonly { readonly name: string }[]): ReadonlySet<string> =>
  new Set(columns.map(({ name }) => name));

const names = {
  host: namesOf(hostColumns),
  nodes: namesOf(nodeColumns),
  pools: namesOf(poolColumns),
  guests: namesOf(guestColumns),
};

/** All numbers of exports by their names. */
export const numberNames: readonly string[] = [...new Set(Object.values(names).flatMap(one => [...one]))];

type Row = Readonly<Record<string, number | string>>;

/** What tells which one it is, beside its numbers. */
const words = {
  nodes: ['id'],
  pools: ['page_size', 'node'],
  guests: ['id', 'name', 'pid', 'vmm', 'manager', 'backend', 'monitor', 'state'],
} as const;

const pickRow = (row: Row, kept: readonly string[], chosen: ReadonlySet<string>, own: ReadonlySet<string>): Row =>
  Object.fromEntries(
    Object.entries(row).filter(([name]) => kept.includes(name) || (own.has(name) && chosen.has(name))),
  );

/**
 * When it was, and of host, nodes, pools and guests the `chosen` numbers alone. A part that has none of them is left out,
 * and so is what is no table of numbers: ledger, swaps, findings, problems.
 */
export const pickJson = (json: JsonModel, chosen: ReadonlySet<string>): Partial<JsonModel> => {
  const isWanted = (part: keyof typeof names): boolean => [...names[part]].some(name => chosen.has(name));
  const { version, time, interval, hostname } = json;
  const picked: Record<string, unknown> = { version, time };
  if (interval !== undefined) picked['interval'] = interval;
  if (hostname !== undefined) picked['hostname'] = hostname;
  if (isWanted('host')) picked['host'] = pickRow(json.host, [], chosen, names.host);
  for (const part of ['nodes', 'pools', 'guests'] as const)
    if (isWanted(part))
      picked[part] = (json[part] as readonly Row[]).map(row => pickRow(row, words[part], chosen, names[part]));
  return picked;
};
