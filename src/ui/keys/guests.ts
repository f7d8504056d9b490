import { listedGuests } from '../../store/listed.ts';
import { scrolledNodes } from '../../store/scroll.ts';
import type { State } from '../../store/store.ts';
import { withTab } from '../../store/tables.ts';
import { type Tab, tabs, tabTable } from '../../store/tabs.ts';
import { moveSelection } from '../../store/view.ts';
import { changeKeys } from './change.ts';
import { searchKeys } from './find.ts';
import {
  type App,
  allModes,
  anywhere,
  change,
  guestShown,
  type Key,
  type Mode,
  open,
  tabModes,
  whyNoGuest,
} from './key.ts';
import { orderKeys } from './order.ts';
import { isNow, timeKeys } from './time.ts';

const table: readonly Mode[] = ['main'];

/** What is past can't be measured any more. */
const measurable = (state: State): boolean => guestShown(state) && isNow(state);
const whyNotMeasured = (state: State): string =>
  isNow(state) ? whyNoGuest(state) : 'The past cannot be measured. Press Space to return to the present.';

/** Selects the guest that is so many rows further down the table. */
export const moveGuest = (by: number) => (app: App) =>
  change(app, state => {
    const guests = listedGuests(state);
    const { selected, index } = moveSelection(guests, state.selected, state.selectedIndex, by);
    return { selected, selectedIndex: index };
  });

/** Guests that are passed by PgUp and PgDn: about a table’s height. */
export const page = (state: State): number => Math.max(1, state.size.rows - 16);

const tabKey = (tab: Tab): Key => ({
  modes: anywhere,
  names: [tabTable[tab].key],
  label: tabTable[tab].key,
  help: `Show the ${tab} tab.`,
  run: app => show(app, () => tab),
});

const show = (app: App, tab: (now: Tab) => Tab): void =>
  change(app, state => {
    const to = tab(state.tab);
    // Whoever comes to the Advisor comes for the most urgent.
    const cursor = to === 'advisor' && state.tab !== to ? { adviceCursor: 0 } : {};
    return { ...withTab(state, to), dialog: undefined, detail: undefined, scroll: 0, ...cursor };
  });

const measure = (what: 'pss' | 'placement') => (app: App) =>
  change(app, ({ selected }) =>
    selected === undefined ? {} : { measuring: { what, guest: selected, since: Date.now() / 1000 } },
  );

/** Whether there are nodes that are not shown. */
const manyNodes = (state: State): boolean =>
  state.tab === 'numa' && (state.scroll > 0 || scrolledNodes(state, Number.POSITIVE_INFINITY) > 0);

/** By fewer than the guests' columns have room for. */
const nodesOn = (by: number) => (app: App) => change(app, state => ({ scroll: scrolledNodes(state, by) }));

