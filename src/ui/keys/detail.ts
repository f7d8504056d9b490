import { findingsOf, fixableOf } from '../../store/advice.ts';
import { zoomed } from '../../store/guest-history.ts';
import { timeOf } from '../../store/moments.ts';
import type { State } from '../../store/store.ts';
import { moveGuest } from './guests.ts';
import { type App, change, type Key, type Mode } from './key.ts';
import { isNow } from './time.ts';

const modes: readonly Mode[] = ['detail'];

/** Rows that the detail has at least: all but header, name, message and footer. */
const page = ({ size }: State): number => Math.max(1, size.rows - 5);

/** Past the end nothing is scrolled: see `keepScrolled`. */
const scroll = (by: (state: State) => number) => (app: App) =>
  change(app, state => (state.detail ? { detail: { scroll: Math.max(0, state.detail.scroll + by(state)) } } : {}));

const other = (by: 1 | -1) => (app: App) => {
  moveGuest(by)(app);
  change(app, () => ({ detail: { scroll: 0 } }));
};

const zoom = (by: 1 | -1) => (app: App) =>
  change(app, state => ({ zoom: zoomed(state.zoom, by, state.guestHistory?.kept ?? 0) }));

const fixOf = (state: State) => (state.selected === undefined ? undefined : fixableOf(state, state.selected));

/** The plan of the fix; where there is none, why. */
const fix = (app: App): void =>
  change(app, state => {
    const request = fixOf(state)?.fix;
    if (request) return { dialog: { kind: 'confirm', request, typed: '' } };
    const [worst] = state.selected === undefined ? [] : findingsOf(state, state.selected);
    const text = worst
      ? (worst.advice ?? 'nothing that kvmtop does would help here')
      : 'no problem with this guest is known';
    return { message: { text, tone: 'dim', time: timeOf(state) } };
  });

/** Keys of one guest's detail, beside those of the guest table that concern the selected one. */
export const detailKeys: readonly Key[] = [
  {
    modes,
    names: ['escape', 'q'],
    label: 'Esc',
    title: 'Back',
    help: 'Back to the table.',
    run: app => change(app, () => ({ detail: undefined })),
  },
  {
    modes,
    names: ['enter', 'f'],
    label: 'Enter',
    title: 'Fix',
    titled: state => fixOf(state) !== undefined,
    changes: true,
    help: 'What would help against the most urgent finding that has a fix, as a plan; it is done only after you say so. Also: f.',
    when: ({ setting }) => setting.source !== 'recording',
    run: fix,
  },
  { modes, names: ['z'], label: 'z', title: 'Zoom in', help: 'Graphs of less time, in more detail.', run: zoom(-1) },
  { modes, names: ['Z'], label: 'Z', title: 'Out', help: 'Graphs of more time, as far as it is kept.', run: zoom(1) },
  { modes, names: ['left'], label: 'Left', help: 'The guest above in the table.', run: other(-1) },
  { modes, names: ['right'], label: 'Right', help: 'The guest below in the table.', run: other(1) },
  { modes, names: ['up', 'k'], label: 'Up', help: 'Scroll up by a line.', run: scroll(() => -1) },
  { modes, names: ['down', 'j'], label: 'Down', help: 'Scroll down by a line.', run: scroll(() => 1) },
  { modes, names: ['pageup'], label: 'PgUp', help: 'Scroll up by a page.', run: scroll(state => -page(state)) },
  { modes, names: ['pagedown'], label: 'PgDn', title: 'More', help: 'Scroll down by a page.', run: scroll(page) },
  {
    modes,
    names: ['home'],
    label: 'Home',
    help: 'Go to the first line.',
    when: isNow,
    run: scroll(() => Number.NEGATIVE_INFINITY),
  },
  { modes, names: ['end'], label: 'End', help: 'Go to the last line.', when: isNow, run: scroll(() => 10_000) },
];
