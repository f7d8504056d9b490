import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Request } from '../actions/action.ts';
import type { Following } from '../actions/follow.ts';
import type { JournalEntry } from '../actions/gate/journal.ts';
import type { Knob } from '../actions/knobs.ts';
import type { Limits } from '../actions/limits.ts';
import type { Model } from '../model.ts';
import { type AdvisorState, startAdvising } from '../policy/advisor.ts';
import type { PilotMode, PolicyEvent } from '../policy/pilot.ts';
import type { Thresholds } from '../policy/thresholds.ts';
import type { GuestId } from '../sample.ts';
import type { ActivityRow } from './activity.ts';
import type { Tried } from './advice.ts';
import { emptyHistory, type History, type Identity } from './data.ts';
import { defaultZoom, type GuestHistory } from './guest-history.ts';
import type { ProcessSort } from './processes.ts';
import { defaultTables, type Tables } from './tables.ts';
import type { Tab } from './tabs.ts';
import type { Moment, Timeline } from './time.ts';
import type { ColumnId, Sort } from './view.ts';

/** What is open below the table, or over all of it. */
export type Dialog =
  | { readonly kind: 'help'; readonly scroll: number }
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
  | { readonly kind: 'settings'; readonly group: Knob['group']; readonly cursor: number }
  /** Which policy is to run, and how. */
  | { readonly kind: 'auto'; readonly cursor: number }
  /** A moment to go to is being typed. */
  | { readonly kind: 'moment'; readonly text: string }
  /** A line of words, and which of the actions that it could mean is chosen. */
  | { readonly kind: 'palette'; readonly text: string; readonly cursor: number }
  /** `typed` grows towards the guest's name when a guard rail must be overruled. */
  | {
      readonly kind: 'confirm';
      readonly request: Request;
      readonly typed: string;
      /** Rows of its plan above what is shown. */
      readonly scroll?: number;
      /** So many of the first lines of its plan have been on the screen. */
      readonly seen?: number;
    };

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
  /** The guests that `-p` chose, by id, PID or name; all where there are none. */
  readonly only: readonly string[];
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
  /** Of the guest whose detail is open, while it is. */
  readonly guestHistory: GuestHistory | undefined;
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
  /** What a guest was looked for by. */
  readonly search: string;
  readonly searching: boolean;
  readonly columns: readonly ColumnId[];
  readonly tables: Tables;
  readonly selected: GuestId | undefined;
  readonly selectedIndex: number;
  readonly dialog: Dialog | undefined;
  /** The selected guest has the whole screen, moved up by so many lines. Dialogs open below it as below the table. */
  readonly detail: { readonly scroll: number } | undefined;
  /** Seconds that its graphs cover. */
  readonly zoom: number;
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
  readonly events: readonly PolicyEvent[];
}

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
  guestHistory: undefined,
  activity: [],
  advice: startAdvising(),
  identity: {},
  size: { columns: 80, rows: 24 },
  tab: 'overview',
  ...defaultTables.overview,
  tables: defaultTables,
  filter: '',
  filtering: false,
  search: '',
  searching: false,
  selected: undefined,
  selectedIndex: 0,
  dialog: undefined,
  detail: undefined,
  zoom: defaultZoom,
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
  pilot: { mode: 'off', policy: setting.policy, pinned: new Map(), events: [] },
});

export const openStore = (setting: Setting): Store => createStore<State>()(() => initialState(setting));
