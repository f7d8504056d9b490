import { occupied } from '../actions/balloon/rails.ts';
import { statsStale } from '../actions/balloon/reports.ts';
import type { Limits } from '../actions/limits.ts';
import { spare } from '../actions/reserve.ts';
import type { GuestModel, Model } from '../model.ts';
import type { GuestId } from '../sample.ts';
import { longBytes } from '../units.ts';
import { balloonMaximum } from '../vmm/memory.ts';
import type { Decision } from './policy.ts';

/** Nobody watches a guest any more: it should have this share of what it uses, and the floor's margin twice, beyond it. */
const unwatchedShare = 0.25;

/** What a guest should have when nobody watches it: all of its size where what it uses is not known. Bytes. */
const safeSize = (guest: GuestModel, limits: Limits): number | undefined => {
  const maximum = balloonMaximum(guest.sample);
  const used = guest.values.guest_used;
  const taken = occupied(guest);
  if (maximum === undefined || used === undefined || taken === undefined || statsStale(guest, limits) !== false)
    return maximum;
  return Math.min(maximum, taken + unwatchedShare * used + 2 * limits.floorMargin);
};

/**
 * Before a policy that acted is left alone: the guests it moved get so much that they can do without it, those with the
 * least of that first, as far as the host has room; and a balloon that is on its way to less is stopped.
 */
export const leaveSafe = (model: Model, moved: ReadonlySet<GuestId>, limits: Limits): readonly Decision[] => {
  let room = Math.max(0, spare(model) ?? 0);
  const lacking = model.guests.flatMap(guest => {
    const { balloon_actual: actual, balloon_target: aim } = guest.values;
    const wanted = safeSize(guest, limits);
    if (!moved.has(guest.id) || actual === undefined || wanted === undefined) return [];
    const least = Math.min(actual, aim ?? actual);
    return wanted > least ? [{ guest, actual, least, wanted: Math.max(actual, wanted) }] : [];
  });
  const part = ({ least, wanted }: (typeof lacking)[number]): number => least / wanted;
  return lacking
    .sort((a, b) => part(a) - part(b))
    .flatMap(({ guest, actual, least, wanted }): Decision[] => {
      const { pageSize } = model.sample;
      const target = actual + Math.floor(Math.min(wanted - actual, room) / pageSize) * pageSize;
      if (target <= least) return [];
      room -= target - actual;
      return [
        {
          request: { action: 'balloon', words: [guest.id, `${target}B`] },
          subject: guest.name,
          guest: guest.id,
          why: `no policy watches it any more, and it uses ${longBytes(guest.values.guest_used)} of ${longBytes(actual)}`,
        },
      ];
    });
};
