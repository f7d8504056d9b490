import type { GuestModel } from '../../model.ts';
import { whyKept } from '../../vmm/memory.ts';
import type { Limits } from '../limits.ts';
import { balloonFloor } from './rails.ts';
import { reportOf } from './reports.ts';

/**
 * What the guard rails would let a balloon take from a guest now: bytes, down to its floor; 0 where it has no more than that.
 * `kept`: the host would get nothing back; `unknown`: what it uses is not known, so no size is known to be safe; `unable`: it
 * has no balloon, or would not give now, being paused or of unknown state. Pure.
 */
export type Gives = number | 'kept' | 'unknown' | 'unable';

export const givesNow = (guest: GuestModel, limits: Limits): Gives => {
  const { balloon } = guest.sample.monitor;
  if (whyKept(guest.sample) !== undefined) return 'kept';
  if (guest.state !== 'running' || !balloon?.device || balloon.actual === undefined) return 'unable';
  const floor = reportOf(guest, limits) === 'fresh' ? balloonFloor(guest, limits) : undefined;
  return floor === undefined ? 'unknown' : Math.max(0, balloon.actual - floor);
};
