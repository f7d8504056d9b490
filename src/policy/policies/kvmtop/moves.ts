import { shareOut, sum } from '../share-out.ts';
import type { Need } from './guest.ts';
import type { Pressure } from './host.ts';

/** Most that is taken from a guest in one round: share of its maximum. */
const step = 0.1;
/** The same where it is urgent. */
const urgentStep = 0.25;
/** Most that is given back to it unasked in one round: share of its maximum. */
const returnStep = 0.1;
/** Of what a guest has above its least, at most this share is taken in one round, unless critical: slower near the floor. */
const nearing = 0.5;

/** Who may be asked for memory now. Critical: also who has just been given some. */
const isDonor = ({ inNeed, wants, idle, coming, stuck, grew }: Need, pressure: Pressure): boolean =>
  !inNeed && wants === 0 && idle && coming === 0 && !stuck && (!grew || pressure === 'critical');

/** At worst four times as much is taken as is needed, since a part was never touched: then it is looked again. */
const leastYield = 0.25;

/** What the host gains of each byte that is taken from these guests, on average: 0.25 to 1. */
export const yieldOf = (needs: readonly Need[], pressure: Pressure): number => {
  const donors = needs.filter(need => isDonor(need, pressure) && need.one.actual > need.keep);
  const idle = sum(donors.map(({ one, keep }) => one.actual - keep));
  const gain = sum(donors.map(({ one, keep, yields }) => yields * (one.actual - keep)));
  return idle > 0 ? Math.max(leastYield, gain / idle) : 1;
};

/** Sizes of these guests, in their order. Bytes. */
export type Sizes = readonly number[];

export const actualSizes = (needs: readonly Need[]): Sizes => needs.map(({ one }) => one.actual);

/** Down to which sizes guests may be pressed, the mildest first: from free memory, from page cache, from their margins. */
export const floorsOf = (pressure: Pressure): readonly ((need: Need) => number)[] => [
  need => need.keepCache,
  need => need.keep,
  ...(pressure === 'critical' ? [(need: Need) => need.least] : []),
];

const reach = ({ one, least }: Need, urgent: boolean): number =>
  urgent ? urgentStep * one.maximum : Math.min(step * one.maximum, nearing * (one.actual - least));

/**
 * The sizes after `amount` was taken: first of what is free, from who has most of it for its shares, then of page cache, and
 * when critical of what guests keep for the next moment. Bytes.
 */
export const take = (needs: readonly Need[], amount: number, pressure: Pressure): Sizes => {
  const urgent = pressure === 'critical' || needs.some(({ inNeed, wants }) => inNeed && wants > 0);
  let sizes = actualSizes(needs);
  const goal = sum(sizes) - amount;
  for (const floor of floorsOf(pressure)) {
    if (sum(sizes) <= goal) break;
    const before = sizes;
    sizes = shareOut(
      needs.map((need, index) => {
        const now = before[index] as number;
        const lowest = Math.max(floor(need), need.one.actual - Math.max(0, reach(need, urgent)));
        return {
          base: floor(need),
          weight: need.one.shares,
          least: isDonor(need, pressure) ? Math.min(now, lowest) : now,
          most: now,
        };
      }),
      goal,
    );
  }
  return sizes;
};

/**
 * Gives `amount` to those who want it, `atOnce` of it at most to each, one after the other: who is in need first, and of these
 * who wants least for its shares. Where it is not enough for all, a little for each would leave each of them short.
 */
export const grant = (
  needs: readonly Need[],
  sizes: Sizes,
  amount: number,
  atOnce: (need: Need) => number = need => need.wants,
): Sizes => {
  const now = [...sizes];
  const queue = needs
    .map((need, index) => ({ index, inNeed: need.inNeed, most: atOnce(need), rank: need.wants / need.one.shares }))
    .toSorted((a, b) => Number(b.inNeed) - Number(a.inNeed) || a.rank - b.rank);
  let left = amount;
  for (const { index, most } of queue) {
    const gets = Math.min(left, most);
    now[index] = (now[index] as number) + gets;
    left -= gets;
  }
  return now;
};

/** Gives `amount` back to guests below their maximum that did not ask for it, but to none that has just shrunk. */
export const giveBack = (needs: readonly Need[], sizes: Sizes, amount: number): Sizes =>
  shareOut(
    needs.map(({ one, shrank, coming }, index) => {
      const size = sizes[index] as number;
      const still = shrank || coming > 0 || size < one.actual;
      const most = still ? size : Math.max(size, Math.min(one.maximum, one.actual + returnStep * one.maximum));
      return { base: one.used, weight: one.shares, least: size, most };
    }),
    sum(sizes) + amount,
  );
