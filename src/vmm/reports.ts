import type { BalloonSample, BalloonStats } from '../sample.ts';
import { shared } from './answers.ts';

/**
 * The report before `stats`, so that rates use the guest's own clock. A report older than the last one means that the
 * clock was set back, or the guest restarted: no rate across that.
 */
export const earlierOf = (
  last: BalloonSample | undefined,
  stats: BalloonStats | undefined,
): BalloonStats | undefined => {
  if (!stats || !last?.stats || stats.lastUpdate < last.stats.lastUpdate) return undefined;
  return stats.lastUpdate === last.stats.lastUpdate ? last.earlier : last.stats;
};

/**
 * The report with the size that the balloon had then, where that is not its `actual` of now: a report is some seconds old.
 * A new one was made since the last look, so its size lies between; the larger, since less memory in the balloon means
 * more that the guest uses. Of the first one no size of before is known: it is taken to be as now. The last report, told
 * again, is the very same object.
 */
export const withSize = (
  last: BalloonSample | undefined,
  stats: BalloonStats | undefined,
  actual: number | undefined,
): BalloonStats | undefined => {
  if (!stats || !last || actual === undefined || last.actual === undefined) return stats;
  const known = stats.lastUpdate === last.stats?.lastUpdate;
  const then = known ? (last.stats.actual ?? last.actual) : Math.max(last.actual, actual);
  const sized = then === actual ? stats : { ...stats, actual: then };
  const isTold =
    known && sized.actual === last.stats?.actual && shared(last.stats?.values, sized.values) === last.stats?.values;
  return isTold ? last.stats : sized;
};
