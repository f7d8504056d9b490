import type { Dialog, Size, State } from '../store/store.ts';
import { timelineRows } from '../store/time.ts';
import { arrangements, type Placed } from './arrangements.ts';
import { detailPane } from './panes/detail.ts';
import { footer } from './panes/footer.ts';
import { header } from './panes/header.ts';
import { helpPane } from './panes/help.ts';
import type { Draw } from './panes/pane.ts';
import { problemsPane } from './panes/problems.ts';
import { hasStatus, statusPane } from './panes/status.ts';
import { tabBar } from './panes/tabs.ts';
import { timelinePane } from './panes/timeline.ts';
import type { Rect } from './screen/layers.ts';

/** Smaller than this nothing can be laid out: the screen says so. */
export const smallest: Size = { columns: 60, rows: 15 };

export const fits = ({ columns, rows }: Size): boolean => columns >= smallest.columns && rows >= smallest.rows;

export interface Layout {
  readonly panes: readonly Placed[];
  /** Where the open dialog is, when it is one that Ink draws. */
  readonly dialog?: Rect;
}

/** Rows a dialog would like to have; none where it has the whole screen. */
const dialogRows: Readonly<Record<Dialog['kind'], number>> = {
  help: 0,
  problems: 0,
  enter: 16,
  confirm: 16,
  sort: 18,
  columns: 18,
  palette: 18,
  settings: 18,
  auto: 12,
  moment: 4,
};

/** Rows of the guest table that stay in sight beside a dialog: its head and four guests. */
const tableRows = 5;

/**
 * Where everything is, for this size and view. Rectangles never overlap and never leave the screen. While the screen is at
 * a moment of the past the timeline has the last rows: all else is as it was on a screen of so many rows less.
 */
export const layout = (state: State): Layout => {
  const { columns: width, rows } = state.size;
  if (state.at === undefined || rows - timelineRows < smallest.rows) return layoutOf(state, rows);
  const above = layoutOf(state, rows - timelineRows);
  const rect = { x: 0, y: rows - timelineRows, width, height: timelineRows };
  return { ...above, panes: [...above.panes, { id: 'timeline', draw: timelinePane, rect }] };
};

const layoutOf = (state: State, rows: number): Layout => {
  const { columns: width } = state.size;
  const { tab, dialog } = state;
  const full = (id: string, draw: Draw, y: number, height: number): Placed => ({
    id,
    draw,
    rect: { x: 0, y, width, height },
  });

  const status = hasStatus(state) ? 1 : 0;
  const bottom = rows - 1 - status;
  const end = [...(status > 0 ? [full('status', statusPane, bottom, 1)] : []), full('footer', footer, rows - 1, 1)];
  const start = [full('header', header, 0, 1), full('tabs', tabBar, 1, 1)];

  if (dialog?.kind === 'help') return { panes: [...start.slice(0, 1), full('help', helpPane, 1, bottom - 1), ...end] };
  if (dialog?.kind === 'problems')
    return { panes: [...start.slice(0, 1), full('problems', problemsPane, 1, bottom - 1), ...end] };

  const wanted = dialog ? dialogRows[dialog.kind] : 0;
  const dialogHeight = wanted === 0 ? 0 : Math.min(wanted, bottom - 2 - tableRows);
  const dialogTop = bottom - dialogHeight;
  // Panes give way to a dialog, the table does not.
  const room = (needed: number): boolean => dialogTop - needed >= tableRows;

  const below: Rect = { x: 0, y: dialogTop, width, height: dialogHeight };
  const open = dialogHeight > 0 ? { dialog: below } : {};
  if (state.detail)
    return { panes: [...start.slice(0, 1), full('detail', detailPane, 1, dialogTop - 1), ...end], ...open };

  let y = 2;
  const middle: Placed[] = [];
  const { above, body, alone } = arrangements[tab];
  for (const block of above) {
    const { panes, height } = block({ state, y, width, rows });
    if (!room(y + height)) continue;
    middle.push(...panes);
    y += height;
  }
  const height = dialogTop - y;
  const rest = alone && dialogHeight === 0 ? alone(y, width, height) : [full(...body, y, height)];

  return { panes: [...start, ...middle, ...rest, ...end], ...open };
};