/** Keys of the guest table, and those that work nearly everywhere. */
export const guestKeys: readonly Key[] = [
  {
    modes: tabModes,
    names: ['q'],
    label: 'q',
    title: 'Quit',
    help: 'Quit. Statistics polling that kvmtop turned on is restored.',
    run: app => app.quit(),
  },
  {
    modes: anywhere,
    names: ['?', 'h', 'f1'],
    label: '?',
    title: 'Help',
    help: 'Show the keys and columns.',
    run: app => open(app, { kind: 'help', scroll: 0 }),
  },
  {
    modes: ['main'],
    names: ['enter'],
    label: 'Enter',
    title: 'Open',
    help: 'The selected guest in depth: its numbers over time, what is wrong with it, what was done to it, and why the rest is not known.',
    when: guestShown,
    why: whyNoGuest,
    run: app => change(app, () => ({ detail: { scroll: 0 } })),
  },
  ...changeKeys,
  {
    modes: ['main'],
    names: ['/', 'f4'],
    label: '/',
    title: 'Filter',
    help: 'List only guests whose name contains the text you type.',
    run: app => change(app, () => ({ filtering: true })),
  },
  ...searchKeys,
  ...orderKeys,
  ...timeKeys,
  {
    modes: ['main'],
    names: ['w'],
    label: 'w',
    title: 'Save',
    help: 'Save to your config.toml: this tab as the first one shown, and the columns and order of every tab.',
    run: app => app.save(),
  },
  {
    modes: tabModes,
    names: ['!'],
    label: '!',
    title: 'Problems',
    help: 'Show what could not be read, and why.',
    when: state => (state.model?.problems.length ?? 0) > 0,
    why: () => 'No problems: everything could be read.',
    run: app => open(app, { kind: 'problems' }),
  },
  {
    modes: ['detail'],
    names: ['p'],
    label: 'p',
    title: 'Measure PSS',
    help: 'Measure the guest’s PSS: its memory with shared pages split among their users. Locks its memory map for 7 ms per GiB.',
    when: measurable,
    why: whyNotMeasured,
    run: measure('pss'),
  },
  {
    modes: ['main', 'detail'],
    names: ['m'],
    label: 'm',
    title: 'Measure placement',
    help: 'In the numa tab, or looking at one guest: read on which nodes the selected guest’s memory is: 8 ms for each GiB, in which its memory map is held.',
    when: state => (state.tab === 'numa' || state.detail !== undefined) && measurable(state),
    why: state =>
      state.tab === 'numa' || state.detail !== undefined
        ? whyNotMeasured(state)
        : 'Placement is measured in the NUMA tab: press 8 first.',
    run: measure('placement'),
  },
  {
    modes: ['main'],
    names: ['left'],
    label: 'Left',
    help: 'In the NUMA tab: scroll back by four nodes.',
    when: manyNodes,
    run: nodesOn(-4),
  },
  {
    modes: ['main'],
    names: ['right'],
    label: 'Right',
    title: 'More nodes',
    help: 'In the NUMA tab: scroll on by four nodes, in both tables.',
    when: manyNodes,
    run: nodesOn(4),
  },
  ...tabs.map(tabKey),
  {
    modes: tabModes,
    names: ['tab'],
    label: 'Tab',
    help: 'Show the next tab.',
    run: app => show(app, now => tabs[(tabs.indexOf(now) + 1) % tabs.length] ?? 'overview'),
  },
  { modes: table, names: ['up', 'k'], label: 'Up', help: 'Select the previous guest.', run: moveGuest(-1) },
  { modes: table, names: ['down', 'j'], label: 'Down', help: 'Select the next guest.', run: moveGuest(1) },
  {
    modes: table,
    names: ['pageup'],
    label: 'PgUp',
    help: 'Scroll up by a page.',
    run: app => moveGuest(-page(app.store.getState()))(app),
  },
  {
    modes: table,
    names: ['pagedown'],
    label: 'PgDn',
    help: 'Scroll down by a page.',
    run: app => moveGuest(page(app.store.getState()))(app),
  },
  {
    modes: table,
    names: ['home'],
    label: 'Home',
    help: 'Select the first guest.',
    when: isNow,
    run: moveGuest(Number.NEGATIVE_INFINITY),
  },
  {
    modes: table,
    names: ['end'],
    label: 'End',
    help: 'Select the last guest.',
    when: isNow,
    run: moveGuest(Number.POSITIVE_INFINITY),
  },
  {
    modes: ['main'],
    names: ['escape'],
    label: 'Esc',
    help: 'Clear the filter.',
    when: state => state.filter !== '',
    run: app => change(app, () => ({ filter: '' })),
  },
  {
    modes: allModes,
    names: ['f10'],
    label: 'F10',
    help: 'Quit from anywhere.',
    run: app => app.quit(),
  },
  {
    modes: anywhere,
    names: ['ctrl-l'],
    label: 'Ctrl-L',
    help: 'Redraw the screen.',
    run: app => app.redraw(),
  },
  {
    modes: anywhere,
    names: ['ctrl-z'],
    label: 'Ctrl-Z',
    help: 'Suspend kvmtop; fg resumes it.',
    run: app => app.suspend(),
  },
];
