import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Plan, Request } from '../actions/action.ts';
import { plan as planOf } from '../actions/actions.ts';
import { describeRequest } from '../actions/describe.ts';
import { advance, describeFollowing, type Following, isSameFollowed, startFollowing } from '../actions/follow.ts';
import type { JournalEntry } from '../actions/gate/journal.ts';
import type { Knob } from '../actions/knobs.ts';
import type { Limits } from '../actions/limits.ts';
import type { Model } from '../model.ts';
import { type AdvisorState, startAdvising } from '../policy/advisor.ts';
import type { PilotMode, Verdict } from '../policy/pilot.ts';
import type { Thresholds } from '../policy/thresholds.ts';
import type { TapeEvent } from '../recording/tape.ts';
import type { GuestId } from '../sample.ts';
import { type ActivityRow, rememberActivity } from './activity.ts';
import { describeTried, judgeTried, type Tried } from './advice.ts';
import { emptyHistory, type History, type Identity, remember } from './data.ts';
import type { ProcessSort } from './processes.ts';
import { defaultTables, type Tables } from './tables.ts';
import type { Moment, Timeline } from './time.ts';
import { type ColumnId, moveSelection, type Sort, type Tab, visibleGuests } from './view.ts';

/** What is open below the table, or over all of it. */
export type Dialog =
  | { readonly kind: 'help'; readonly scroll: number }
  | { readonly kind: 'detail' }
  | { readonly kind: 'problems' }
  | { readonly kind: 'sort'; readonly cursor: number }
  | { readonly kind: 'columns'; readonly cursor: number }
  /** A word of a request is being typed. */
  | {
      readonly kind: 'enter';
      readonly action: string;
      readonly words: readonly string[];
      readonly text: string;
      /** Words that follow the one being typed. */
      readonly rest?: readonly string[];
    }
  /** `typed` grows towards the guest's name when a guard rail must be overruled. */
  | { readonly kind: 'settings'; readonly group: Knob['group']; readonly cursor: number }
  /** Which policy is to run, and how. */
  | { readonly kind: 'auto'; readonly cursor: number }
  /** A moment to go to is being typed. */
  | { readonly kind: 'moment'; readonly text: string }
  /** A line of words, and which of the actions that it could mean is chosen. */
  | { readonly kind: 'palette'; readonly text: string; readonly cursor: number }
  | { readonly kind: 'confirm'; readonly request: Request; readonly typed: string };

