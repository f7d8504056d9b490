import { readEntry } from '../actions/gate/journal.ts';
import { messageOf } from '../errors.ts';
import type { Tape } from '../recording/tape.ts';
import { safe } from '../text.ts';
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

/** Moves the screen in time. `live`: the tape is what is kept of this session, and there is a now to come back to. */
export const createTraveller = (store: Store, tape: Tape, live: boolean): Traveller => {
  const show = (id: number): void =>
    store.setState(state => {
      const moment = momentOf(tape, id, state.tab, { ...state.setting, advised: !live });
      return {
        ...withMoment(state, id, moment),
        ...(live ? {} : doneUntil(tape, moment.model?.time ?? 0, state)),
        timeline: state.timeline ?? timelineOf(tape, state.setting.delay),
      };
    });
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
    if (state.tab !== before.tab && tabTable[state.tab].past !== undefined && at !== undefined) attempt(() => show(at));
  });
  const go = (to: Destination): void => {
    if (tape.last < tape.first) return;
    const { at } = store.getState();
    const id = destinationId(tape, at ?? tape.last, to);
    // A minute on from ten seconds ago is now, too; and there is nothing after now.
    const isNow = to.kind === 'last' || (id === tape.last && 'by' in to && to.by > 0);
    if (live && isNow) store.setState(withNow);
    else show(id);
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
