import { readEntry } from '../actions/gate/journal.ts';
import { messageOf } from '../errors.ts';
import type { AdvisorState } from '../policy/advisor.ts';
import type { Tape } from '../recording/tape.ts';
import { safe } from '../text.ts';
import { adviceOn, lookBackAt } from './advice.ts';
import { timeOf, withMoment, withNow } from './moments.ts';
import { keptPolicyEvents, policyEventsOf } from './policy-events.ts';
import type { State, Store } from './store.ts';
import { tabTable } from './tabs.ts';
import { type Destination, destinationId, momentOf, timelineOf } from './time.ts';

export interface Traveller {
  /** To another moment of the tape; of a live one the newest, or one after it, is now. */
  go(to: Destination): void;
  /** After the tape has got new samples, or lost its oldest. */
  refresh(): void;
}

/** What had been done by then, and what policies had decided and why, oldest first. */
const doneUntil = (tape: Tape, time: number, { pilot }: State): Pick<State, 'journal' | 'pilot'> => {
  const events = tape.events(0, time);
  return {
    journal: events.flatMap(({ kind, data }) => (kind === 'action' ? (readEntry(data) ?? []) : [])),
    pilot: { ...pilot, events: policyEventsOf(events).slice(-keptPolicyEvents) },
  };
};

/** Milliseconds that looking back may hold up the screen at once: what takes longer is shown when it is there. */
const usualPatience = 100;

type LookingBack = ReturnType<typeof lookBackAt>;

/** Goes on looking back for a while; gives what was found once that is all. */
const lookOn = (looking: LookingBack, patience: number): AdvisorState | undefined => {
  const until = performance.now() + patience;
  do {
    const step = looking.next();
    if (step.done) return step.value;
  } while (performance.now() < until);
  return undefined;
};

/** Moves the screen in time. `live`: the tape is what is kept of this session, and there is a now to come back to. */
export const createTraveller = (store: Store, tape: Tape, live: boolean, patience = usualPatience): Traveller => {
  let looking: LookingBack | undefined;
  /** Shows the advice once it is there, unless the screen was moved meanwhile. */
  const adviseLater = (mine: LookingBack): void => {
    setTimeout(() => {
      if (mine !== looking) return;
      attempt(() => {
        const advice = lookOn(mine, patience);
        if (!advice) adviseLater(mine);
        else store.setState(({ model }) => (model ? { advice: adviceOn(advice, model) } : {}));
      });
    });
  };
  const show = (id: number): void => {
    const { tab, setting } = store.getState();
    const moment = momentOf(tape, id, tab, setting);
    const { model } = moment;
    looking = lookBackAt(tape, id, setting.thresholds);
    const advice = lookOn(looking, patience);
    store.setState(state => ({
      ...withMoment(state, id, advice && model ? { ...moment, advice: adviceOn(advice, model) } : moment),
      ...(live ? {} : doneUntil(tape, model?.time ?? 0, state)),
      timeline: state.timeline ?? timelineOf(tape, setting.delay),
    }));
    if (!advice) adviseLater(looking);
  };
  /** What can't be read is told, and the screen stays where it is; unless there is nothing on it yet. */
  const attempt = (move: () => void): void => {
    try {
      move();
    } catch (error) {
      if (!store.getState().model) throw error;
      const text = safe(messageOf(error));
      store.setState(state => ({ playing: undefined, message: { text, tone: 'bad', time: timeOf(state) } }));
    }
  };
  // What costs many samples is read only where it is shown.
  store.subscribe((state, before) => {
    const { at } = state;
    const showsMore = state.tab !== before.tab && tabTable[state.tab].past !== undefined;
    if ((showsMore || (state.detail && !before.detail)) && at !== undefined) attempt(() => show(at));
  });
  const go = (to: Destination): void => {
    if (tape.last < tape.first) return;
    const { at } = store.getState();
    const id = destinationId(tape, at ?? tape.last, to);
    // A minute on from ten seconds ago is now, too; and there is nothing after now.
    const isNow = to.kind === 'last' || (id === tape.last && 'by' in to && to.by > 0);
    if (live && isNow) {
      looking = undefined;
      store.setState(withNow);
    } else show(id);
  };
  return {
    go: to => attempt(() => go(to)),
    refresh() {
      const { at, setting } = store.getState();
      if (at === undefined) return;
      store.setState({ timeline: timelineOf(tape, setting.delay) });
      if (at < tape.first) attempt(() => show(tape.first));
    },
  };
};
