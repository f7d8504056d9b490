import type { Model } from '../../model.ts';

/** Seconds over which a rate is taken: long enough to see past one burst. */
const span = 15;

/** The Model with which the newest is compared: the oldest of the last seconds, or the one before it. */
const earlier = (window: readonly Model[], newest: Model): Model | undefined =>
  window.find(one => one !== newest && newest.sample.monotonic - one.sample.monotonic <= span) ?? window.at(-2);

/**
 * Mean rate of a counter over the last seconds of the window, per second. `undefined` with one Model only, or where the
 * counter is unknown or was reset.
 */
export const meanRate = (
  window: readonly Model[],
  totalOf: (model: Model) => number | undefined,
): number | undefined => {
  const newest = window.at(-1);
  const before = newest && earlier(window, newest);
  if (!newest || !before) return undefined;
  const [now, then] = [totalOf(newest), totalOf(before)];
  const seconds = newest.sample.monotonic - before.sample.monotonic;
  return now === undefined || then === undefined || seconds <= 0 || now < then ? undefined : (now - then) / seconds;
};
