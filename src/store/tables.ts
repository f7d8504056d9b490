import { hasTable, type Tab, type TableTab, type TableView, tableTabs, tabTable } from './tabs.ts';

/** Each tab remembers its own; what is in the State itself is that of the tab which is shown. */
export type Tables = Readonly<Record<TableTab, TableView>>;

export const defaultTables: Tables = Object.fromEntries(
  tableTabs.map(tab => [tab, tabTable[tab].table]),
) as unknown as Tables;

interface Shown extends TableView {
  readonly tab: Tab;
  readonly tables: Tables;
}

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
