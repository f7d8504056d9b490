import type { State } from '../../store/store.ts';
import { type ColumnId, defaultColumns } from '../../store/view.ts';
import { allColumns } from '../columns.ts';
import { type App, change, close, type Key, type Mode, open } from './key.ts';

const table: readonly Mode[] = ['main'];

const resort = (state: State, by: number): Partial<State> => {
  const at = state.columns.indexOf(state.sort.column);
  const column = state.columns[(at + by + state.columns.length) % state.columns.length];
  return column ? { sort: { ...state.sort, column } } : {};
};

const sortHere = (app: App): void =>
  change(app, state => {
    const column = state.dialog?.kind === 'sort' ? allColumns[state.dialog.cursor] : undefined;
    return { dialog: undefined, ...(column ? { sort: { ...state.sort, column } } : {}) };
  });

const moveCursor = (by: number) => (app: App) =>
  change(app, ({ dialog }) => {
    if (dialog?.kind !== 'sort' && dialog?.kind !== 'columns') return {};
    const cursor = Math.min(allColumns.length - 1, Math.max(0, dialog.cursor + by));
    return { dialog: { ...dialog, cursor } };
  });

const atCursor = (state: State): ColumnId | undefined =>
  state.dialog?.kind === 'columns' ? allColumns[state.dialog.cursor] : undefined;

/** Where a column that is shown again goes: to its usual place, or, without one, right behind name and state. */
const inOrder = (columns: readonly ColumnId[], column: ColumnId): readonly ColumnId[] => {
  const usual = defaultColumns.indexOf(column);
  const before = (one: ColumnId): boolean => {
    const at = defaultColumns.indexOf(one);
    return at >= 0 && at < (usual < 0 ? 2 : usual);
  };
  const at = columns.findLastIndex(before) + 1;
  return [...columns.slice(0, at), column, ...columns.slice(at)];
};

/** The name is what a row is found by, so it always stays. */
const toggleColumn = (app: App): void =>
  change(app, state => {
    const column = atCursor(state);
    if (column === undefined || column === 'name') return {};
    const columns = state.columns.includes(column)
      ? state.columns.filter(one => one !== column)
      : inOrder(state.columns, column);
    return { columns };
  });

const shiftColumn = (by: number) => (app: App) =>
  change(app, state => {
    const column = atCursor(state);
    const at = column === undefined ? -1 : state.columns.indexOf(column);
    const to = at + by;
    if (column === undefined || at < 0 || to < 0 || to >= state.columns.length) return {};
    const columns = state.columns.filter(one => one !== column);
    return { columns: [...columns.slice(0, to), column, ...columns.slice(to)] };
  });

/** Keys that order the table and choose its columns. */
export const orderKeys: readonly Key[] = [
  {
    modes: ['main'],
    names: ['s', 'f6'],
    label: 's',
    title: 'Sort',
    help: 'Choose the column to sort by.',
    run: app => open(app, { kind: 'sort', cursor: allColumns.indexOf(app.store.getState().sort.column) }),
  },
  {
    modes: table,
    names: ['r'],
    label: 'r',
    title: 'Reverse',
    help: 'Reverse the order.',
    run: app => change(app, ({ sort }) => ({ sort: { ...sort, reverse: !sort.reverse } })),
  },
  {
    modes: ['main'],
    names: ['c'],
    label: 'c',
    title: 'Columns',
    help: 'Choose columns and their order.',
    run: app => open(app, { kind: 'columns', cursor: 0 }),
  },
  {
    modes: table,
    names: ['<', ','],
    label: '<',
    help: 'Sort by the column to the left.',
    run: app => change(app, state => resort(state, -1)),
  },
  {
    modes: table,
    names: ['>', '.'],
    label: '>',
    help: 'Sort by the column to the right.',
    run: app => change(app, state => resort(state, 1)),
  },
];

/** Keys of the lists of columns. */
export const columnKeys: readonly Key[] = [
  { modes: ['sort', 'columns'], names: ['up', 'k'], label: 'Up', help: 'Move up.', run: moveCursor(-1) },
  { modes: ['sort', 'columns'], names: ['down', 'j'], label: 'Down', help: 'Move down.', run: moveCursor(1) },
  {
    modes: ['sort'],
    names: ['enter'],
    label: 'Enter',
    title: 'Sort by it',
    help: 'Sort by this column.',
    run: sortHere,
  },
  {
    modes: ['columns'],
    names: [' '],
    label: 'Space',
    title: 'Show or hide',
    help: 'Show or hide this column.',
    run: toggleColumn,
  },
  {
    modes: ['columns'],
    names: ['left', '<'],
    label: 'Left',
    title: 'Earlier',
    help: 'Move this column to the left.',
    run: shiftColumn(-1),
  },
  {
    modes: ['columns'],
    names: ['right', '>'],
    label: 'Right',
    title: 'Later',
    help: 'Move this column to the right.',
    run: shiftColumn(1),
  },
  {
    modes: ['sort', 'columns'],
    names: ['escape', 'q'],
    label: 'Esc',
    title: 'Back',
    help: 'Back to the table.',
    run: close,
  },
  { modes: ['columns'], names: ['enter'], label: 'Enter', help: 'Back to the table.', run: close },
];
