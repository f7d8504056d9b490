import type { Model } from '../../model.ts';

/** Seconds over which a rate is taken: long enough to see past one burst. */
const span = 15;

/** The Model with which the newest is compared: the oldest of the last seconds, or the one before it. */
export const earlierLook = (window: readonly Model[]): Model | undefined => {
  const newest = window.at(-1);
  if (!newest) return undefined;
  const since = newest.sample.monotonic - span;
  return window.find(one => one !== newest && one.sample.monotonic >= since) ?? window.at(-2);
};

/** How fast a counter grew from one look to the next, per second. `undefined` where it is unknown, or was reset. */
export const perSecond = (
  before: Model | undefined,
  from: number | undefined,
  after: Model,
  to: number | undefined,
): number | undefined => {
  if (!before || from === undefined || to === undefined) return undefined;
  const seconds = after.sample.monotonic - before.sample.monotonic;
  return seconds <= 0 || to < from ? undefined : (to - from) / seconds;
};

/** Mean rate of a counter over the last seconds of the window; `undefined` with one Model only, too. */
export const meanRate = (
  window: readonly Model[],
  totalOf: (model: Model) => number | undefined,
): number | undefined => {
  const newest = window.at(-1);
  const before = earlierLook(window);
  return newest && before && perSecond(before, totalOf(before), newest, totalOf(newest));
};
