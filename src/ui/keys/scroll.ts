import { activityIds } from '../../store/activity.ts';
import { processColumns } from '../../store/processes.ts';
import { scrolled, scrollPage } from '../../store/scroll.ts';
import type { State } from '../../store/store.ts';
import { type App, change, type Key, type Mode } from './key.ts';
import { isNow } from './time.ts';

/** Tabs of many lines: one of processes, one of numbers. */
const lines: readonly Mode[] = ['processes', 'lines'];

const scroll = (by: (state: State) => number) => (app: App) =>
  change(app, state => ({ scroll: scrolled(state, by(state)) }));

const resort = (by: number) => (app: App) =>
  change(app, ({ processSort }) => {
    const at = processColumns.indexOf(processSort.column);
    const column = processColumns[(at + by + processColumns.length) % processColumns.length];
    return column ? { processSort: { ...processSort, column } } : {};
  });

const shift = (by: number) => (app: App) =>
  change(app, state => ({ shift: Math.max(0, Math.min(activityIds.length - 1, state.shift + by)) }));

/** Keys of the tabs that scroll. */
export const scrollKeys: readonly Key[] = [
  {
    modes: ['processes'],
    names: ['r'],
    label: 'r',
    title: 'Reverse',
    help: 'Reverse the order.',
    run: app => change(app, ({ processSort: { column, reverse } }) => ({ processSort: { column, reverse: !reverse } })),
  },
  {
    modes: ['processes'],
    names: ['<', ','],
    label: '<',
    title: 'Sort',
    help: 'Sort by the column to the left.',
    run: resort(-1),
  },
  {
    modes: ['processes'],
    names: ['>', '.', 'f6'],
    label: '>',
    title: 'Sort',
    help: 'Sort by the column to the right.',
    run: resort(1),
  },
  {
    modes: ['processes'],
    names: ['/', 'f4'],
    label: '/',
    title: 'Filter',
    help: 'List only processes and guests whose name contains the text you type.',
    run: app => change(app, () => ({ filtering: true, scroll: 0 })),
  },
  {
    modes: ['processes'],
    names: ['escape'],
    label: 'Esc',
    help: 'Clear the filter.',
    when: state => state.filter !== '',
    run: app => change(app, () => ({ filter: '' })),
  },
  {
    modes: ['lines'],
    names: ['left'],
    label: 'Left',
    help: 'Scroll left.',
    when: state => state.tab === 'vmstat',
    run: shift(-1),
  },
  {
    modes: ['lines'],
    names: ['right'],
    label: 'Right',
    title: 'More columns',
    help: 'Scroll right.',
    when: state => state.tab === 'vmstat',
    run: shift(1),
  },
  { modes: lines, names: ['up', 'k'], label: 'Up', help: 'Scroll up by a line.', run: scroll(() => -1) },
  { modes: lines, names: ['down', 'j'], label: 'Down', help: 'Scroll down by a line.', run: scroll(() => 1) },
  {
    modes: lines,
    names: ['pageup'],
    label: 'PgUp',
    title: 'Page back',
    help: 'Scroll up by a page.',
    run: scroll(state => -scrollPage(state)),
  },
  {
    modes: lines,
    names: ['pagedown'],
    label: 'PgDn',
    title: 'Page on',
    help: 'Scroll down by a page.',
    run: scroll(scrollPage),
  },
  {
    modes: lines,
    names: ['home'],
    label: 'Home',
    help: 'Go to the first line.',
    when: isNow,
    run: scroll(() => Number.NEGATIVE_INFINITY),
  },
  {
    modes: lines,
    names: ['end'],
    label: 'End',
    help: 'Go to the last line.',
    when: isNow,
    run: scroll(() => Number.POSITIVE_INFINITY),
  },
];
