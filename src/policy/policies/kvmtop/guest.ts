import { statsStale } from '../../../actions/balloon/reports.ts';
import type { GuestModel } from '../../../model.ts';
import { KiB, MiB } from '../../../units.ts';
import { given } from '../../../vmm/memory.ts';
import type { PolicySettings } from '../../policy.ts';
import type { Thresholds } from '../../thresholds.ts';
import type { Candidate } from '../candidates.ts';
import { before, type Moment } from '../history.ts';
import { trendSeconds } from './host.ts';

/** Room beyond what it uses, in margins of the guard rails (128 MiB, or a tenth of what it uses): below this it gets more. */
const wantMargins = 1.5;
/** Down to this it is asked for memory. What lies between is left as it is, so that nothing swings. */
const keepMargins = 2.5;

/** A guest in need gets at least this share of what it has, at once. */
const rescue = 0.5;
/** Swap-ins count as need below this share available. */
const swapsBelow = 0.5;
/** Major faults count as need below this share available: files cause them, too. */
const faultsBelow = 0.25;

/** Seconds for which a guest that grew does not shrink, and one that shrank grows only in need. */
const holdSeconds = 45;

/** A change of less is none: bytes. */
const smallestBytes = 16 * MiB;
/** A change of less is none: as a share of the guest's maximum. */
const smallestShare = 0.01;

/** Sizes are asked for in whole pages, of which no host has larger ones: a change may come out smaller by one. Bytes. */
const largestPage = 64 * KiB;

/** What a guest needs, and what may be done to it now. Bytes. */
export interface Need {
  readonly one: Candidate;
  /** It thrashes, or soon will: it gets memory before others, and none is taken from it. */
  readonly inNeed: boolean;
  /** What it lacks to be well. */
  readonly lacks: number;
  /** What it is to get if it can be had: in need more than it lacks, since it may grow on. */
  readonly wants: number;
  /** It is never asked to go below this, nor down to it unless the host is critical. */
  readonly least: number;
  /** Down to this it gives its page cache, too. */
  readonly keep: number;
  /** Down to this it gives what is free in it, before anybody's page cache is taken. */
  readonly keepCache: number;
  /** The host holds memory for it that it does not use: without, shrinking it frees nothing. */
  readonly idle: boolean;
  /**
   * The part of what it does not use that the host holds, 0 to 1: what shrinking it yields. All of it where that is
   * unknown.
   */
  readonly yields: number;
  /** Of an earlier shrinking that is still under way. */
  readonly coming: number;
  /** It was asked to shrink and does not: its driver goes on trying by itself, and to ask again brings nothing. */
  readonly stuck: boolean;
  /** Given to it lately and not touched yet, so that the host will miss it later. */
  readonly untouched: number;
  /** It grew a moment ago. */
  readonly grew: boolean;
  /** It shrank a moment ago. */
  readonly shrank: boolean;
  /** Less than this is not worth a change. */
  readonly smallest: number;
}

const smallestOf = (maximum: number): number => Math.max(smallestBytes, smallestShare * maximum);

/** What the host holds for it: bytes; `undefined` where its process can't be read. */
const heldOf = ({ values }: GuestModel): number | undefined =>
  values.rss_anon === undefined ? undefined : values.rss_anon + (values.rss_shmem ?? 0) + (values.swap ?? 0);

/**
 * What the host sees that it can't be short of, whatever it says: memory that it has and never touched. Bytes; 0 where the host
 * can't tell: of a shared backend it counts no swap. (What QEMU holds for itself counts as touched.)
 */
const unusedOf = ({ guest, actual }: Candidate): number => {
  const held = heldOf(guest);
  return held === undefined || guest.sample.launch.backend === 'shared'
    ? 0
    : Math.max(0, actual - held - (guest.values.rss_file ?? 0));
};

/** By how much it uses more than it did, for as long ahead as the trend is believed; what it did not report anew is no trend. */
const growth = (moments: readonly Moment[], used: number, limits: PolicySettings['limits']): number => {
  const earlier = before(moments, trendSeconds);
  const seconds = (moments.at(-1)?.time ?? 0) - (earlier?.time ?? 0);
  const then = earlier && statsStale(earlier.guest, limits) === false ? earlier.guest.values.guest_used : undefined;
  return then === undefined || seconds <= 0 ? 0 : (Math.max(0, used - then) / seconds) * trendSeconds;
};

/** Whether it suffers from what it has; page cache that it could drop is no use of memory, nor is what it never touched. */
const isInNeed = (one: Candidate, thresholds: Thresholds): boolean => {
  const { guest, actual, free } = one;
  const { values } = guest;
  const share = Math.max(values.guest_available ?? 0, free, unusedOf(one)) / (given(guest.sample) ?? actual);
  return (
    share < thresholds.guestAvailableLow ||
    (share < swapsBelow && (values.guest_swap_in ?? 0) >= thresholds.guestSwapIn) ||
    (share < faultsBelow && (values.guest_major_faults ?? 0) >= thresholds.guestMajorFaults)
  );
};

