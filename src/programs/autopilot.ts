import type { Plan } from '../actions/action.ts';
import { plan as planOf } from '../actions/actions.ts';
import { advance, describeFollowing, type Following, isSameFollowed, startFollowing } from '../actions/follow.ts';
import type { JournalEntry } from '../actions/journal.ts';
import { type Gate, perform } from '../actions/perform.ts';
import type { Model } from '../model.ts';
import { leaveSafe } from '../policy/leave.ts';
import { type Pilot, type PilotMode, type Round, startPilot, steer, type Verdict } from '../policy/pilot.ts';
import type { Decision, Policy, PolicySettings } from '../policy/policy.ts';
import type { GuestId } from '../sample.ts';

/** Seconds for which a guest that did not give what was asked is left alone. */
const refusingSeconds = 300;

interface Hooks {
  readonly tell: (verdict: Verdict) => void;
  /** After the gate did it. */
  readonly performed?: (plan: Plan, entry: JournalEntry) => void;
}

/** Runs a policy on Models as they come: in shadow it tells what it would do, in act it does that through the gate. */
export const createAutopilot = (gate: Gate, settings: Omit<PolicySettings, 'pinned'>, hooks: Hooks) => {
  let mode: PilotMode = 'off';
  let pilot: Pilot | undefined;
  /** Guests that are left alone, and why. */
  const pinned = new Map<GuestId, string>();
  const refusing = new Map<GuestId, number>();
  const moved = new Set<GuestId>();
  let following: readonly Following[] = [];
  let underway: Promise<void> | undefined;
  /** The same skip is told once, not at each round. */
  let skipped = new Map<string, string>();

  const verdict = (round: Pick<Round, 'time' | 'policy'>, of: Pick<Decision, 'subject' | 'guest'>) => {
    const { time, policy } = round;
    const { subject, guest } = of;
    return (outcome: Verdict['outcome'], text: string): void =>
      hooks.tell({ time, policy, subject, ...(guest === undefined ? {} : { guest }), outcome, text });
  };

  const doOne = async (round: Pick<Round, 'time' | 'policy'>, decision: Decision, plan: Plan): Promise<void> => {
    const told = verdict(round, decision);
    const what = `${plan.summary}: ${decision.why}`;
    if (plan.refusal) return told('refused', `${what}. Refused: ${plan.refusal.reason}`);
    try {
      const entry = await perform(gate, plan, { by: 'policy' });
      if (decision.guest !== undefined) moved.add(decision.guest);
      const started = (plan.follow ?? []).map(follow => startFollowing(follow, Date.parse(entry.time) / 1000));
      following = [...following.filter(one => !started.some(other => isSameFollowed(one, other))), ...started];
      hooks.performed?.(plan, entry);
      told('asked', [what, ...(entry.notes ?? [])].join('; '));
    } catch (error) {
      told('failed', `${what}. ${error instanceof Error ? error.message : String(error)}`);
    }
  };

  const carryOut = async (round: Round): Promise<void> => {
    for (const { decision, plan } of round.proposals) {
      // Whoever stopped it meanwhile wants nothing more to be done.
      if (mode === 'off') return;
      if (mode === 'shadow') verdict(round, decision)('would', `${plan.summary}: ${decision.why}`);
      else await doOne(round, decision, plan);
    }
  };

  const tellSkipped = (round: Round): void => {
    const now = new Map(round.skipped.map(({ subject, guest, why }) => [guest ?? subject, why]));
    for (const one of round.skipped) {
      const before = skipped.get(one.guest ?? one.subject);
      // Numbers in the reason change all the time.
      if (before?.replaceAll(/\d+/g, '') !== one.why.replaceAll(/\d+/g, '')) verdict(round, one)('skipped', one.why);
    }
    skipped = now;
  };

  const follow = (model: Model): void => {
    const before = following;
    following = before.map(one => advance(one, model, settings.limits));
    following.forEach((one, index) => {
      if (one.state === before[index]?.state) return;
      const { guest, name } = one.follow;
      const told = verdict({ time: model.time, policy: pilot?.policy.id ?? '' }, { subject: name, guest });
      if (one.state === 'stalled') {
        refusing.set(guest, model.time + refusingSeconds);
        told('stalled', `${describeFollowing(one)}: left alone for ${refusingSeconds / 60} minutes`);
      } else if (one.state === 'arrived') told('arrived', describeFollowing(one));
    });
    following = following.filter(({ state }) => state === 'moving' || state === 'stalled');
  };

  const leftAlone = (time: number): ReadonlyMap<GuestId, string> => {
    for (const [guest, until] of refusing) if (time >= until) refusing.delete(guest);
    return new Map([
      ...[...refusing.keys()].map(guest => [guest, 'it did not give what was asked: left alone for now'] as const),
      ...pinned,
    ]);
  };

  return {
    get mode() {
      return mode;
    },
    get pinned(): ReadonlyMap<GuestId, string> {
      return pinned;
    },
    /** Off forgets what the policy saw; another mode of the same policy does not. */
    set(to: PilotMode, policy: Policy): void {
      mode = to;
      if (to === 'off') pilot = undefined;
      else if (pilot?.policy !== policy) pilot = startPilot(policy);
      skipped = new Map();
    },
    /** The operator changed this guest: no policy touches it until it is released. */
    pin: (guest: GuestId, why: string) => pinned.set(guest, why),
    release: (guest: GuestId) => pinned.delete(guest),

    see(model: Model): void {
      follow(model);
      if (!pilot || mode === 'off') return;
      const next = steer(pilot, model, { ...settings, pinned: leftAlone(model.time) });
      // A round that is not done yet is not overtaken by the next: its requests are not in the numbers.
      pilot = underway && next.round ? pilot : next.pilot;
      if (!next.round || underway) return;
      tellSkipped(next.round);
      underway = carryOut(next.round).finally(() => {
        underway = undefined;
      });
    },

    /** Everything at once: nothing more is decided, and what is on its way stands where it is. */
    async stop(model: Model | undefined): Promise<void> {
      mode = 'off';
      const policy = pilot?.policy.id ?? '';
      pilot = undefined;
      await underway;
      const halted = model === undefined ? [] : following.filter(({ state }) => state === 'moving');
      following = [];
      await Promise.all(
        halted.map(({ follow, actual }) => {
          const request = { action: 'balloon', words: [follow.guest, `${Math.round(actual)}B`] };
          const decision = { request, subject: follow.name, guest: follow.guest, why: 'everything was stopped' };
          return doOne({ time: model!.time, policy }, decision, planOf(model!, request, settings.limits));
        }),
      );
    },

    /** Before leaving: guests that it moved are left with enough to do without it. */
    async leave(look: () => Promise<Model>): Promise<void> {
      const acted = moved.size > 0;
      const policy = pilot?.policy.id ?? '';
      mode = 'off';
      pilot = undefined;
      await underway;
      if (!acted) return;
      const model = await look();
      for (const decision of leaveSafe(model, moved, settings.limits))
        await doOne({ time: model.time, policy }, decision, planOf(model, decision.request, settings.limits));
    },
  };
};
export type Autopilot = ReturnType<typeof createAutopilot>;
