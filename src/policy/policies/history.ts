import type { GuestModel, Model } from '../../model.ts';
import type { GuestId } from '../../sample.ts';

/** A guest at a moment (wall clock, seconds). */
export interface Moment {
  readonly time: number;
  readonly guest: GuestModel;
}

/** What the Models say of each guest, oldest first; a guest that came later has less. */
export const histories = (models: readonly Model[]): ReadonlyMap<GuestId, readonly Moment[]> => {
  const found = new Map<GuestId, Moment[]>();
  for (const { time, guests } of models)
    for (const guest of guests) {
      const before = found.get(guest.id);
      if (before) before.push({ time, guest });
      else found.set(guest.id, [{ time, guest }]);
    }
  return found;
};

/** The youngest moment that is at least `seconds` before the last one, else the oldest. */
export const before = <M extends { readonly time: number }>(moments: readonly M[], seconds: number): M | undefined => {
  const last = moments.at(-1)?.time ?? 0;
  return moments.findLast(({ time }) => last - time >= seconds) ?? moments[0];
};

/** The mean of what is known; `undefined` when nothing is. */
export const mean = (numbers: readonly (number | undefined)[]): number | undefined => {
  const known = numbers.filter(number => number !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, number) => sum + number, 0) / known.length;
};
