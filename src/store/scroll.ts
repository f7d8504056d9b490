import { visibleProcesses } from './processes.ts';
import type { State } from './store.ts';
import type { TabWith } from './tabs.ts';
import { timelineRows } from './time.ts';

/** Lines of each tab that scrolls, all of them. */
const lineCounts: Readonly<Record<TabWith<'processes' | 'lines'>, (state: State) => number>> = {
  processes: ({ model, filter, processSort }) => visibleProcesses(model, filter, processSort).length,
  vmstat: ({ activity }) => activity.length,
  meminfo: ({ model }) => Object.keys(model?.sample.host.meminfo ?? {}).length,
};

const lineCount = (state: State): number =>
  state.tab in lineCounts ? lineCounts[state.tab as keyof typeof lineCounts](state) : 0;

/** Lines of such a tab that are surely on the screen: all but header, tabs, title, head, a line below and the footer. */
export const scrollPage = ({ size, at }: State): number =>
  Math.max(1, size.rows - 6 - (at === undefined ? 0 : timelineRows));

/**
 * `scroll` after a move by so many lines down. Of rows over time it counts from the newest, at the bottom, so that new
 * ones come in sight while it is 0; of lists it counts from the top.
 */
export const scrolled = (state: State, by: number): number => {
  const most = Math.max(0, lineCount(state) - scrollPage(state));
  const to = state.tab === 'vmstat' ? state.scroll - by : state.scroll + by;
  return Math.min(most, Math.max(0, to));
};
