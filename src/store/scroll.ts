import { visibleProcesses } from './processes.ts';
import type { State } from './store.ts';
import type { TabWith } from './tabs.ts';
import { timelineRows } from './time.ts';

/** Rows of a list of guests below a pane: its title, a note, its head, and the guests. */
const listRows = ({ model }: State): number => 3 + Math.max(1, model?.guests.length ?? 0);
/** Header, tabs, message and footer. */
const frameRows = 4;

/** Rows that a pane above a list of guests may have: half of the screen, or all that the list leaves. */
export const upperRows = (state: State, rows: number): number =>
  Math.max(Math.floor(rows / 2), rows - frameRows - listRows(state));

/** The title of the pane of nodes, its head, and the line below. */
const nodesFrame = 3;

/** Rows that all nodes would take. */
export const allNodesRows = ({ model }: State): number => Math.max(1, model?.nodes.length ?? 1) + nodesFrame;

/** The first node that is shown, where so many rows are there for nodes and what frames them. */
export const firstNode = ({ model, scroll }: State, height: number): number =>
  Math.max(0, Math.min(scroll, (model?.nodes.length ?? 0) - nodeRoom(height)));

/** Nodes in a pane of this height. */
export const nodeRoom = (height: number): number => Math.max(1, height - nodesFrame);

/** Columns of nodes that a list of guests surely has room for, beside names and two numbers. */
const nodeColumns = (columns: number): number => Math.max(1, Math.min(8, Math.floor((columns - 48) / 8)));

/** `scroll` of the nodes after a move by so many: as far as the last one's row and column. */
export const scrolledNodes = (state: State, by: number): number => {
  const height = Math.min(allNodesRows(state), upperRows(state, shownRows(state)));
  const shown = Math.min(nodeRoom(height), nodeColumns(state.size.columns));
  const most = Math.max(0, (state.model?.nodes.length ?? 0) - shown);
  return Math.min(most, Math.max(0, state.scroll + by));
};

/** Lines of each tab that scrolls, all of them. */
const lineCounts: Readonly<Record<TabWith<'processes' | 'lines'>, (state: State) => number>> = {
  processes: ({ model, filter, processSort }) => visibleProcesses(model, filter, processSort).length,
  vmstat: ({ activity }) => activity.length,
  meminfo: ({ model }) => Object.keys(model?.sample.host.meminfo ?? {}).length,
};

const lineCount = (state: State): number =>
  state.tab in lineCounts ? lineCounts[state.tab as keyof typeof lineCounts](state) : 0;

/** Rows of the screen but for the timeline. */
const shownRows = ({ size, at }: State): number => size.rows - (at === undefined ? 0 : timelineRows);

/** Lines of such a tab that are surely on the screen: all but header, tabs, title, head, a line below and the footer. */
export const scrollPage = (state: State): number => Math.max(1, shownRows(state) - 6);

/**
 * `scroll` after a move by so many lines down. Of rows over time it counts from the newest, at the bottom, so that new
 * ones come in sight while it is 0; of lists it counts from the top.
 */
export const scrolled = (state: State, by: number): number => {
  const most = Math.max(0, lineCount(state) - scrollPage(state));
  const to = state.tab === 'vmstat' ? state.scroll - by : state.scroll + by;
  return Math.min(most, Math.max(0, to));
};
