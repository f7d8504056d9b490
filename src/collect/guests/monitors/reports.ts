import type { BalloonSample, BalloonStats } from '../../../sample.ts';

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
