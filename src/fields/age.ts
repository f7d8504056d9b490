/** Clocks of one host may differ by so much, and QEMU cuts its times to seconds. */
const slack = 3;

/**
 * How long ago a moment was: seconds. Unknown of one in the future (a clock that was set back, or is wrong): what is dated so
 * may be of any age. `now`, `then`: wall clock, seconds.
 */
export const ageOf = (now: number, then: number | undefined): number | undefined =>
  then === undefined || then - now > slack ? undefined : Math.max(0, now - then);

/** Said of a moment in the future. */
export const fromTheFuture = 'is dated in the future, so its age is unknown: the clock was set back, or is wrong';
