import type { Request } from '../../actions/action.ts';
import { balloonFloor } from '../../actions/balloon/rails.ts';
import { statsStale } from '../../actions/balloon/reports.ts';
import { unreachable } from '../../actions/guest/guest.ts';
import type { Limits } from '../../actions/limits.ts';
import { guestFiles } from '../../fields/held.ts';
import { availableShare } from '../../fields/memory.ts';
import type { GuestModel, Model } from '../../model.ts';
import { formatRatio, longBytes, MiB } from '../../units.ts';
import { ordinaryRam, whyKept } from '../../vmm/memory.ts';
import type { Thresholds } from '../thresholds.ts';
import { below } from './limit.ts';
import { counted, isRunning, namesOf } from './names.ts';

/** What a guest has and does not need. */
export interface Idle {
  readonly guest: GuestModel;
  /** What its balloon could take down to its floor. Bytes. */
  readonly bytes: number;
  /** What of that the host would get back for sure: the rest the guest has been given, but may never have touched. Bytes. */
  readonly held: number;
}

const idleOf = (guest: GuestModel, limits: Limits): Idle | undefined => {
  const { balloon_actual: actual, rss_anon: anon, rss_shmem: shmem } = guest.values;
  const floor = balloonFloor(guest, limits);
  if (actual === undefined || floor === undefined || anon === undefined || actual <= floor) return undefined;
  if (!isRunning(guest) || unreachable(guest) !== undefined || statsStale(guest, limits) !== false) return undefined;
  if (whyKept(guest.sample) !== undefined) return undefined;
  const resident = anon + (shmem ?? 0) + guestFiles(guest.sample);
  const bytes = Math.min(actual - floor, ordinaryRam(guest.sample) ?? 0);
  return { guest, bytes, held: Math.min(bytes, Math.max(0, Math.min(actual, resident) - floor)) };
};

/**
 * What balloons could take now without touching what guests use: only from those whose numbers are fresh, so a guest
 * that is not in here may have some, too. Idlest first.
 */
export const idleMemory = (model: Model, limits: Limits): readonly Idle[] =>
  model.guests
    .flatMap(guest => idleOf(guest, limits) ?? [])
    .sort((one, other) => other.held - one.held || other.bytes - one.bytes);

/** Guests that may have memory to spare, and do not tell: numbers that are unknown or stale are not none. */
export const silentGuests = ({ guests }: Model, limits: Limits): readonly GuestModel[] =>
  guests.filter(
    guest =>
      guest.sample.monitor.balloon?.device !== false &&
      whyKept(guest.sample) === undefined &&
      statsStale(guest, limits) !== false,
  );

/** `what 2 guests use (web-1 and web-2) is unknown`. */
export const unknownUse = (guests: readonly GuestModel[]): string =>
  `what ${counted(guests.length, 'guest')} ${guests.length === 1 ? 'uses' : 'use'} (${namesOf(guests)}) is unknown`;

/** Whether so little is available that the host’s lack of it may be why something is slow: twice where it is short. */
export const isTight = ({ host: { values } }: Model, { availableLow }: Thresholds, stands: boolean): boolean =>
  below(availableShare(values), 2 * availableLow, stands);

/** `2.00 GiB of 31.0 GiB RAM are available (6.5%)`, of what is in no hugepage pool where there are some. */
export const availableText = ({ host: { values } }: Model): string => {
  const {
    mem_available: own,
    mem_available_with_arc: available,
    mem_outside_pools: total,
    hugetlb_total: pools,
  } = values;
  const arc = (available ?? 0) - (own ?? 0);
  const where = pools ? ' outside hugepage pools' : '';
  return `${longBytes(available)} of ${longBytes(total)} RAM${where} are available${arc > 0 ? `, ${longBytes(arc)} of them in ZFS’s cache` : ''} (${formatRatio(availableShare(values))})`;
};

/** Bytes that the host would get back. */
export const reclaimable = (idle: readonly Idle[]): number => idle.reduce((sum, { held }) => sum + held, 0);

/**
 * The request that takes about so many bytes from those who have most to spare, none below its floor. `undefined` where
 * nobody has any.
 */
export const reclaim = (idle: readonly Idle[], bytes: number): Request | undefined => {
  let left = bytes;
  const words = idle.flatMap(({ guest, held, bytes: most }) => {
    const { balloon_actual: actual } = guest.values;
    if (left <= 0 || held <= 0 || actual === undefined) return [];
    const floor = actual - most;
    const target = floor + Math.max(0, held - left);
    left -= held;
    return [guest.id, `${Math.ceil(target / MiB) * MiB}B`];
  });
  return words.length === 0 ? undefined : { action: words.length === 2 ? 'balloon' : 'balloons', words };
};

/** What the host could give to guests and not be short: a fifth above the limit. Bytes; `undefined` when that is unknown. */
export const roomToGive = (model: Model, { availableLow }: Thresholds): number | undefined => {
  const { mem_available_with_arc: available, mem_outside_pools: total } = model.host.values;
  return available === undefined || total === undefined ? undefined : available - 1.2 * availableLow * total;
};
