import type { Need } from '../fields/field.ts';
import { type ColumnId, defaultColumns, defaultSort, type Sort } from './view.ts';

/** How a guest table is shown. */
export interface TableView {
  readonly columns: readonly ColumnId[];
  readonly sort: Sort;
}

/** Which keys work in a tab, besides those that work everywhere. `main`: those of the guest table. */
export type TabMode = 'main' | 'processes' | 'lines' | 'journal' | 'advisor';

/** What the store knows of a tab; src/ui/arrangements.ts has its panes. */
interface TabEntry {
  readonly title: string;
  /** Where there is no room for the title: all of them fit 80 columns. */
  readonly short: string;
  /** What shows it: a digit as long as there are any. */
  readonly key: string;
  readonly mode: TabMode;
  /** Files that its panes draw from, beyond what is read every time. */
  readonly needs: readonly Need[];
  /** Its guest table as it is at first, where it remembers columns and an order of its own. */
  readonly table?: TableView;
  /** It shows no guests while no dialog is open. */
  readonly alone?: true;
  /** What it shows of many looks, and so a moment of the past has only where it is shown. */
  readonly past?: 'activity';
}

const table: TableView = { columns: defaultColumns, sort: defaultSort };

/** What KSM merged, where it is about that, instead of what balloons give. */
const sharingColumns = defaultColumns.map(
  (column): ColumnId => (column === 'gives' ? 'ksm_merging' : column === 'ksm_merging' ? 'gives' : column),
);

/** Every tab, once, in the order of the tab bar. */
const entries = {
  overview: {
    title: 'Overview',
    short: 'Over',
    key: '1',
    mode: 'main',
    needs: ['vmstat', 'pressure', 'ksm', 'pools', 'sysctls', 'guest_ksm_stat'],
    table,
  },
  guests: { title: 'Guests', short: 'Guests', key: '2', mode: 'main', needs: ['ksm'], table },
  memory: {
    title: 'Memory',
    short: 'Mem',
    key: '3',
    mode: 'main',
    needs: ['vmstat', 'pressure', 'ksm', 'pools', 'swaps', 'zram', 'guest_ksm_stat'],
    table,
    alone: true,
  },
  sharing: {
    title: 'Sharing',
    short: 'KSM',
    key: '4',
    mode: 'main',
    needs: ['ksm', 'pools', 'sysctls', 'guest_ksm_stat'],
    table: { ...table, columns: sharingColumns },
  },
  processes: { title: 'Processes', short: 'Proc', key: '5', mode: 'processes', needs: ['processes'] },
  vmstat: { title: 'Vmstat', short: 'Vmstat', key: '6', mode: 'lines', needs: ['vmstat', 'stat'], past: 'activity' },
  meminfo: { title: 'Meminfo', short: 'Info', key: '7', mode: 'lines', needs: [] },
  numa: {
    title: 'NUMA',
    short: 'NUMA',
    key: '8',
    mode: 'main',
    needs: ['nodes', 'pools', 'ksm', 'sysctls', 'guest_ksm_stat'],
  },
  translation: { title: 'Translation', short: 'TLB', key: '9', mode: 'main', needs: ['kvm', 'thp'] },
  stall: { title: 'Stall', short: 'Stall', key: '0', mode: 'main', needs: ['vmstat', 'pressure', 'guest_stat', 'kvm'] },
  journal: { title: 'Journal', short: 'Log', key: 'J', mode: 'journal', needs: [] },
  // The advisor reads what it needs in its own time; this is for what stands below its findings.
  advisor: { title: 'Advisor', short: 'Advice', key: 'V', mode: 'advisor', needs: ['ksm', 'swaps', 'vmstat'] },
} as const satisfies Readonly<Record<string, TabEntry>>;

type Entries = typeof entries;
export type Tab = keyof Entries;

/** Tabs with keys of this mode. */
export type TabWith<Mode extends TabMode> = { [Id in Tab]: Entries[Id]['mode'] extends Mode ? Id : never }[Tab];

/** Tabs with a guest table of their own. */
export type TableTab = { [Id in Tab]: Entries[Id] extends { readonly table: TableView } ? Id : never }[Tab];

export const tabTable: Readonly<Record<Tab, TabEntry>> = entries;
export const tabs = Object.keys(entries) as readonly Tab[];

export const hasTable = (tab: Tab): tab is TableTab => tabTable[tab].table !== undefined;
export const tableTabs = tabs.filter(hasTable);
