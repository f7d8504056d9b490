import { aim, type Line, type Span, span, type Target, type Tone } from '../line.ts';
import { type Canvas, fill } from './pane.ts';

/** A column of a list that is drawn row by row, one row a thing. */
export interface ListColumn<Item> {
  readonly title: string;
  /** Columns on the screen, without the blank before the next. */
  readonly width: number;
  /** Words stand to the left, numbers to the right. */
  readonly left?: boolean;
  /** What a click on its head means. */
  readonly target?: Target;
  readonly cell: (item: Item) => { readonly text: string; readonly tone?: Tone };
}

/** The columns that fit, from the left; what is left over goes to the last one where that holds words, else to none. */
export const fitting = <Item>(columns: readonly ListColumn<Item>[], width: number): readonly ListColumn<Item>[] => {
  const shown: ListColumn<Item>[] = [];
  let used = -1;
  for (const column of columns) {
    if (used + 1 + column.width > width) break;
    used += 1 + column.width;
    shown.push(column);
  }
  const last = shown.at(-1);
  return last?.left ? [...shown.slice(0, -1), { ...last, width: last.width + width - used }] : shown;
};

const align = (text: string, { width, left }: { readonly width: number; readonly left?: boolean }, canvas: Canvas) =>
  left || text.length > width ? fill(text, width, canvas.glyphs) : text.padStart(width);

/** The head of a list, over its whole width. `sorted` is marked with the direction. */
export const listHead = <Item>(
  columns: readonly ListColumn<Item>[],
  canvas: Canvas,
  sorted?: { readonly title: string; readonly mark: string },
): Line => {
  let used = -1;
  const spans = columns.flatMap((column, index): Span[] => {
    used += 1 + column.width;
    const marked = column.title === sorted?.title;
    const title = marked && column.title.length < column.width ? column.title + sorted.mark : column.title;
    const head = [span(align(title, column, canvas), marked ? 'headSorted' : 'head')];
    return [
      ...(index === 0 ? [] : [span(' ', 'head')]),
      ...(column.target === undefined ? head : aim(head, column.target)),
    ];
  });
  return [...spans, span(' '.repeat(Math.max(0, canvas.width - used)), 'head')];
};

/** One row of a list. */
export const listRow = <Item>(
  item: Item,
  columns: readonly ListColumn<Item>[],
  canvas: Canvas,
  selected = false,
): Line => {
  const spans = columns.flatMap((column, index): Span[] => {
    const { text, tone } = column.cell(item);
    return [...(index === 0 ? [] : [span(' ')]), span(align(text, column, canvas), tone ?? 'text')];
  });
  if (!selected) return spans;
  const used = columns.reduce((sum, column) => sum + column.width + 1, -1);
  return [...spans, span(' '.repeat(Math.max(0, canvas.width - used)))].map(piece => ({ ...piece, tone: 'selected' }));
};
