import { setImmediate as turn } from 'node:timers/promises';
import { noJournal } from '../../actions/gate/journal.ts';
import type { Gate } from '../../actions/gate/perform.ts';
import { selectGuests } from '../../guests.ts';
import { derive } from '../../model.ts';
import type { PilotMode, PolicyEvent } from '../../policy/pilot.ts';
import { policyOf } from '../../policy/policies.ts';
import type { Policy, PolicySettings } from '../../policy/policy.ts';
import type { Tape } from '../../recording/tape.ts';
import type { State, Store } from '../../store/store.ts';
import { type Autopilot, createAutopilot } from '../auto/autopilot.ts';

/** Seconds before the shown moment from which on the policy sees the recording: the longest trend that one looks at. */
const lookBack = 120;
/** Samples that are gone through in one go; further on it begins anew. */
const most = 600;

/** What is past can't be changed. */
const closedGate: Gate = { control: undefined, journal: noJournal };

/** A policy in shadow along a recording: what it would have done about what was recorded. */
export const createReplayPilot = (store: Store, tape: Tape, settings: Omit<PolicySettings, 'pinned'>) => {
  let autopilot: Autopilot | undefined;
  let policy: Policy | undefined;
  let seen: number | undefined;
  let events: PolicyEvent[] = [];
  let isFollowing = false;

  const begin = (at: number): number => {
    events = [];
    autopilot = createAutopilot(closedGate, settings, { tell: event => events.push(event) });
    if (policy) autopilot.set('shadow', policy);
    return tape.find(tape.sample(at).time - lookBack);
  };

  /** What the recording itself tells of policies stays; ours come beside it. */
  const show = (): void =>
    store.setState(({ pilot, model }) => {
      const past = events.filter(({ time }) => time <= (model?.time ?? 0));
      const recorded = pilot.events.filter(one => !events.includes(one));
      return { pilot: { ...pilot, events: [...recorded, ...past].sort((a, b) => a.time - b.time) } };
    });

  /** Sees all samples up to the shown one, as it would have seen them live. */
  const follow = async (): Promise<void> => {
    if (isFollowing || !policy) return;
    isFollowing = true;
    try {
      for (;;) {
        const { at } = store.getState();
        if (at === undefined || at === seen || !policy) break;
        const goesOn = seen !== undefined && at > seen && at - seen <= most;
        const from = goesOn ? (seen as number) + 1 : begin(at);
        for (let id = from; id <= at && policy; id++) {
          autopilot?.see(selectGuests(derive(tape.before(id), tape.sample(id)), store.getState().setting.only));
          // A round is told before the next sample is seen; and keys are heard meanwhile.
          await turn();
        }
        seen = at;
      }
      show();
    } catch {
      // What can't be read is told by whoever shows it.
    } finally {
      isFollowing = false;
    }
  };

  store.subscribe((state: State, before: State) => {
    // Another moment, or the same once more: then only what the recording tells is there.
    if (policy && state.model !== before.model) void follow();
  });

  return {
    fly(mode: PilotMode, id: string): void {
      policy = mode === 'off' ? undefined : policyOf(id);
      seen = undefined;
      const gone = events;
      events = [];
      store.setState(({ pilot }) => ({
        pilot: {
          ...pilot,
          mode: policy ? 'shadow' : 'off',
          policy: id,
          events: pilot.events.filter(one => !gone.includes(one)),
        },
      }));
      void follow();
    },
  };
};
