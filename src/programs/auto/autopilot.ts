import type { Plan } from '../../actions/action.ts';
import { plan as planOf } from '../../actions/actions.ts';
import { advance, describeFollowing, type Following, isSameFollowed, startFollowing } from '../../actions/follow.ts';
import type { JournalEntry } from '../../actions/gate/journal.ts';
import { type Gate, perform } from '../../actions/gate/perform.ts';
import { messageOf } from '../../errors.ts';
import { known } from '../../known.ts';
import type { Model } from '../../model.ts';
import { leaveSafe } from '../../policy/leave.ts';
import { type Pilot, type PilotMode, type PolicyEvent, type Round, startPilot, steer } from '../../policy/pilot.ts';
import type { Decision, Policy, PolicySettings } from '../../policy/policy.ts';
import type { GuestId } from '../../sample.ts';
import { haltAll } from './halt.ts';
import { createRepeats, saysTheSame } from './repeats.ts';

/** Seconds for which a guest that did not give what was asked is left alone. */
const refusingSeconds = 300;

interface Hooks {
  readonly tell: (event: PolicyEvent) => void;
  /** After the gate did it. */
  readonly performed?: (plan: Plan, entry: JournalEntry) => void;
}

/** Who is asked again and again, and has not moved since it was first asked, stands still since then. */
const goingOn = (next: Following, others: readonly Following[]): Following => {
  const before = others.find(one => isSameFollowed(one, next));
  if (before?.state !== 'moving' || before.follow.kind !== 'balloon' || next.follow.kind !== 'balloon') return next;
  const [then, now] = [before.follow.target - before.actual, next.follow.target - next.actual];
  return next.actual === before.actual && then * now > 0 ? { ...next, moved: before.moved } : next;
};

/** It was asked to stand where it is. */
const isHalt = ({ follow }: Following): boolean => follow.kind === 'balloon' && follow.from === follow.target;

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
  /** The same skip is told once, not at each round. */
  let skipped = new Map<string, string>();
  /** What comes to nothing at each round is told now and then. */
  const repeats = createRepeats();

  const eventOf = (round: Pick<Round, 'time' | 'policy'>, of: Pick<Decision, 'subject' | 'guest'>) => {
    const { time, policy } = round;
    const { subject, guest } = of;
    return (outcome: PolicyEvent['outcome'], text: string): void =>
      hooks.tell({ time, policy, subject, ...known({ guest }), outcome, text });
  };
  /** The same of what changed nothing, so that it comes at each round. */
  const inVain = (round: Pick<Round, 'time' | 'policy'>, of: Pick<Decision, 'subject' | 'guest'>) => {
    const told = eventOf(round, of);
    return (outcome: PolicyEvent['outcome'], text: string): void => {
      if (repeats.isNew(`${outcome} ${of.guest ?? of.subject}`, text, round.time)) told(outcome, text);
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
      eventOf(round, decision)('asked', [what, ...(entry.notes ?? [])].join('; '));
    } catch (error) {
      inVain(round, decision)('failed', `${what}. ${messageOf(error)}`);
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

  /** After what is under way. */
  const begin = (work: () => Promise<void>): void => {
    const mine = (underway ?? Promise.resolve()).then(work).finally(() => {
      if (underway === mine) underway = undefined;
    });
    underway = mine;
  };

  const tellSkipped = (round: Round): void => {
    const now = new Map(round.skipped.map(({ subject, guest, why }) => [guest ?? subject, why]));
    for (const one of round.skipped) {
      const before = skipped.get(one.guest ?? one.subject);
      if (before === undefined || !saysTheSame(before, one.why)) eventOf(round, one)('skipped', one.why);
    }
    skipped = now;
  };

  /** Goes on following; gives those that have just come to a halt. */
  const follow = (model: Model): readonly Following[] => {
    const before = following;
    following = before.map(one => advance(one, model, settings.limits));
    following.forEach((one, index) => {
      if (one.state === before[index]?.state) return;
      const { guest, name } = one.follow;
      const told = eventOf({ time: model.time, policy: flown }, { subject: name, guest });
      if (one.state === 'stalled') {
        refusing.set(guest, model.time + refusingSeconds);
        told('stalled', `${describeFollowing(one)}: left alone for ${refusingSeconds / 60} minutes`);
      } else if (one.state === 'arrived' && !isHalt(one)) told('arrived', describeFollowing(one));
    });
    const stalled = following.filter((one, index) => one.state === 'stalled' && before[index]?.state !== 'stalled');
    following = following.filter(({ state }) => state === 'moving' || state === 'waiting' || state === 'stalled');
    return stalled;
  };

  /** Its driver would go on trying, and take whatever the guest frees next, however much it then needs that. */
  const relent = (model: Model, stalled: readonly Following[]): void => {
    const pressed = stalled.filter(({ follow, actual }) => follow.kind === 'balloon' && follow.target < actual);
    if (mode !== 'act' || pressed.length === 0) return;
    const round = { time: model.time, policy: flown };
    const proposals = haltAll(model, pressed, 'it gives no more', settings.limits);
    begin(() => carryOut({ ...round, proposals, skipped: [] }));
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
      repeats.forget();
    },
    /** The operator changed this guest: no policy touches it until it is released. */
    pin(guest: GuestId, why: string): void {
      pinned.set(guest, why);
      // What it is on its way to is no business of ours any more.
      following = following.filter(({ follow: { guest: one } }) => one !== guest);
    },
    release: (guest: GuestId) => pinned.delete(guest),

    see(model: Model): void {
      relent(model, follow(model));
      if (!pilot || mode === 'off') return;
      const next = steer(pilot, model, { ...settings, pinned: leftAlone(model.time) });
      // A round that is not done yet is not overtaken by the next: its requests are not in the numbers.
      pilot = underway && next.round ? pilot : next.pilot;
      if (!next.round || underway) return;
      tellSkipped(next.round);
      const { round } = next;
      begin(() => carryOut(round));
    },

    /** Everything at once: nothing more is decided, and what is on its way stands where it is. */
    async stop(model: Model | undefined): Promise<void> {
      mode = 'off';
      pilot = undefined;
      await underway;
      const halted = following;
      following = [];
      if (model === undefined) return;
      const round = { time: model.time, policy: flown };
      const halts = haltAll(model, halted, 'everything was stopped', settings.limits);
      await Promise.all(halts.map(({ decision, plan }) => doOne(round, decision, plan)));
    },

    /** Before leaving: guests that it moved are left with enough to do without it. */
    async leave(look: () => Promise<Model>): Promise<void> {
      mode = 'off';
      pilot = undefined;
      await underway;
      const ours = new Set([...moved].filter(guest => !pinned.has(guest)));
      if (ours.size === 0) return;
      const model = await look();
      for (const decision of leaveSafe(model, ours, settings.limits))
        await doOne({ time: model.time, policy: flown }, decision, planOf(model, decision.request, settings.limits));
    },
  };
};
export type Autopilot = ReturnType<typeof createAutopilot>;
