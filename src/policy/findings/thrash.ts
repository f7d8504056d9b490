import { statsStale } from '../../actions/balloon/reports.ts';
import { known } from '../../known.ts';
import type { GuestModel } from '../../model.ts';
import { formatCount, formatDuration, longBytes } from '../../units.ts';
import { given } from '../../vmm/memory.ts';
import type { Thresholds } from '../thresholds.ts';
import { above, below } from './limit.ts';
import { isRunning } from './names.ts';

/** How a guest shows that it lacks memory. */
export interface Thrashing {
  /** The signs, one clause each. */
  readonly words: string;
  readonly numbers: Readonly<Record<string, number>>;
  /** It waits for its disk already, instead of being about to. */
  readonly waits: boolean;
}

/**
 * Whether a guest lacks memory, by its own numbers: it reads its swap, or has little available. Major faults and
 * statistics that stopped are signs only where it had not much available either: a program that starts has faults, and a
 * driver may be unloaded.
 */
export const thrashing = (guest: GuestModel, thresholds: Thresholds, stands: boolean): Thrashing | undefined => {
  if (!isRunning(guest)) return undefined;
  const {
    guest_available: available,
    guest_swap_in: swapIn,
    guest_major_faults: faults,
    stats_age: age,
  } = guest.values;
  const has = given(guest.sample) ?? guest.values.guest_total;
  const share = available === undefined || !has ? undefined : available / has;
  const swaps = above(swapIn, thresholds.guestSwapIn, stands);
  const low = below(share, thresholds.guestAvailableLow, stands);
  const rather = below(share, 2 * thresholds.guestAvailableLow, stands);
  const faulting = above(faults, thresholds.guestMajorFaults, stands) && (rather || swaps);
  const stale = statsStale(guest, thresholds.limits) === true;
  const silent = stale && (guest.values.stats_interval ?? 0) > 0 && (rather || swaps);
  if (!swaps && !low && !faulting && !silent) return undefined;
  // What is of then must not read as if it were of now.
  const [reads, owns] = stale ? ['read', 'had'] : ['reads', 'has'];
  const signs = [
    ...(swaps ? [`${reads} ${longBytes(swapIn)}/s from its own swap`] : []),
    ...(faulting ? [`${owns} ${formatCount(faults)} major faults a second`] : []),
    ...(rather ? [`${owns} ${longBytes(available)} of ${longBytes(has)} available`] : []),
  ];
  return {
    words: `${stale ? `last reported ${formatDuration(age)} ago${silent ? ', as a guest does that thrashes' : ''}, and then it ` : ''}${signs.join(', ')}`,
    numbers: known({
      guest_swap_in: swapIn,
      guest_major_faults: faults,
      guest_available: available,
      balloon_actual: guest.values.balloon_actual,
      stats_age: age,
    }),
    waits: swaps || faulting,
  };
};
