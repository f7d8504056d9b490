/**
 * When the look after one that began at `started` is due, `now` that it has ended: at a whole number of delays since 1970, so
 * that looks are in step with the clock, on all hosts alike. What was missed is not made up for; a timer may fire a moment
 * early, and a clock may be set. Wall clock, seconds.
 */
export const nextDue = (started: number, now: number, delay: number): number => {
  const next = Math.floor(now / delay) + 1;
  return (next === Math.round(started / delay) ? next + 1 : next) * delay;
};
