import { allNodesRows, upperRows } from '../store/scroll.ts';
import type { State } from '../store/store.ts';
import type { Tab } from '../store/tabs.ts';
import { advisorPane } from './panes/advisor.ts';
import { glancePane, glanceRows } from './panes/glance.ts';
import { guestsPane } from './panes/guests.ts';
import { hugepagesPane } from './panes/hugepages.ts';
import { journalPane } from './panes/journal.ts';
import { ksmPane } from './panes/ksm.ts';
import { ledgerBar, ledgerTable } from './panes/ledger.ts';
import { meminfoPane } from './panes/meminfo.ts';
import { memoryPane, pressurePane, swapPane } from './panes/memory.ts';
import { numaPane, placementPane } from './panes/numa.ts';
import { overcommitPane } from './panes/overcommit.ts';
import type { Draw } from './panes/pane.ts';
import { processesPane } from './panes/processes.ts';
import { stalledPane, stallPane, stallRows } from './panes/stall.ts';
import { mappingsPane, translationPane, translationRows } from './panes/translation.ts';
import { worstPane } from './panes/trouble.ts';
import { vmstatPane } from './panes/vmstat.ts';
import type { Rect } from './screen/layers.ts';

/** A pane, and where it is. */
export interface Placed {
  readonly id: string;
  readonly rect: Rect;
  readonly draw: Draw;
}

type Named = readonly [id: string, draw: Draw];

interface Area {
  readonly state: State;
  /** Where it begins. */
  readonly y: number;
  readonly width: number;
  /** Of the whole screen. */
  readonly rows: number;
}

/** Panes that are there together or not at all. */
interface Block {
  readonly panes: readonly Placed[];
  readonly height: number;
}

/** What a tab consists of. */
interface Arrangement {
  /** What it tells of the host, from the top, each block as long as the guests keep some rows. */
  readonly above: readonly ((area: Area) => Block)[];
  /** What has the rest of the screen. */
  readonly body: Named;
  /** What has it instead, while no dialog takes a part of it. */
  readonly alone?: (y: number, width: number, height: number) => readonly Placed[];
}

const gap = 2;

/** Panes side by side, the same width each. */
const abreast = (y: number, height: number, width: number, panes: readonly Named[]): Placed[] => {
  const each = Math.floor((width - gap * (panes.length - 1)) / panes.length);
  return panes.map(([id, draw], index) => {
    const x = index * (each + gap);
    return { id, draw, rect: { x, y, height, width: index === panes.length - 1 ? width - x : each } };
  });
};

const ledger = ({ y, width }: Area): Block => ({
  panes: [{ id: 'ledger', draw: ledgerBar, rect: { x: 0, y, width, height: 2 } }],
  height: 2,
});

const worst = ({ y, width }: Area): Block => ({
  panes: [{ id: 'worst', draw: worstPane, rect: { x: 0, y, width, height: 1 } }],
  height: 1,
});

/** The four panes of the overview: four abreast where there is room, else two by two; in a row each where guests need it. */
const overview = ({ y, width, rows }: Area): Block => {
  const upper: readonly Named[] = [
    ['memory', memoryPane],
    ['ksm', ksmPane],
  ];
  const lower: readonly Named[] = [
    ['hugepages', hugepagesPane],
    ['overcommit', overcommitPane],
  ];
  if (width >= 160) {
    const height = rows >= 50 ? 12 : 8;
    return { panes: abreast(y, height, width, [...upper, ...lower]), height };
  }
  if (rows < 36)
    return {
      panes: [{ id: 'glance', draw: glancePane, rect: { x: 0, y, width, height: glanceRows } }],
      height: glanceRows,
    };
  const high = 8;
  const low = 6;
  return {
    panes: [...abreast(y, high, width, upper), ...abreast(y + high, low, width, lower)],
    height: high + low,
  };
};

const memory = (y: number, width: number, height: number): readonly Placed[] => {
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

const sharing = ({ state, y, width, rows }: Area): Block => {
  const upper = rows >= 36 ? 10 : 6;
  // Title, head and a row for each pool, as long as the guests keep half of the screen.
  const pools = state.model?.pools.length ?? 0;
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

/** One pane of at most half the screen, or of all that the list below leaves. `wanted`: rows that it would like to have. */
const upTo =
  ([id, draw]: Named, wanted: (state: State) => number) =>
  ({ state, y, width, rows }: Area): Block => {
    const height = Math.min(wanted(state), upperRows(state, rows));
    return { panes: [{ id, draw, rect: { x: 0, y, width, height } }], height };
  };

const guests: Named = ['guests', guestsPane];

/** What each tab consists of. */
export const arrangements: Readonly<Record<Tab, Arrangement>> = {
  overview: { above: [worst, ledger, overview], body: guests },
  guests: { above: [], body: guests },
  memory: { above: [ledger], body: guests, alone: memory },
  sharing: { above: [ledger, sharing], body: guests },
  processes: { above: [], body: ['processes', processesPane] },
  vmstat: { above: [], body: ['vmstat', vmstatPane] },
  meminfo: { above: [], body: ['meminfo', meminfoPane] },
  numa: {
    above: [upTo(['numa', numaPane], allNodesRows)],
    body: ['placement', placementPane],
  },
  translation: {
    above: [upTo(['translation', translationPane], () => translationRows)],
    body: ['mappings', mappingsPane],
  },
  stall: { above: [upTo(['stall', stallPane], () => stallRows)], body: ['stalled', stalledPane] },
  journal: { above: [], body: ['journal', journalPane] },
  advisor: { above: [], body: ['advisor', advisorPane] },
};
