import { plan } from '../../actions/actions.ts';
import type { Following } from '../../actions/follow.ts';
import type { Limits } from '../../actions/limits.ts';
import { guestById } from '../../guests.ts';
import type { Model } from '../../model.ts';
import type { Proposal } from '../../policy/pilot.ts';
import type { GuestId } from '../../sample.ts';

/** The Model with what was asked of balloons a moment ago, and can't be in it yet. Bytes. */
const withAims = (model: Model, aims: ReadonlyMap<GuestId, number>): Model => ({
  ...model,
  guests: model.guests.map(guest => {
    const aim = aims.get(guest.id);
    return aim === undefined ? guest : { ...guest, values: { ...guest.values, balloon_target: aim } };
  }),
});

/** What would have these balloons stand where they are now, each for the same reason. Pure. */
export const haltAll = (
  model: Model,
  following: readonly Following[],
  why: string,
  limits: Limits,
): readonly Proposal[] => {
  const moving = following.flatMap(({ follow, actual }) => (follow.kind === 'balloon' ? [{ ...follow, actual }] : []));
  const asked = withAims(model, new Map(moving.map(({ guest, target }) => [guest, target])));
  return moving.map(({ guest, name, actual }) => {
    const size = guestById(asked, guest)?.values.balloon_actual ?? actual;
    const request = { action: 'balloon', words: [guest, `${size}B`] };
    return { decision: { request, subject: name, guest, why }, plan: plan(asked, request, limits) };
  });
};