export interface Message {
  readonly text: string;
  readonly tone: 'good' | 'warn' | 'bad' | 'dim';
  /** Wall clock, seconds. */
  readonly time: number;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What does not change while the program runs. */
export interface Setting {
  readonly source: 'live' | 'demo' | 'recording';
  readonly readOnly: boolean;
  readonly root: string;
  readonly privileged: boolean;
  readonly delay: number;
  readonly limits: Limits;
  readonly thresholds: Thresholds;
  /** The policy that is offered first. */
  readonly policy: string;
  /** Seconds that a message, or a balloon that arrived, stays on the screen. */
  readonly messageSeconds: number;
}

export interface Measuring {
  readonly what: 'pss' | 'placement';
  readonly guest: GuestId;
  readonly since: number;
}

/** A recording that is being written. */
export interface Recorded {
  readonly path: string;
  /** Seconds, from the first sample in it. */
  readonly seconds: number;
  /** Bytes. */
  readonly size: number;
}

export interface State {
  readonly setting: Setting;
  // time
  /** The newest look: what is shown, unless the screen looks back. */
  readonly now: Moment;
  /** Id on the tape of the sample that is shown; absent while the newest is shown as it comes. Always there in a replay. */
  readonly at: number | undefined;
  /** The whole tape at a glance, while it is drawn. */
  readonly timeline: Timeline | undefined;
  /** A replay that plays, at so many times its own speed. */
  readonly playing: number | undefined;
  /** What `playing` becomes when it plays on. */
  readonly speed: number;
  readonly recorded: Recorded | undefined;
  // data, of the moment that is shown
  readonly model: Model | undefined;
  readonly history: History;
  /** Rows of the vmstat tab, oldest first. */
  readonly activity: readonly ActivityRow[];
  readonly advice: AdvisorState;
  readonly identity: Identity;
  // view
  readonly size: Size;
  readonly tab: Tab;
  /** Of this tab's table; `tables` has those of the others. */
  readonly sort: Sort;
  readonly filter: string;
  readonly filtering: boolean;
  readonly columns: readonly ColumnId[];
  readonly tables: Tables;
  readonly selected: GuestId | undefined;
  readonly selectedIndex: number;
  readonly dialog: Dialog | undefined;
  /** Lines that a tab of many lines has moved; for vmstat back from the newest. */
  readonly scroll: number;
  /** Columns of the vmstat tab that have moved out on the left. */
  readonly shift: number;
  readonly processSort: ProcessSort;
  /** The guest of which something costly was asked for, and when (wall clock seconds), until it is there. */
  readonly measuring: Measuring | undefined;
  // action
  readonly message: Message | undefined;
  readonly following: readonly Following[];
  /** What `u` would take back, newest last. */
  readonly undoable: readonly Request[];
  /** What was done here, earlier runs included, oldest first. */
  readonly journal: readonly JournalEntry[];
  /** Counted from the newest. */
  readonly journalCursor: number;
  /** Of the advisor's findings, from the most urgent. */
  readonly adviceCursor: number;
  /** Fixes that were carried out from here, oldest first. */
  readonly tried: readonly Tried[];
  readonly pilot: PilotView;
}

/** The policy that runs, and what it did last. */
export interface PilotView {
  readonly mode: PilotMode;
  readonly policy: string;
  /** Guests that no policy touches, and why. */
  readonly pinned: ReadonlyMap<GuestId, string>;
  /** Oldest first. */
  readonly verdicts: readonly Verdict[];
}

/** Verdicts that are kept. */
export const keptVerdicts = 200;

export type Store = StoreApi<State>;

export const initialState = (setting: Setting): State => ({
  setting,
  now: { model: undefined, history: emptyHistory, activity: [], advice: startAdvising() },
  at: undefined,
  timeline: undefined,
  playing: undefined,
  speed: 1,
  recorded: undefined,
  model: undefined,
  history: emptyHistory,
  activity: [],
  advice: startAdvising(),
  identity: {},
  size: { columns: 80, rows: 24 },
  tab: 'overview',
  ...defaultTables.overview,
  tables: defaultTables,
  filter: '',
  filtering: false,
  selected: undefined,
  selectedIndex: 0,
  dialog: undefined,
  scroll: 0,
  shift: 0,
  processSort: { column: 'held', reverse: false },
  measuring: undefined,
  message: undefined,
  following: [],
  undoable: [],
  journal: [],
  journalCursor: 0,
  adviceCursor: 0,
  tried: [],
  pilot: { mode: 'off', policy: setting.policy, pinned: new Map(), verdicts: [] },
});

/** When it is, wall clock seconds, whatever moment is shown: what messages are dated with. */
export const timeOf = ({ now, model }: State): number => (now.model ?? model)?.time ?? 0;

export const openStore = (setting: Setting): Store => createStore<State>()(() => initialState(setting));

const tones = { moving: 'dim', arrived: 'good', stalled: 'bad', failed: 'bad', gone: 'bad' } as const;

/** Seconds after which a measurement that brings nothing (no privilege) is given up. */
const measureSeconds = 3;

const stillMeasuring = ({ measuring }: State, model: Model): State['measuring'] => {
  if (!measuring || model.time - measuring.since > measureSeconds) return undefined;
  const values = model.guests.find(guest => guest.id === measuring.guest)?.values;
  const age = measuring.what === 'pss' ? values?.pss_age : values?.numa_age;
  return age !== undefined && model.time - age >= measuring.since ? undefined : measuring;
};

/** What is shown of a moment, and where the selection is then. */
const shown = (state: State, moment: Moment): Partial<State> => {
  const guests = visibleGuests(moment.model, state.filter, state.sort);
  const { selected, index } = moveSelection(guests, state.selected, state.selectedIndex, 0);
  return { ...moment, selected, selectedIndex: index };
};

/** What came of changes on their way, and of fixes that were tried, as the newest Model has it: for recordings. */
export const outcomesOf = (state: State, { now }: State): readonly TapeEvent[] => {
  const { model } = now;
  if (!model) return [];
  const event = (subject: string, text: string): TapeEvent => ({ time: model.time, kind: 'outcome', subject, text });
  const moved = state.following.flatMap(one => {
    const next = advance(one, model, state.setting.limits);
    return next.state !== one.state && next.state !== 'moving'
      ? [event(next.follow.name, describeFollowing(next))]
      : [];
  });
  const judged = judgeTried(state.tried, now.advice.findings, model.time)
    .filter((one, index) => one.outcome !== state.tried[index]?.outcome)
    .map(one => event(one.finding.subject, describeTried(one, model.time)));
  return [...moved, ...judged];
};

/** What the newest Model changes: the balloons on their way, and what is shown unless the screen looks back. */
export const withModel = (state: State, model: Model, advice: AdvisorState = state.now.advice): Partial<State> => {
  const { limits, messageSeconds, delay } = state.setting;
  const following = state.following.map(one => advance(one, model, limits));
  const changed = following.find((one, index) => one.state !== state.following[index]?.state && one.state !== 'moving');
  const settled = following.filter(one => one.state === 'moving' || one.state === 'stalled');
  const expired = state.message && model.time - state.message.time > messageSeconds;
  const activity = rememberActivity(state.now.activity, model);
  const now = { model, history: remember(state.now.history, model, delay), activity, advice };
  const tried = judgeTried(state.tried, advice.findings, model.time);
  const judged = tried.find((one, index) => one.outcome !== state.tried[index]?.outcome);
  // Who reads old rows keeps them in sight.
  const moved = state.tab === 'vmstat' && state.scroll > 0 && activity !== state.now.activity;
  return {
    now,
    ...(state.at === undefined ? { ...shown(state, now), scroll: state.scroll + (moved ? 1 : 0) } : {}),
    following: settled,
    measuring: stillMeasuring(state, model),
    tried,
    message: changed
      ? { text: describeFollowing(changed), tone: tones[changed.state], time: model.time }
      : judged
        ? {
            text: describeTried(judged, model.time),
            tone: judged.outcome === 'helped' ? 'good' : 'warn',
            time: model.time,
          }
        : expired
          ? undefined
          : state.message,
  };
};

/** One more verdict of the policy. */
export const withVerdict = ({ pilot }: State, verdict: Verdict): Partial<State> => ({
  pilot: { ...pilot, verdicts: [...pilot.verdicts.slice(1 - keptVerdicts), verdict] },
});

/** Another moment of the tape. */
export const withMoment = (state: State, at: number, moment: Moment): Partial<State> => ({
  at,
  ...shown(state, moment),
});

/** The newest look again. */
export const withNow = (state: State): Partial<State> => ({
  at: undefined,
  timeline: undefined,
  ...shown(state, state.now),
});

/** The plan of what a confirm dialog asks about, on the newest numbers. */
export const currentPlan = (state: State, request: Request): Plan | undefined =>
  state.model && planOf(state.model, request, state.setting.limits);

/** After the gate did it: follow what moves, and keep the way back. */
export const withPerformed = (state: State, plan: Plan, entry: JournalEntry, isUndo: boolean): Partial<State> => {
  const time = state.model?.time ?? Date.now() / 1000;
  // The Model may be older than what was done.
  const done = Math.max(time, Date.parse(entry.time) / 1000);
  const started = (plan.follow ?? []).map(follow => startFollowing(follow, done));
  const others = state.following.filter(one => !started.some(other => isSameFollowed(one, other)));
  const fixed = state.now.advice.findings.find(
    ({ fix }) => fix && describeRequest(fix) === describeRequest(plan.request),
  );
  const undoable = isUndo ? state.undoable.slice(0, -1) : entry.undo ? [...state.undoable, entry.undo] : state.undoable;
  return {
    dialog: undefined,
    undoable,
    journal: [...state.journal, entry],
    ...(fixed
      ? { tried: [...state.tried, { finding: fixed, request: plan.request, time: done, outcome: 'waiting' }] }
      : {}),
    following: [...others, ...started],
    message: entry.notes
      ? { text: `${plan.summary}: ${entry.notes.join('; ')}`, tone: 'warn', time }
      : { text: plan.summary + ': asked', tone: 'good', time },
  };
};
