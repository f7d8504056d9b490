import { reportOf } from '../../actions/balloon/reports.ts';
import { type GuestFieldId, guestFields } from '../../fields/guest.ts';
import { availableShare } from '../../fields/memory.ts';
import { valueOrMost } from '../../fields/most.ts';
import type { GuestModel, Model, PoolModel } from '../../model.ts';
import { own } from '../../own.ts';
import type { Thresholds } from '../../policy/thresholds.ts';
import type { Setting } from '../../store/store.ts';
import { given } from '../../vmm/memory.ts';
import type { Tone } from '../line.ts';

/** The tone of a number that is worrying; `undefined` where it is not, or where it is not known. */
type Worry = 'warn' | 'bad' | undefined;

type Host = Model['host']['values'];

/** What is available to the host, as a share of its RAM outside hugepage pools. */
export const availableWorry = (host: Host, limits: Thresholds): Worry => {
  const share = availableShare(host);
  if (share === undefined) return undefined;
  return share < limits.availableCritical ? 'bad' : share < limits.availableLow ? 'warn' : undefined;
};

/** Tasks that waited for memory in the last 10 s. */
export const pressureWorry = (
  { psi_mem_some_avg10: some, psi_mem_full_avg10: full }: Host,
  limits: Thresholds,
): Worry => ((full ?? 0) > limits.pressureFull ? 'bad' : (some ?? 0) > limits.pressureSome ? 'warn' : undefined);

/** Swap that the host reads or writes, bytes a second. */
export const swapRateWorry = (rate: number | undefined, limits: Thresholds): Worry =>
  rate !== undefined && rate >= limits.swapRate ? 'bad' : undefined;

/** What is promised, where the kernel goes by it. */
export const commitWorry = (
  { overcommit_memory: mode, committed_as: committed, commit_limit: limit }: Host,
  limits: Thresholds,
): Worry =>
  mode === 2 && committed !== undefined && limit !== undefined && committed > limits.commitNear * limit
    ? 'bad'
    : undefined;

/** Dirty pages and those being written: the kernel compares their sum (balance_dirty_pages in mm/page-writeback.c). */
export const dirtyWorry = ({ dirty, writeback, dirty_threshold: limit }: Host, limits: Thresholds): Worry =>
  dirty !== undefined && limit !== undefined && dirty + (writeback ?? 0) >= limits.dirtyNear * limit
    ? 'warn'
    : undefined;

/** A pool of the whole host: all in use, or much of it of use to nobody. */
export const poolWorry = ({ node, values: { total, usable } }: PoolModel, limits: Thresholds): Worry =>
  node === undefined && total && usable !== undefined && (usable <= 0 || usable >= limits.poolIdle)
    ? 'warn'
    : undefined;

/** A guest's numbers by which one sees that it waits for memory. */
const guestWorry = ({ values, sample }: GuestModel, id: GuestFieldId, limits: Thresholds): Worry => {
  const value = values[id];
  if (value === undefined) return undefined;
  switch (id) {
    case 'guest_available':
      return value < limits.guestAvailableLow * (given(sample) ?? 0) ? 'warn' : undefined;
    case 'guest_swap_in':
      return value >= limits.guestSwapIn ? 'warn' : undefined;
    case 'guest_major_faults':
      return value >= limits.guestMajorFaults ? 'warn' : undefined;
    case 'host_major_faults':
      if (value >= limits.hostMajorFaults && (values.swap ?? 0) > 0) return 'bad';
      return value >= limits.guestMajorFaults ? 'warn' : undefined;
    case 'swap':
      return value > 0 ? 'warn' : undefined;
    default:
      return undefined;
  }
};

const wordTones: Readonly<Record<string, Tone>> = {
  running: 'good',
  paused: 'warn',
  busy: 'bad',
  bug: 'bad',
  stopped: 'bad',
  denied: 'warn',
  'no monitor': 'warn',
  postmigrate: 'warn',
};

/** The word for what a guest does. */
export const stateTone = (word: string): Tone => own(wordTones, word) ?? 'dim';

/** A guest's number in the guest table, in lists and in the detail view; dim where there is none. */
export const guestTone = (
  guest: GuestModel,
  id: GuestFieldId,
  { limits, thresholds }: Pick<Setting, 'limits' | 'thresholds'>,
): Tone => {
  const value = guest.values[id];
  if (value === undefined) return valueOrMost(guestFields, id, guest.values) === undefined ? 'dim' : 'text';
  const report = reportOf(guest, limits);
  const stale = report !== 'fresh';
  if (id === 'stats_age') return report === 'stalled' ? 'bad' : stale ? 'warn' : 'dim';
  // Numbers from inside a guest that stopped reporting are shown, and shown to be old.
  if (stale && id.startsWith('guest_')) return 'dim';
  return guestWorry(guest, id, thresholds) ?? (value === 0 ? 'dim' : 'text');
};
