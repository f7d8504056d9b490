import { listedGuests } from '../../store/listed.ts';
import { scrolledNodes } from '../../store/scroll.ts';
import type { State } from '../../store/store.ts';
import { withTab } from '../../store/tables.ts';
import { type Tab, tabs, tabTable } from '../../store/tabs.ts';
import { moveSelection } from '../../store/view.ts';
import { changeKeys } from './change.ts';
import { type App, anywhere, change, type Key, type Mode, open, tabModes } from './key.ts';
import { orderKeys } from './order.ts';
import { isNow, timeKeys } from './time.ts';

const table: readonly Mode[] = ['main'];
const guestSelected = (state: State): boolean => state.selected !== undefined;

/** What is past can't be measured any more. */
const measurable = (state: State): boolean => guestSelected(state) && isNow(state);

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
    help: 'Leave kvmtop; statistics polling that it switched on is put back.',
    run: app => app.quit(),
  },
  {
    modes: anywhere,
    names: ['?', 'h'],
    label: '?',
    title: 'Help',
    help: 'Keys and columns.',
    run: app => open(app, { kind: 'help', scroll: 0 }),
  },
  {
    modes: ['main'],
    names: ['enter'],
    label: 'Enter',
    title: 'Open',
    help: 'The selected guest in depth: its numbers over time, what is wrong with it, what was done to it, and why the rest is not known.',
    when: guestSelected,
    run: app => change(app, () => ({ detail: { scroll: 0 } })),
  },
  ...changeKeys,
  {
    modes: ['main'],
    names: ['/'],
    label: '/',
    title: 'Filter',
    help: 'List only guests whose name contains what is typed.',
    run: app => change(app, () => ({ filtering: true })),
  },
  ...orderKeys,
  ...timeKeys,
  {
    modes: ['main'],
    names: ['w'],
    label: 'w',
    title: 'Save',
    help: 'Save this tab as the first, and the columns and order of all tabs, in your config.toml.',
    run: app => app.save(),
  },
  {
    modes: tabModes,
    names: ['!'],
    label: '!',
    title: 'Problems',
    help: 'What could not be read, and why.',
    when: state => (state.model?.problems.length ?? 0) > 0,
    run: app => open(app, { kind: 'problems' }),
  },
  {
    modes: ['detail'],
    names: ['p'],
    label: 'p',
    title: 'Measure PSS',
    help: 'Read what the guest’s process really has, shared pages split: 7 ms for each GiB, in which its memory map is held.',
    when: measurable,
    run: measure('pss'),
  },
  {
    modes: ['main', 'detail'],
    names: ['n'],
    label: 'n',
    title: 'Measure placement',
    help: 'In the numa tab, or looking at one guest: read on which nodes the selected guest’s memory is: 8 ms for each GiB, in which its memory map is held.',
    when: state => (state.tab === 'numa' || state.detail !== undefined) && measurable(state),
    run: measure('placement'),
  },
  {
    modes: ['main'],
    names: ['left'],
    label: 'Left',
    help: 'In the numa tab: four nodes back.',
    when: manyNodes,
    run: nodesOn(-4),
  },
  {
    modes: ['main'],
    names: ['right'],
    label: 'Right',
    title: 'More nodes',
    help: 'In the numa tab: four nodes on, as rows and as columns of the guests.',
    when: manyNodes,
    run: nodesOn(4),
  },
  ...tabs.map(tabKey),
  {
    modes: tabModes,
    names: ['tab'],
    label: 'Tab',
    help: 'The next tab.',
    run: app => show(app, now => tabs[(tabs.indexOf(now) + 1) % tabs.length] ?? 'overview'),
  },
  { modes: table, names: ['up', 'k'], label: 'Up', help: 'Select the guest above.', run: moveGuest(-1) },
  { modes: table, names: ['down', 'j'], label: 'Down', help: 'Select the guest below.', run: moveGuest(1) },
  {
    modes: table,
    names: ['pageup'],
    label: 'PgUp',
    help: 'A page up.',
    run: app => moveGuest(-page(app.store.getState()))(app),
  },
  {
    modes: table,
    names: ['pagedown'],
    label: 'PgDn',
    help: 'A page down.',
    run: app => moveGuest(page(app.store.getState()))(app),
  },
  {
    modes: table,
    names: ['home'],
    label: 'Home',
    help: 'The first guest.',
    when: isNow,
    run: moveGuest(Number.NEGATIVE_INFINITY),
  },
  {
    modes: table,
    names: ['end'],
    label: 'End',
    help: 'The last guest.',
    when: isNow,
    run: moveGuest(Number.POSITIVE_INFINITY),
  },
  {
    modes: ['main'],
    names: ['escape'],
    label: 'Esc',
    help: 'Show all guests again.',
    when: state => state.filter !== '',
    run: app => change(app, () => ({ filter: '' })),
  },
  {
    modes: anywhere,
    names: ['ctrl-l'],
    label: 'Ctrl-L',
    help: 'Draw the whole screen again.',
    run: app => app.redraw(),
  },
  {
    modes: anywhere,
    names: ['ctrl-z'],
    label: 'Ctrl-Z',
    help: 'Suspend; fg brings it back.',
    run: app => app.suspend(),
  },
];
