import { type Estimate, estimateMigration } from '../fields/migration.ts';
import { guestById } from '../guests.ts';
import type { GuestModel, Model } from '../model.ts';
import type { MigrationSample } from '../sample.ts';
import { formatDuration, longBytes, MiB } from '../units.ts';
import { isMigrating } from '../vmm/qemu/migration.ts';
import type { Follow } from './action.ts';
import { defaultLimits, type Limits } from './limits.ts';

/** The driver takes whole pages and QEMU rounds: this close is there. Bytes. */
export const closeEnough = MiB;

/**
 * waiting: its guest stands still, and moves it when it goes on; replaced: somebody has asked for another size meanwhile; failed: it
 * ended otherwise than asked for; gone: its guest did.
 */
export type FollowState = 'moving' | 'waiting' | 'arrived' | 'stalled' | 'replaced' | 'failed' | 'gone';

/** Another size that the same was asked for meanwhile, and by whom, in words. */
export interface Rival {
  readonly target: number;
  readonly by: string;
  /** Asked for afterwards; else about at the same time. */
  readonly after: boolean;
}

export interface Following {
  readonly follow: Follow;
  readonly state: FollowState;
  /** Bytes, as last seen: the size, or what a migration has sent. */
  readonly actual: number;
  /** What was last seen of a migration. */
  readonly migration?: MigrationSample;
  /** Wall clock, seconds. */
  readonly since: number;
  readonly moved: number;
  /** What keeps it waiting: `paused`, or `stopped` by a signal. */
  readonly still?: string;
  /** Bytes that it was away from its target at its nearest. */
  readonly nearest?: number;
  /** Who has replaced it. */
  readonly rival?: Rival;
}

/** `time`: when it was asked for, wall clock seconds; what was seen before that tells nothing. */
export const startFollowing = (follow: Follow, time: number): Following => ({
  follow,
  state: 'moving',
  actual: follow.kind === 'migration' ? 0 : follow.from,
  since: time,
  moved: time,
});

/** Whether the second asks anew for what the first is about. */
export const isSameFollowed = ({ follow: a }: Following, { follow: b }: Following): boolean =>
  a.guest === b.guest && a.kind === b.kind && (a.kind !== 'virtio-mem' || b.kind !== a.kind || a.device === b.device);

/** One more look at it. What stalled and moves again is moving again. */
export const advance = (
  following: Following,
  model: Model,
  { stallSeconds }: Pick<Limits, 'stallSeconds'> = defaultLimits,
): Following => {
  const { follow, state } = following;
  if (state === 'arrived' || state === 'gone' || state === 'failed' || state === 'replaced') return following;
  const guest = guestById(model, follow.guest);
  if (!guest) return departed(following, model, stallSeconds);
  const clock = { time: model.time, stallSeconds };
  if (follow.kind === 'migration') return advanceMigration(following, follow.target, guest, clock);
  const actual = sizeNow(follow, guest) ?? following.actual;
  const arrived = Math.abs(actual - follow.target) <= closeEnough;
  if (!arrived && (guest.state === 'paused' || guest.state === 'stopped'))
    return state === 'waiting' && actual === following.actual
      ? following
      : { ...following, state: 'waiting', actual, still: guest.state };
  const nearest = Math.min(following.nearest ?? Number.POSITIVE_INFINITY, Math.abs(actual - follow.target));
  const next = moved(following, actual, arrived ? 'arrived' : undefined, clock);
  return next === following ? next : { ...next, nearest };
};

/**
 * A balloon that goes where others have asked for is no longer on the way to where this one asked for. Which request came last, only
 * the guest tells: by going there, or by standing still elsewhere.
 */
export const contend = (following: Following, rivals: readonly Rival[]): Following => {
  const { state, actual } = following;
  if (state !== 'moving' && state !== 'stalled') return following;
  const reached = rivals.find(({ target }) => Math.abs(actual - target) <= closeEnough);
  const rival = reached ?? (state === 'stalled' ? rivals.findLast(({ after }) => after) : undefined);
  return rival ? { ...following, state: 'replaced', rival } : following;
};

/** libvirt says that a guest has arrived a moment after it has ended it here. */
const departed = (following: Following, { sample, time }: Model, stallSeconds: number): Following => {
  const { follow, moved: last } = following;
  if (follow.kind !== 'migration' || !follow.leaves) return { ...following, state: 'gone' };
  if (sample.migrated?.includes(follow.guest)) return { ...following, state: 'arrived' };
  return time - last > stallSeconds ? { ...following, state: 'gone' } : following;
};

/** By what time it is told that something has stalled. */
interface Clock {
  /** Wall clock, seconds. */
  readonly time: number;
  /** What has not moved for so long is stuck; a balloon moves in steps of at most a second. */
  readonly stallSeconds: number;
}

/** `end` when it is over; else it moves, or has stalled. */
const moved = (
  following: Following,
  actual: number,
  end: FollowState | undefined,
  { time, stallSeconds }: Clock,
): Following => {
  const last = actual === following.actual && following.state !== 'waiting' ? following.moved : time;
  const state = end ?? (time - last > stallSeconds ? 'stalled' : 'moving');
  if (state === following.state && actual === following.actual) return following;
  return { ...following, state, actual, moved: last };
};

