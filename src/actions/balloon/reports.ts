import { fromTheFuture } from '../../fields/age.ts';
import type { GuestModel } from '../../model.ts';
import { formatDuration } from '../../units.ts';
import { kindOf } from '../../vmm/kinds.ts';
import { defaultLimits, type Limits } from '../limits.ts';

/** What a guest's own numbers are worth. Pure. */

/** Statistics older than this many of their own intervals are stale: a guest that thrashes stops reporting first. */
const staleIntervals = 3;

/** Whether the guest's own numbers are too old to act on. `undefined` when it never gave any, or how old they are is unknown. */
export const statsStale = (
  guest: GuestModel,
  { staleSeconds }: Pick<Limits, 'staleSeconds'> = defaultLimits,
): boolean | undefined => {
  const age = guest.values.stats_age;
  if (age === undefined) return undefined;
  return age > Math.max(staleSeconds, staleIntervals * (guest.values.stats_interval ?? 0));
};

/**
 * fresh: may be acted on; off: nobody asks for them, and what there is is old; silent: asked, and never answered; stalled:
 * asked, and answers no more; ahead: dated in the future, so of unknown age.
 */
type Report = 'fresh' | 'off' | 'silent' | 'stalled' | 'ahead';

export const reportOf = (guest: GuestModel, limits: Pick<Limits, 'staleSeconds'>): Report => {
  const stale = statsStale(guest, limits);
  if (stale === false) return 'fresh';
  if (guest.values.stats_interval === 0) return 'off';
  if (stale) return 'stalled';
  return guest.sample.monitor.balloon?.stats ? 'ahead' : 'silent';
};

const silence = (guest: GuestModel): string => {
  if (guest.sample.monitor.balloon?.device === false) return 'it has no balloon device, so what it uses is unknown';
  const { polling } = kindOf(guest.sample);
  return 'unable' in polling && guest.values.stats_interval === undefined
    ? `what it uses is unknown: ${polling.unable}`
    : 'its balloon driver has never reported: not loaded, or still booting';
};

const stalled = ({ state, values }: GuestModel): string => {
  const last = `what it uses was last reported ${formatDuration(values.stats_age)} ago`;
  return state === 'running' || state === 'unknown'
    ? `${last}: a guest that stops reporting may be thrashing`
    : `it is ${state}, and reports nothing until it goes on: ${last}`;
};

/** What nobody asks for; of kinds where kvmtop could not change that, why. */
const unasked = (guest: GuestModel): string => {
  const { polling } = kindOf(guest.sample);
  if ('unable' in polling) return `what it uses is unknown: ${polling.unable}`;
  const age = guest.values.stats_age;
  const off = 'nobody asks for its statistics (polling interval 0)';
  return age === undefined
    ? `${off}, so what it uses is unknown`
    : `${off}: what it uses was last reported ${formatDuration(age)} ago`;
};

/** Why nothing is decided on what the guest says, as a clause; `undefined` where it may be. */
export const whyNoReport = (guest: GuestModel, limits: Pick<Limits, 'staleSeconds'>): string | undefined => {
  switch (reportOf(guest, limits)) {
    case 'fresh':
      return undefined;
    case 'off':
      return unasked(guest);
    case 'silent':
      return silence(guest);
    case 'stalled':
      return stalled(guest);
    case 'ahead':
      return `its last report ${fromTheFuture}`;
  }
};

/** Whether it would report if only somebody asked. */
export const couldReport = (guest: GuestModel, limits: Pick<Limits, 'staleSeconds'>): boolean => {
  const { polling } = kindOf(guest.sample);
  return reportOf(guest, limits) === 'off' && !('unable' in polling) && polling.step(guest.sample, 1) !== undefined;
};
