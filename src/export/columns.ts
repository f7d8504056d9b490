import type { Field } from '../fields/field.ts';
import { guestFields } from '../fields/guest.ts';
import { hostFields } from '../fields/host.ts';
import { nodeFields } from '../fields/node.ts';
import { poolFields } from '../fields/pool.ts';
import { own } from '../own.ts';

/** What a Model knows of one subject. */
interface Known {
  readonly values: Readonly<Record<string, number | undefined>>;
  readonly totals?: Readonly<Record<string, number | undefined>>;
}

/** One number of an export: a gauge under its field's id, a counter as `…_rate` (per second) and `…_total`. */
export interface Column {
  readonly name: string;
  readonly read: (known: Known) => number | undefined;
}

/** In the order of the table, so that it stays the same from run to run and new fields have their own place. */
const columnsOf = (table: Readonly<Record<string, Field<never>>>): readonly Column[] =>
  Object.entries(table).flatMap(([id, field]): Column[] =>
    field.kind === 'gauge'
      ? [{ name: id, read: known => own(known.values, id) }]
      : [
          { name: `${id}_rate`, read: known => own(known.values, id) },
          { name: `${id}_total`, read: known => own(known.totals, id) },
        ],
  );

export const hostColumns = columnsOf(hostFields);
export const nodeColumns = columnsOf(nodeFields);
export const poolColumns = columnsOf(poolFields);
export const guestColumns = columnsOf(guestFields);

/** The known ones by name; what is unknown is absent. */
export const numbersOf = (columns: readonly Column[], known: Known): Readonly<Record<string, number>> => {
  const numbers: Record<string, number> = {};
  for (const { name, read } of columns) {
    const value = read(known);
    if (value !== undefined) numbers[name] = value;
  }
  return numbers;
};
