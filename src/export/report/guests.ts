import type { GuestModel, Model } from '../../model.ts';
import type { GuestId } from '../../sample.ts';
import { guestLines } from './plots.ts';

/** One guest over the points at which it was there. */
export interface GuestTrace {
  readonly id: GuestId;
  /** As it was started: untrusted text. */
  readonly name: string;
  readonly pid: number;
  /** Index of its first point; it has one value for every point from there to its last one. */
  readonly from: number;
  /** In the order of `guestLines`; `undefined` where unknown. */
  readonly columns: readonly (readonly (number | undefined)[])[];
  /** How far its numbers went up and down, summed, times the part of all points at which it was there: bytes. */
  readonly motion: number;
}

interface Columns {
  readonly guest: GuestModel;
  readonly from: number;
  readonly columns: (number | undefined)[][];
}

/** How far known values reach. */
const reach = (column: readonly (number | undefined)[]): number => {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of column) {
    if (value === undefined) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return Math.max(0, most - least);
};

/** First and last known value of a column, where they differ. */
export const change = (column: readonly (number | undefined)[]): readonly [from: number, to: number] | undefined => {
  const known = column.filter(value => value !== undefined);
  const [from, to] = [known[0], known.at(-1)];
  return from === undefined || to === undefined || from === to ? undefined : [from, to];
};

/** The values of one number of a guest. */
export const columnOf = (trace: GuestTrace, id: (typeof guestLines)[number]['id']): readonly (number | undefined)[] =>
  trace.columns[guestLines.findIndex(line => line.id === id)] ?? [];

/** Collects guests point by point; a guest that comes and goes costs only the points at which it is there. */
export const createGuestColumns = () => {
  const all = new Map<GuestId, Columns>();
  return {
    add(point: number, model: Model) {
      for (const guest of model.guests) {
        let own = all.get(guest.id);
        if (!own) {
          own = { guest, from: point, columns: guestLines.map(() => []) };
          all.set(guest.id, own);
        }
        // Not seen at some points between: unknown there.
        for (const [at, { id }] of guestLines.entries()) {
          const column = own.columns[at] ?? [];
          column.length = point - own.from;
          column.push(guest.values[id]);
        }
      }
    },
    done: (points: number): readonly GuestTrace[] =>
      [...all.values()]
        .map(({ guest, from, columns }) => ({
          id: guest.id,
          name: guest.name,
          pid: guest.pid,
          from,
          columns: columns.map(column => [...column]),
          // Whoever was there for a short while only came and went: told, but not what one looks for first.
          motion: (columns.reduce((sum, column) => sum + reach(column), 0) * (columns[0]?.length ?? 0)) / points,
        }))
        .sort((a, b) => b.motion - a.motion),
  };
};
