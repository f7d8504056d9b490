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
import { createNews, saysTheSame } from './news.ts';

/** Seconds for which a guest that did not give what was asked is left alone. */
const refusingSeconds = 300;

interface Hooks {
  readonly tell: (verdict: Verdict) => void;
  /** After the gate did it. */
  readonly performed?: (plan: Plan, entry: JournalEntry) => void;
}

/** The Model with what was asked of balloons a moment ago, and can't be in it yet. Bytes. */
const withAims = (model: Model, aims: ReadonlyMap<GuestId, number>): Model => ({
  ...model,
  guests: model.guests.map(guest => {
    const aim = aims.get(guest.id);
    return aim !== undefined ? { ...guest, values: { ...guest.values, balloon_target: aim } } : guest;
  }),
});

/** Who is asked again and again, and has not moved since it was first asked, stands still since then. */
const goingOn = (next: Following, others: readonly Following[]): Following => {
  const before = others.find(one => isSameFollowed(one, next));
  if (before?.state !== 'moving' || before.follow.kind !== 'balloon' || next.follow.kind !== 'balloon') return next;
  const [then, now] = [before.follow.target - before.actual, next.follow.target - next.actual];
  return next.actual === before.actual && then * now > 0 ? { ...next, moved: before.moved } : next;
};

/** Runs a policy on Models as they come: in shadow it tells what it would do, in act it does that through the gate. */
export const createAutopilot = (gate: Gate, settings: Omit<PolicySettings, 'pinned'>, hooks: Hooks) => {
  let mode: PilotMode = 'off';
  let pilot: Pilot | undefined;
  /** Of the policy that runs, or did last: what is on its way is told as its. */
  let flown = '';
  /** Guests that are left alone, and why. */
  const pinned = new Map<GuestId, string>();
  const refusing = new Map<GuestId, number>();
  const moved = new Set<GuestId>();
  let following: readonly Following[] = [];
  let underway: Promise<void> | undefined;
  /** The same skip is told once, not at each round, and what comes to nothing at each round now and then. */
  let skipped = new Map<string, string>();
  const news = createNews();

  const verdict = (round: Pick<Round, 'time' | 'policy'>, of: Pick<Decision, 'subject' | 'guest'>) => {
    const { time, policy } = round;
    const { subject, guest } = of;
    return (outcome: Verdict['outcome'], text: string): void =>
      hooks.tell({ time, policy, subject, ...(guest === undefined ? {} : { guest }), outcome, text });
  };
  /** The same of what changed nothing, so that it comes at each round. */
  const inVain = (round: Pick<Round, 'time' | 'policy'>, of: Pick<Decision, 'subject' | 'guest'>) => {
    const told = verdict(round, of);
    return (outcome: Verdict['outcome'], text: string): void => {
      if (news.isNew(`${outcome} ${of.guest ?? of.subject}`, text, round.time)) told(outcome, text);
    };
  };

  const doOne = async (round: Pick<Round, 'time' | 'policy'>, decision: Decision, plan: Plan): Promise<void> => {
    const what = `${plan.summary}: ${decision.why}`;
    if (plan.refusal) return inVain(round, decision)('refused', `${what}. Refused: ${plan.refusal.reason}`);
    // Whatever comes of it: what is told as failed may have been done.
    if (decision.guest !== undefined) moved.add(decision.guest);
    try {
      const entry = await perform(gate, plan, { by: 'policy', why: decision.why });
      const started = (plan.follow ?? []).map(follow => goingOn(startFollowing(follow, round.time), following));
      following = [...following.filter(one => !started.some(other => isSameFollowed(one, other))), ...started];
      hooks.performed?.(plan, entry);
      verdict(round, decision)('asked', [what, ...(entry.notes ?? [])].join('; '));
    } catch (error) {
      inVain(round, decision)('failed', `${what}. ${error instanceof Error ? error.message : String(error)}`);
    }
  };

  const carryOut = async (round: Round): Promise<void> => {
    for (const { decision, plan } of round.proposals) {
      // Whoever stopped it meanwhile wants nothing more to be done.
      if (mode === 'off') return;
      if (mode === 'shadow') inVain(round, decision)('would', `${plan.summary}: ${decision.why}`);
      else await doOne(round, decision, plan);
    }
  };

  const tellSkipped = (round: Round): void => {
    const now = new Map(round.skipped.map(({ subject, guest, why }) => [guest ?? subject, why]));
    for (const one of round.skipped) {
      const before = skipped.get(one.guest ?? one.subject);
      if (before === undefined || !saysTheSame(before, one.why)) verdict(round, one)('skipped', one.why);
    }
    skipped = now;
  };

  const follow = (model: Model): void => {
    const before = following;
    following = before.map(one => advance(one, model, settings.limits));
    following.forEach((one, index) => {
      if (one.state === before[index]?.state) return;
      const { guest, name } = one.follow;
      const told = verdict({ time: model.time, policy: flown }, { subject: name, guest });
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
      if (to !== 'off') flown = policy.id;
      skipped = new Map();
      news.forget();
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
      pilot = undefined;
      await underway;
      const halted = following.flatMap(({ follow, actual }) =>
        follow.kind === 'balloon' ? [{ ...follow, actual }] : [],
      );
      following = [];
      if (model === undefined) return;
      const asked = withAims(model, new Map(halted.map(({ guest, target }) => [guest, target])));
      await Promise.all(
        halted.map(({ guest, name, actual }) => {
          const size = asked.guests.find(({ id }) => id === guest)?.values.balloon_actual ?? actual;
          const request = { action: 'balloon', words: [guest, `${size}B`] };
          const decision = { request, subject: name, guest, why: 'everything was stopped' };
          return doOne({ time: model.time, policy: flown }, decision, planOf(asked, request, settings.limits));
        }),
      );
    },

    /** Before leaving: guests that it moved are left with enough to do without it. */
    async leave(look: () => Promise<Model>): Promise<void> {
      mode = 'off';
      pilot = undefined;
      await underway;
      if (moved.size === 0) return;
      const model = await look();
      for (const decision of leaveSafe(model, moved, settings.limits))
        await doOne({ time: model.time, policy: flown }, decision, planOf(model, decision.request, settings.limits));
    },
  };
};
export type Autopilot = ReturnType<typeof createAutopilot>;
