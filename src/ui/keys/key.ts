import type { Request } from '../../actions/action.ts';
import type { PilotMode } from '../../policy/pilot.ts';
import type { GuestId } from '../../sample.ts';
import type { Dialog, State, Store } from '../../store/store.ts';
import { type TabMode, tabs, tabTable } from '../../store/tabs.ts';
import type { Destination } from '../../store/time.ts';

/** What a key may do besides changing the store. */
export interface App {
  readonly store: Store;
  /** Through the gate; the outcome comes back as a message in the store. */
  act(request: Request, how: { readonly force: boolean; readonly undo: boolean }): void;
  /** Tab, columns and orders into the operator's file of settings; the outcome comes back as a message. */
  save(): void;
  /** To another moment of what is kept, or of the recording. */
  travel(to: Destination): void;
  /** Begins to record this session to a file, or ends that; the outcome comes back as a message. */
  record(): void;
  /** A policy takes over, in shadow or for real; or none. */
  fly(mode: PilotMode, policy: string): void;
  /** No policy does anything more, and what is on its way stands where it is. */
  halt(): void;
  /** Policies leave this guest alone, or no longer. */
  pin(guest: GuestId): void;
  /** In a replay. */
  play(how: 'toggle' | 'faster' | 'slower'): void;
  quit(): void;
  suspend(): void;
  redraw(): void;
}

/** What is open decides which keys there are; with nothing open, the tab. */
export type Mode = TabMode | 'filter' | 'search' | 'detail' | Dialog['kind'];

const linesTabs = tabs.filter(tab => tabTable[tab].mode === 'lines');

export const modeTitles: Readonly<Record<Mode, string>> = {
  main: 'Keys',
  processes: 'In the processes tab',
  lines: `In the ${linesTabs.join(' and ')} tabs`,
  journal: 'In the journal',
  advisor: 'In the advisor tab',
  filter: 'While typing a filter',
  search: 'While finding a guest',
  help: 'In this help',
  detail: 'Looking at one guest',
  problems: 'In the list of problems',
  sort: 'Choosing the sort column',
  columns: 'Choosing columns',
  enter: 'While typing a value',
  settings: 'In a list of settings',
  palette: 'In the palette',
  auto: 'Choosing a policy',
  moment: 'While typing a time',
  confirm: 'Confirming a change',
};

export const modeOf = ({ filtering, searching, dialog, detail, tab }: State): Mode => {
  if (filtering) return 'filter';
  if (searching) return 'search';
  return dialog ? dialog.kind : detail ? 'detail' : tabTable[tab].mode;
};

export interface Key {
  readonly modes: readonly Mode[];
  /** Names as `press` gets them: a character, or up, down, pageup, enter, escape, ctrl-l, … */
  readonly names: readonly string[];
  readonly label: string;
  /** In the footer; without one it is only in the help. */
  readonly title?: string;
  /** Only then the title is in the footer; always, without it. */
  readonly titled?: (state: State) => boolean;
  readonly help: string;
  /** It leads to a change: dim where all is read-only, and not there in a replay. */
  readonly changes?: true;
  readonly when?: (state: State) => boolean;
  /** Why it can do nothing then; for the operator who presses it all the same. */
  readonly why?: (state: State) => string | undefined;
  readonly run: (app: App, name: string) => void;
}

/** Tabs of their own keys, beside the guest table. */
export const tabModes: readonly Mode[] = [...new Set(tabs.map(tab => tabTable[tab].mode))];
export const anywhere: readonly Mode[] = [...tabModes, 'detail'];
/** Where letters are text. */
export const textModes: readonly Mode[] = ['filter', 'search', 'enter', 'moment', 'palette'];
export const allModes = Object.keys(modeTitles) as readonly Mode[];

/** Nothing is done to who is not on the screen. */
export const guestShown = ({ selected, detail, tab }: State): boolean =>
  selected !== undefined && (detail !== undefined || !tabTable[tab].alone);
export const whyNoGuest = ({ selected, tab }: State): string =>
  selected !== undefined && tabTable[tab].alone
    ? 'No guest is listed here. Press 2 for the guests.'
    : 'No guest is selected: the list is empty.';

const past = 'This is the past. Press Space to return to the present.';
/** Why something is not done while the screen looks back, or in a replay. */
export const whyNotNow = ({ setting, at }: State): string | undefined =>
  setting.source === 'recording' ? 'This is a replay: nothing can be changed.' : at === undefined ? undefined : past;

/** Changes the store. */
export const change = (app: App, change: (state: State) => Partial<State>): void => app.store.setState(change);

export const close = (app: App): void => change(app, () => ({ dialog: undefined }));
export const open = (app: App, dialog: Dialog): void => change(app, () => ({ dialog }));
