import type { Dialog, Size, State } from '../store/store.ts';
import { timelineRows } from '../store/time.ts';
import type { Tab } from '../store/view.ts';
import { advisorPane } from './panes/advisor.ts';
import { detailPane } from './panes/detail.ts';
import { footer } from './panes/footer.ts';
import { guestsPane } from './panes/guests.ts';
import { header } from './panes/header.ts';
import { helpPane } from './panes/help.ts';
import { hugepagesPane } from './panes/hugepages.ts';
import { journalPane } from './panes/journal.ts';
import { ksmPane } from './panes/ksm.ts';
import { ledgerBar, ledgerTable } from './panes/ledger.ts';
import { meminfoPane } from './panes/meminfo.ts';
import { memoryPane, pressurePane, swapPane } from './panes/memory.ts';
import { numaPane, numaRows, placementPane } from './panes/numa.ts';
import { overcommitPane } from './panes/overcommit.ts';
import type { Draw } from './panes/pane.ts';
import { problemsPane } from './panes/problems.ts';
import { processesPane } from './panes/processes.ts';
import { stalledPane, stallPane, stallRows } from './panes/stall.ts';
import { hasStatus, statusPane } from './panes/status.ts';
import { tabBar } from './panes/tabs.ts';
import { timelinePane } from './panes/timeline.ts';
import { mappingsPane, translationPane, translationRows } from './panes/translation.ts';
import { vmstatPane } from './panes/vmstat.ts';
import type { Rect } from './screen/layers.ts';

/** Smaller than this nothing can be laid out: the screen says so. */
export const smallest: Size = { columns: 60, rows: 15 };

export const fits = ({ columns, rows }: Size): boolean => columns >= smallest.columns && rows >= smallest.rows;

export interface Placed {
  readonly id: string;
  readonly rect: Rect;
  readonly draw: Draw;
}

export interface Layout {
  readonly panes: readonly Placed[];
  /** Where the open dialog is, when it is one that Ink draws. */
  readonly dialog?: Rect;
}

/** Rows a dialog would like to have. */
const dialogRows = (dialog: Dialog): number => {
  switch (dialog.kind) {
    case 'detail':
      return 21;
    case 'enter':
    case 'confirm':
      return 16;
    case 'sort':
    case 'columns':
    case 'palette':
    case 'settings':
      return 18;
    case 'auto':
      return 12;
    case 'moment':
      return 4;
    default:
      return 0;
  }
};

/** Rows of the guest table that stay in sight beside a dialog: its head and four guests. */
const tableRows = 5;
const gap = 2;

/** Panes side by side, the same width each. */
const abreast = (y: number, height: number, width: number, panes: readonly (readonly [string, Draw])[]): Placed[] => {
  const each = Math.floor((width - gap * (panes.length - 1)) / panes.length);
  return panes.map(([id, draw], index) => {
    const x = index * (each + gap);
    return { id, draw, rect: { x, y, height, width: index === panes.length - 1 ? width - x : each } };
  });
};

/** The four panes of the overview: four abreast where there is room, else two by two. */
const overviewPanes = (
  y: number,
  width: number,
  rows: number,
): { readonly panes: Placed[]; readonly height: number } => {
  if (width >= 160) {
    const height = rows >= 50 ? 12 : 8;
    const panes = abreast(y, height, width, [
      ['memory', memoryPane],
      ['ksm', ksmPane],
      ['hugepages', hugepagesPane],
      ['overcommit', overcommitPane],
    ]);
    return { panes, height };
  }
  const upper = rows >= 36 ? 8 : rows >= 28 ? 6 : 5;
  const lower = rows >= 36 ? 6 : 3;
  return {
    panes: [
      ...abreast(y, upper, width, [
        ['memory', memoryPane],
        ['ksm', ksmPane],
      ]),
      ...abreast(y + upper, lower, width, [
        ['hugepages', hugepagesPane],
        ['overcommit', overcommitPane],
      ]),
    ],
    height: upper + lower,
  };
};

