import { format, unknown } from '../units.ts';
import { type Field, valueUnit } from './field.ts';

type Table<Id extends string> = Readonly<Record<Id, Pick<Field<never>, 'unit' | 'kind' | 'most'>>>;
type Values = Readonly<Record<string, number | undefined>>;

/** A number, or where it is unknown the most that it can be; `undefined` where that is unknown as well. */
export const valueOrMost = <Id extends string>(table: Table<Id>, id: Id, values: Values): number | undefined => {
  const { most } = table[id];
  return values[id] ?? (most === undefined ? undefined : values[most]);
};

/** The same in its unit: `15.8G`, `≤15.8G`, `–`. */
export const formatMost = <Id extends string>(table: Table<Id>, id: Id, values: Values): string => {
  const value = valueOrMost(table, id, values);
  if (value === undefined) return unknown;
  return `${values[id] === undefined ? '≤' : ''}${format(value, valueUnit(table[id]))}`;
};
