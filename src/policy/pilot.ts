import type { Plan } from '../actions/action.ts';
import { plan } from '../actions/actions.ts';
import type { GuestFieldId } from '../fields/guest.ts';
import type { GuestModel, Model } from '../model.ts';
import type { GuestId } from '../sample.ts';
import type { Decision, Decisions, Policy, PolicySettings } from './policy.ts';
import { trimModel } from './trim.ts';

/** off: no policy runs; shadow: what it would do is told; act: it is done. */
export const pilotModes = ['off', 'shadow', 'act'] as const;
export type PilotMode = (typeof pilotModes)[number];

/** What a policy wants done, as the gate would do it. */
export interface Proposal {
  readonly decision: Decision;
  readonly plan: Plan;
}

/** What may come of it. */
const outcomes = ['would', 'asked', 'refused', 'failed', 'skipped', 'arrived', 'stalled', 'started', 'ended'] as const;

/** What came of one thing that a policy wanted, or of its look at one guest. */
export interface PolicyEvent {
  /** Wall clock, seconds. */
  readonly time: number;
  readonly policy: string;
  /** `host`, or the guest's name: untrusted text. */
  readonly subject: string;
  readonly guest?: GuestId;
  /**
   * would: it ran in shadow; asked: it was done, or is on its way; refused: by a guard rail; failed: the step did; skipped:
   * the policy left it out; arrived, stalled: what became of what was asked; started, ended: of the policy itself.
   */
  readonly outcome: (typeof outcomes)[number];
  /** One line: what, and why. */
  readonly text: string;
}

/** The event, when it is one: recordings may hold anything. */
export const readPolicyEvent = (value: unknown): PolicyEvent | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  const { time, policy, subject, guest, outcome, text } = value as Readonly<Record<string, unknown>>;
  return typeof time === 'number' &&
    [policy, subject, text].every(one => typeof one === 'string') &&
    (guest === undefined || typeof guest === 'string') &&
    outcomes.some(one => one === outcome)
    ? (value as PolicyEvent)
    : undefined;
};

/** One round of a policy. */
export interface Round {
  /** Wall clock, seconds. */
  readonly time: number;
  readonly policy: string;
  readonly proposals: readonly Proposal[];
  readonly skipped: Decisions['skipped'];
}

/** A policy at the helm: what it has seen, and when it decides next. Plain data. */
export interface Pilot {
  readonly policy: Policy;
  /** Oldest first, the newest last; of those before it there is only what policies look back at. */
  readonly seen: readonly Model[];
  /** Monotonic clock of its last round, seconds. */
  readonly decided: number | undefined;
}

/** Seconds that lie at least between two Models that are kept: more would cost memory and tell no more. */
const apart = 1.9;

export const startPilot = (policy: Policy): Pilot => ({ policy, seen: [], decided: undefined });

/** No policy looks at processes, and there are many. */
const light = (model: Model): Model => {
  const { processes: _rows, meminfoRates: _rates, ...rest } = model;
  const { processes: _processes, ...host } = model.sample.host;
  return { ...rest, sample: { ...model.sample, host } };
};

/** What policies look back at; of the newest Model they see all. */
const lookedBackAt: readonly GuestFieldId[] = [
  'balloon_actual',
  'balloon_target',
  'guest_used',
  'guest_free',
  'stats_age',
  'stats_interval',
  'rss_anon',
  'rss_shmem',
  'swap',
];

const valuesOf = ({ values }: GuestModel): GuestModel['values'] => {
  const kept: Partial<Record<GuestFieldId, number>> = {};
  for (const id of lookedBackAt) {
    const value = values[id];
    if (value !== undefined) kept[id] = value;
  }
  return kept;
};

const past = (model: Model): Model => trimModel(model, guest => ({ values: valuesOf(guest), totals: {} }));

const remember = (seen: readonly Model[], model: Model, most: number): readonly Model[] => {
  const [before, last] = [seen.at(-2), seen.at(-1)];
  // Another boot, or a recording that was wound back: what was is no history of what is.
  if (last && model.sample.monotonic < last.sample.monotonic) return [light(model)];
  const replaced = before && last && last.sample.monotonic - before.sample.monotonic < apart;
  const older = replaced || !last ? seen.slice(0, -1) : [...seen.slice(0, -1), past(last)];
  return [...older, light(model)].slice(-most);
};

/**
 * The pilot after one more Model, and its decisions when a round is due. Pure. The first round comes one interval after
 * the first Model: trends need some.
 */
export const steer = (
  pilot: Pilot,
  model: Model,
  settings: PolicySettings,
): { readonly pilot: Pilot; readonly round?: Round } => {
  const { policy } = pilot;
  const seen = remember(pilot.seen, model, policy.window);
  const now = model.sample.monotonic;
  const decided = pilot.decided === undefined || now < pilot.decided ? now : pilot.decided;
  if (now - decided < policy.every) return { pilot: { policy, seen, decided } };
  const { decisions, skipped } = policy.decide(seen, settings);
  const proposals = decisions.map(decision => ({ decision, plan: plan(model, decision.request, settings.limits) }));
  return {
    pilot: { policy, seen, decided: now },
    round: { time: model.time, policy: policy.id, proposals, skipped },
  };
};