const sizeNow = (follow: Follow, { values, sample }: GuestModel): number | undefined =>
  follow.kind === 'virtio-mem'
    ? sample.monitor.memoryDevices?.find(device => device.path === follow.device)?.values['size']
    : values.balloon_actual;

const advanceMigration = (
  following: Following,
  target: 'completed' | 'cancelled',
  guest: GuestModel,
  clock: Clock,
): Following => {
  const { monitor } = guest.sample;
  // An answer from before may tell of an earlier migration.
  const fresh = (monitor.time ?? 0) > following.since ? monitor.migration : undefined;
  if (!fresh) return moved(following, following.actual, undefined, clock);
  const over = isMigrating(fresh) ? undefined : fresh.status === target ? 'arrived' : 'failed';
  const next = moved(following, fresh.ram['transferred'] ?? following.actual, over, clock);
  return next === following && following.migration ? next : { ...next, migration: fresh };
};

/** How much of the way is done, 0 to 1; `undefined` while that is not known. */
export const progressOf = ({ follow, actual, migration }: Following): number | undefined => {
  if (follow.kind !== 'migration') {
    const way = follow.target - follow.from;
    return way === 0 ? 1 : share((actual - follow.from) / way);
  }
  const { total, remaining } = migration?.ram ?? {};
  if (migration?.status !== 'active' || !total || remaining === undefined) return undefined;
  return share(1 - remaining / total);
};

const share = (ratio: number): number => Math.min(1, Math.max(0, ratio));

/** What the operator is told of it, in one line. */
export const describeFollowing = (following: Following): string => {
  const { follow } = following;
  switch (follow.kind) {
    case 'balloon':
      return describeSize(
        following,
        'balloon',
        follow.target,
        wentAway(following)
          ? 'it was nearer before: another client has asked for another size, or the guest took memory back'
          : 'the guest can give no more, its driver does not answer, or another client has asked for another size',
      );
    case 'virtio-mem':
      return describeSize(
        following,
        'virtio-mem',
        follow.target,
        follow.target < follow.from
          ? 'the guest can unplug no more of it; what it asks for stays asked'
          : 'its driver plugs no more, or is not loaded',
      );
    case 'migration':
      return describeMigration(following, follow.target);
  }
};

const wentAway = ({ follow, actual, nearest = Number.POSITIVE_INFINITY }: Following): boolean =>
  follow.kind === 'balloon' && Math.abs(actual - follow.target) > nearest + closeEnough;

const describeSize = (
  { follow, state, actual, still, rival }: Following,
  what: string,
  target: number,
  why: string,
): string => {
  const there = `${longBytes(actual)} of ${longBytes(target)}`;
  switch (state) {
    case 'moving':
      return `${follow.name}: ${what} on its way, ${there}`;
    case 'waiting':
      return `${follow.name}: ${what} waits at ${there}: the guest is ${still}, and moves it when it goes on`;
    case 'arrived':
      return `${follow.name}: ${what} arrived at ${longBytes(actual)}`;
    case 'replaced':
      return `${follow.name}: ${what} at ${there}: ${rival?.by} asked for ${longBytes(rival?.target)} meanwhile`;
    case 'stalled':
    case 'failed':
      return `${follow.name}: ${what} stalled at ${there}: ${why}`;
    case 'gone':
      return `${follow.name}: gone while its ${what} moved`;
  }
};

const describeMigration = (following: Following, target: 'completed' | 'cancelled'): string => {
  const { follow, state, migration, actual } = following;
  switch (state) {
    case 'moving':
    case 'waiting':
      return `${follow.name}: ${migration ? describeProgress(migration) : 'migration asked for'}`;
    case 'arrived':
      if (follow.kind === 'migration' && follow.leaves)
        return `${follow.name}: migrated${actual > 0 ? `, ${longBytes(actual)} sent` : ''}; libvirt has ended it here`;
      return target === 'completed'
        ? `${follow.name}: migrated, ${longBytes(actual)} sent; it stands still here and holds its RAM until quit`
        : `${follow.name}: migration cancelled, it runs on here`;
    case 'stalled':
    case 'replaced':
      return `${follow.name}: migration stalled: nothing is sent any more; ${migration ? describeProgress(migration) : 'QEMU tells nothing of it'}`;
    case 'failed':
      return `${follow.name}: migration ${migration?.status ?? 'ended'}${migration?.error ? `: ${migration.error}` : ''}`;
    case 'gone':
      return `${follow.name}: gone while it migrated`;
  }
};

/** `migrating, 1.20 GiB of 4.00 GiB left at 110 MiB/s, 12s to go`. */
const describeProgress = (migration: MigrationSample): string => {
  const { total, remaining } = migration.ram;
  if (migration.status !== 'active' || total === undefined || remaining === undefined)
    return `migration: ${migration.status}`;
  const estimate = estimateMigration(migration);
  const rate = estimate.rate === undefined ? '' : ` at ${longBytes(estimate.rate)}/s`;
  return `migrating, ${longBytes(remaining)} of ${longBytes(total)} left${rate}${outlook(estimate)}`;
};

const outlook = ({ converges, seconds, dirtyRate }: Estimate): string => {
  if (converges === false) return `; it does not converge: the guest writes ${longBytes(dirtyRate)}/s`;
  const dirty = dirtyRate ? `, dirty ${longBytes(dirtyRate)}/s` : '';
  return dirty + (seconds === undefined ? '' : `, ${formatDuration(Math.ceil(seconds))} to go`);
};