/** What its balloon left it within the hold, oldest first. Bytes. */
const lastSizes = (moments: readonly Moment[]): readonly number[] => {
  const last = moments.at(-1)?.time ?? 0;
  return moments
    .filter(({ time }) => last - time <= holdSeconds)
    .map(({ guest }) => guest.values.balloon_actual)
    .filter(size => size !== undefined);
};

/** Whether its balloon moved that way (1 grew, −1 shrank) within the hold. */
const moved = (sizes: readonly number[], way: 1 | -1, smallest: number): boolean => {
  // Against the extreme before: a slow move is one, too.
  let extreme = sizes[0];
  for (const size of sizes) {
    if (extreme === undefined || way * (size - extreme) < 0) extreme = size;
    if (way * (size - extreme) >= smallest - largestPage) return true;
  }
  return false;
};

/** Whether it has all again, and had not: the last step to that may be small. */
const becameFull = (sizes: readonly number[], maximum: number): boolean =>
  (sizes.at(-1) ?? 0) >= maximum && sizes.some(size => size < maximum);

/** What is still to come of a shrinking; one that has come to a halt gives nothing. */
const comingOf = ({ guest, actual }: Candidate, moments: readonly Moment[]): number => {
  const { balloon_target: target } = guest.values;
  const earlier = before(moments, trendSeconds)?.guest.values.balloon_actual;
  return target !== undefined && earlier !== undefined && earlier > actual ? Math.max(0, actual - target) : 0;
};

/** For `stallSeconds` neither what was asked of it changed nor what it has, which is more. */
const isStuck = (moments: readonly Moment[], { stallSeconds }: PolicySettings['limits'], smallest: number): boolean => {
  const earlier = before(moments, stallSeconds);
  const last = moments.at(-1);
  if (!earlier || !last || last.time - earlier.time < stallSeconds) return false;
  const since = moments.slice(moments.indexOf(earlier)).map(({ guest }) => guest.values);
  return since.every(
    ({ balloon_actual: actual, balloon_target: target }) =>
      actual !== undefined &&
      target !== undefined &&
      actual - target >= smallest &&
      actual === last.guest.values.balloon_actual &&
      target === last.guest.values.balloon_target,
  );
};

const untouchedOf = ({ actual }: Candidate, moments: readonly Moment[]): number => {
  const [first, last] = [moments[0], moments.at(-1)];
  const [heldThen, heldNow] = [first && heldOf(first.guest), last && heldOf(last.guest)];
  const then = first?.guest.values.balloon_actual;
  if (then === undefined || heldThen === undefined || heldNow === undefined) return 0;
  return Math.max(0, actual - then - Math.max(0, heldNow - heldThen));
};

const yieldOf = (held: number | undefined, actual: number, taken: number): number =>
  held === undefined || actual <= taken ? 1 : Math.min(1, Math.max(0, (held - taken) / (actual - taken)));

/** What the guest needs; `moments` are its own, oldest first. */
export const needOf = (one: Candidate, moments: readonly Moment[], { limits, thresholds }: PolicySettings): Need => {
  const { guest, actual, maximum, used, free } = one;
  const smallest = smallestOf(maximum);
  const margin = Math.max(limits.floorMargin, 0.1 * used);
  const soon = one.occupied + growth(moments, used, limits);
  const cache = Math.max(0, (guest.values.guest_available ?? free) - free);
  const least = Math.max(one.minimum, one.guard);
  const keep = Math.max(least, soon + keepMargins * margin);
  // What it asks for is believed as far as the host sees it: it may ask for more than it has only with all of that touched.
  const want = Math.min(maximum, Math.max(least, soon + wantMargins * margin) - unusedOf(one));
  const inNeed = isInNeed(one, thresholds);
  const sizes = lastSizes(moments);
  const shrank = moved(sizes, -1, smallest);
  const lacks = Math.max(0, want - actual);
  const wants = Math.min(maximum - actual, inNeed ? Math.max(lacks, rescue * actual) : shrank ? 0 : lacks);
  const held = heldOf(guest);
  return {
    one,
    inNeed,
    lacks,
    wants: wants < smallest && wants < maximum - actual ? 0 : wants,
    least,
    keep,
    keepCache: keep + cache,
    idle: held === undefined || held - soon >= smallest,
    yields: yieldOf(held, actual, soon),
    coming: comingOf(one, moments),
    stuck: isStuck(moments, limits, smallest),
    untouched: untouchedOf(one, moments),
    grew: moved(sizes, 1, smallest) || becameFull(sizes, maximum),
    shrank,
    smallest,
  };
};
