import { type ColumnId, defaultColumns, type Sort, type Tab, type TableTab, tableTabs } from './view.ts';

/** How a guest table is shown. */
export interface TableView {
  readonly columns: readonly ColumnId[];
  readonly sort: Sort;
}

/** Each tab remembers its own; what is in the State itself is that of the tab which is shown. */
export type Tables = Readonly<Record<TableTab, TableView>>;

const defaultTable: TableView = { columns: defaultColumns, sort: { column: 'held', reverse: false } };

export const defaultTables: Tables = Object.fromEntries(tableTabs.map(tab => [tab, defaultTable])) as unknown as Tables;

interface Shown extends TableView {
  readonly tab: Tab;
  readonly tables: Tables;
}

const hasTable = (tab: Tab): tab is TableTab => (tableTabs as readonly Tab[]).includes(tab);

/** All tables as they are now. */
export const currentTables = ({ tab, tables, columns, sort }: Shown): Tables =>
  hasTable(tab) ? { ...tables, [tab]: { columns, sort } } : tables;

/** What shows a tab: it, and its table. */
export const showTab = (tables: Tables, tab: Tab): Partial<Shown> & Pick<Shown, 'tab' | 'tables'> => ({
  tab,
  tables,
  ...(hasTable(tab) ? tables[tab] : {}),
});

/** The same from another tab, whose table is remembered. */
export const withTab = (state: Shown, tab: Tab): Partial<Shown> => showTab(currentTables(state), tab);
