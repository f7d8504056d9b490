import { balloonFloor, occupied } from '../../actions/balloon/rails.ts';
import { couldReport, whyNoReport } from '../../actions/balloon/reports.ts';
import { unreachable } from '../../actions/guest/guest.ts';
import { type GuestModel, guestWord, type Model } from '../../model.ts';
import { own } from '../../own.ts';
import { longBytes } from '../../units.ts';
import { balloonMaximum, whyKept, whyPartlyKept } from '../../vmm/memory.ts';
import type { Decision, Decisions, PolicySettings } from '../policy.ts';

/** A guest that a policy may move: all it needs to know of it is known and fresh. Bytes. */
export interface Candidate {
  readonly guest: GuestModel;
  /** What its balloon leaves it now. */
  readonly actual: number;
  /** What its balloon could leave it at most. */
  readonly maximum: number;
  /** No policy goes below. */
  readonly minimum: number;
  /** The guard rails of `balloon` refuse to go below. */
  readonly guard: number;
  /** What nothing in it uses. */
  readonly free: number;
  /** What it needs without the page cache. */
  readonly used: number;
  /** What it occupies of its balloon's size: that, and what its kernel kept for itself. */
  readonly occupied: number;
  /** Above 0. */
  readonly shares: number;
}

/** What a guest that nobody named has. */
const usualShares = 1000;

type Skipped = Decisions['skipped'][number];

/** Names are untrusted: one may be called `constructor`. */
const sharesOf = ({ name }: GuestModel, { shares }: PolicySettings): number => own(shares, name) ?? usualShares;

/** Why no policy moves the guest, whatever its numbers say. */
const exempt = (guest: GuestModel, settings: PolicySettings): string | undefined => {
  const pinned = settings.pinned.get(guest.id);
  if (pinned !== undefined) return pinned;
  if (sharesOf(guest, settings) <= 0) return 'its shares are 0: left alone';
  const problem = unreachable(guest);
  if (problem !== undefined) return problem;
  const word = guestWord(guest);
  if (word !== 'running') return `it is ${word}: nothing of it is moved`;
  const kept = whyKept(guest.sample);
  if (kept !== undefined) return `${kept}: a balloon would free nothing`;
  const partly = whyPartlyKept(guest.sample);
  return partly === undefined ? undefined : `${partly}: what a balloon would free is not known`;
};

const candidate = (guest: GuestModel, settings: PolicySettings): Candidate | string => {
  const reason = exempt(guest, settings);
  if (reason !== undefined) return reason;
  const unreported = whyNoReport(guest, settings.limits);
  if (unreported !== undefined)
    return couldReport(guest, settings.limits) ? `${unreported}; a policy at work has them switched on` : unreported;
  const { balloon_actual: actual, guest_free: free, guest_used: used } = guest.values;
  const maximum = balloonMaximum(guest.sample);
  const guard = balloonFloor(guest, settings.limits);
  if (actual === undefined || maximum === undefined) return 'its size is not known yet: wait for its monitor';
  const taken = occupied(guest);
  if (free === undefined || used === undefined || taken === undefined || guard === undefined)
    return 'its driver does not report what it uses and what is free';
  const minimum = settings.floorShare * maximum;
  return {
    guest,
    actual,
    maximum,
    minimum,
    guard,
    free,
    used,
    occupied: taken,
    shares: sharesOf(guest, settings),
  };
};

/** Whom a policy may move, and whom not and why: nothing is decided on what is unknown or stale. */
export const candidatesOf = (
  model: Model,
  settings: PolicySettings,
): { readonly candidates: readonly Candidate[]; readonly skipped: readonly Skipped[] } => {
  const candidates: Candidate[] = [];
  const skipped: Skipped[] = [];
  for (const guest of model.guests) {
    const one = candidate(guest, settings);
    if (typeof one === 'string') skipped.push({ subject: guest.name, guest: guest.id, why: one });
    else candidates.push(one);
  }
  return { candidates, skipped };
};

/**
 * Asks for a balloon of `bytes`, at most the guest's maximum, and where it shrinks not below what the guard rails allow:
 * they would refuse all of it. By the guest's id, since a name may be another's too. `undefined` where nothing is left to
 * do.
 */
export const resize = (
  { guest, actual, maximum, guard }: Candidate,
  bytes: number,
  pageSize: number,
  why: string,
): Decision | undefined => {
  const safe = bytes < actual ? Math.max(bytes, guard) : Math.min(bytes, maximum);
  const target = (bytes < actual ? Math.ceil(safe / pageSize) : Math.floor(safe / pageSize)) * pageSize;
  if (bytes < actual ? target >= actual : target <= actual) return undefined;
  return {
    request: { action: 'balloon', words: [guest.id, `${target}B`] },
    subject: guest.name,
    guest: guest.id,
    why,
  };
};

/** Said of a guest that would be shrunk, were it not for the guard rails. */
export const guarded = ({ guest, used, guard }: Candidate): Skipped => ({
  subject: guest.name,
  guest: guest.id,
  why: `it uses ${longBytes(used)}, and no less than ${longBytes(guard)} is safe`,
});

/** Said where the host's own numbers are missing. */
export const hostUnknown = (what: string): Decisions => ({
  decisions: [],
  skipped: [{ subject: 'host', why: `${what} is unknown: nothing is decided` }],
});
