import type { Model } from '../model.ts';
import { longBytes, MiB } from '../units.ts';
import type { Follow } from './action.ts';

/** A balloon moves in steps of at most a second; one that has not moved for this long is stuck. Seconds. */
const stallAfter = 12;
/** The driver takes whole pages and QEMU rounds: this close is there. Bytes. */
const closeEnough = MiB;

export interface Following {
  readonly follow: Follow;
  readonly state: 'moving' | 'arrived' | 'stalled' | 'gone';
  /** Bytes, as last seen. */
  readonly actual: number;
  /** Wall clock, seconds. */
  readonly since: number;
  readonly moved: number;
}

export const startFollowing = (follow: Follow, time: number): Following => ({
  follow,
  state: 'moving',
  actual: follow.from,
  since: time,
  moved: time,
});

/** One more look at it. A stalled balloon that moves again is moving again. */
export const advance = (following: Following, model: Model): Following => {
  if (following.state === 'arrived' || following.state === 'gone') return following;
  const guest = model.guests.find(one => one.id === following.follow.guest);
  if (!guest) return { ...following, state: 'gone' };
  const actual = guest.values.balloon_actual ?? following.actual;
  const moved = actual === following.actual ? following.moved : model.time;
  const arrived = Math.abs(actual - following.follow.target) <= closeEnough;
  const state = arrived ? 'arrived' : model.time - moved > stallAfter ? 'stalled' : 'moving';
  if (state === following.state && actual === following.actual) return following;
  return { ...following, state, actual, moved };
};

/** What the operator is told of it, in one line. */
export const describeFollowing = ({ follow, state, actual }: Following): string => {
  const there = `${longBytes(actual)} of ${longBytes(follow.target)}`;
  switch (state) {
    case 'moving':
      return `${follow.name}: balloon on its way, ${there}`;
    case 'arrived':
      return `${follow.name}: balloon arrived at ${longBytes(actual)}`;
    case 'stalled':
      return `${follow.name}: balloon stalled at ${there}: the guest can give no more, or its driver does not answer`;
    case 'gone':
      return `${follow.name}: gone while its balloon moved`;
  }
};
