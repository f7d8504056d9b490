import type { MonitorSample } from '../../sample.ts';
import { isMigrating } from '../../vmm/qemu/migration.ts';

/**
 * Seconds from one round of a monitor to its next. One of each second, for up to fifty guests. With more of them a round
 * a guest for each of its reports, which come two seconds apart; and never more than a hundred a second over all.
 */
export const roundInterval = (guests: number): number => Math.max(1, Math.min(2, guests / 50), guests / 100);

/** The same for guests that nobody looks at and that do not move: reports stay younger than what counts as stale. Seconds. */
export const restingInterval = (guests: number): number => Math.max(5, roundInterval(guests));

/** A guest whose available memory changes by more than this part of its size from report to report moves. */
const stir = 1 / 32;

/** Whether between two answers of a guest something went on that is worth to be followed closely. */
export const moves = (before: MonitorSample, after: MonitorSample): boolean => {
  if (after.state !== 'ok' || after.balloon?.actual !== before.balloon?.actual || isMigrating(after.migration))
    return true;
  const [was, is] = [before.balloon?.stats, after.balloon?.stats];
  const available = (stats: typeof is) => stats?.values['stat-available-memory'];
  const [less, more, all] = [available(was), available(is), is?.values['stat-total-memory']];
  const swaps = is?.values['stat-swap-in'] !== was?.values['stat-swap-in'];
  return swaps || (less !== undefined && more !== undefined && all !== undefined && Math.abs(more - less) > stir * all);
};
