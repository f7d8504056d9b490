import { known } from '../known.ts';
import type { MigrationSample } from '../sample.ts';

/** What a migration's numbers mean. Pure. */

export interface Estimate {
  /** Bytes a second that are sent. */
  readonly rate?: number;
  /** Bytes a second that the guest writes again meanwhile. */
  readonly dirtyRate?: number;
  /** Whether more is sent than is written again; unknown until QEMU has gone through the memory once. */
  readonly converges?: boolean;
  /** Until what is left has been sent, at these rates. Without a dirty rate it is the least. */
  readonly seconds?: number;
}

/** Bytes of a page where QEMU does not tell (before 4.1). */
const usualPage = 4096;

export const estimateMigration = ({ ram }: MigrationSample): Estimate => {
  const { remaining, mbps, 'dirty-pages-rate': dirtyPages, 'dirty-sync-count': syncs = 0 } = ram;
  const rate = mbps === undefined ? undefined : (mbps * 1e6) / 8;
  // QEMU counts what is dirtied from one synchronisation of the bitmap to the next; before the second it says 0.
  const dirtyRate = dirtyPages === undefined || syncs < 2 ? undefined : dirtyPages * (ram['page-size'] ?? usualPage);
  const converges = rate === undefined || rate === 0 || dirtyRate === undefined ? undefined : dirtyRate < rate;
  const net = converges === false || !rate ? undefined : rate - (dirtyRate ?? 0);
  return {
    ...known({ rate, dirtyRate, converges }),
    ...(net === undefined || remaining === undefined ? {} : { seconds: remaining / net }),
  };
};