const memoryPanes = (y: number, width: number, height: number): Placed[] => {
  const right = (x: number, wide: number, top: number, high: number): Placed[] => {
    const memory = Math.max(6, Math.ceil(high * 0.45));
    const pressure = Math.max(4, Math.ceil(high * 0.3));
    return [
      { id: 'memory', draw: memoryPane, rect: { x, y: top, width: wide, height: memory } },
      { id: 'pressure', draw: pressurePane, rect: { x, y: top + memory, width: wide, height: pressure } },
      {
        id: 'swaps',
        draw: swapPane,
        rect: { x, y: top + memory + pressure, width: wide, height: Math.max(0, high - memory - pressure) },
      },
    ];
  };
  if (width < 100) {
    // The ledger is what this tab is for; the graphs get what is left below it.
    const ledger = Math.min(height, 16);
    const rest = height - ledger;
    return [
      { id: 'ledgerTable', draw: ledgerTable, rect: { x: 0, y, width, height: ledger } },
      ...(rest >= 3 ? [{ id: 'memory', draw: memoryPane, rect: { x: 0, y: y + ledger, width, height: rest } }] : []),
    ];
  }
  const left = Math.min(76, Math.floor(width / 2));
  return [
    { id: 'ledgerTable', draw: ledgerTable, rect: { x: 0, y, width: left, height } },
    ...right(left + gap, width - left - gap, y, height),
  ];
};

const sharingPanes = (
  y: number,
  width: number,
  rows: number,
  pools: number,
): { readonly panes: Placed[]; readonly height: number } => {
  const upper = rows >= 36 ? 10 : 6;
  // Title, head and a row for each pool, as long as the guests keep half of the screen.
  const lower = Math.max(4, Math.min(pools + 2, Math.floor(rows / 2) - upper));
  return {
    panes: [
      ...abreast(y, upper, width, [
        ['ksm', ksmPane],
        ['overcommit', overcommitPane],
      ]),
      { id: 'hugepages', draw: hugepagesPane, rect: { x: 0, y: y + upper, width, height: lower } },
    ],
    height: upper + lower,
  };
};

const guestTable = ['guests', guestsPane] as const;

/** Tabs of one pane, in the place of the guest table. */
const whole: Partial<Record<Tab, readonly [string, Draw]>> = {
  processes: ['processes', processesPane],
  vmstat: ['vmstat', vmstatPane],
  meminfo: ['meminfo', meminfoPane],
  journal: ['journal', journalPane],
  advisor: ['advisor', advisorPane],
};

interface Half {
  readonly above: readonly [string, Draw];
  /** Rows that `above` would like to have. */
  readonly rows: (state: State) => number;
  readonly list: readonly [string, Draw];
}

/** Tabs that tell something of the host, and below it have a list of the guests of their own. */
const halves: Partial<Record<Tab, Half>> = {
  numa: {
    above: ['numa', numaPane],
    rows: ({ model }) => numaRows(model?.nodes.length ?? 1),
    list: ['placement', placementPane],
  },
  translation: {
    above: ['translation', translationPane],
    rows: () => translationRows,
    list: ['mappings', mappingsPane],
  },
  stall: { above: ['stall', stallPane], rows: () => stallRows, list: ['stalled', stalledPane] },
};

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

  const wanted = dialog ? dialogRows(dialog) : 0;
  const dialogHeight = wanted === 0 ? 0 : Math.min(wanted, bottom - 2 - tableRows);
  const dialogTop = bottom - dialogHeight;
  // Panes give way to a dialog, the table does not.
  const room = (needed: number): boolean => dialogTop - needed >= tableRows;

  let y = 2;
  const middle: Placed[] = [];
  const place = ({ panes, height }: { readonly panes: readonly Placed[]; readonly height: number }): void => {
    if (!room(y + height)) return;
    middle.push(...panes);
    y += height;
  };
  const half = halves[tab];
  if (tab !== 'guests' && !whole[tab] && !half) place({ panes: [full('ledger', ledgerBar, y, 2)], height: 2 });
  if (tab === 'overview') place(overviewPanes(y, width, rows));
  if (tab === 'sharing') place(sharingPanes(y, width, rows, state.model?.pools.length ?? 0));
  if (half) {
    const height = Math.min(half.rows(state), Math.floor(rows / 2));
    place({ panes: [full(...half.above, y, height)], height });
  }
  const table =
    tab === 'memory' && dialogHeight === 0
      ? memoryPanes(y, width, dialogTop - y)
      : [full(...(whole[tab] ?? half?.list ?? guestTable), y, dialogTop - y)];

  const below: Rect = { x: 0, y: dialogTop, width, height: dialogHeight };
  if (dialog?.kind === 'detail') {
    // The chain of sizes is a small table of Ink's; the fields below it change every second and are painted directly.
    const chain = Math.min(6, dialogHeight);
    const detail = full('detail', detailPane, dialogTop + chain, dialogHeight - chain);
    return { panes: [...start, ...middle, ...table, detail, ...end], dialog: { ...below, height: chain } };
  }
  return { panes: [...start, ...middle, ...table, ...end], ...(dialogHeight > 0 ? { dialog: below } : {}) };
};
