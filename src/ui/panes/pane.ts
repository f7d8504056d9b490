import type { Model } from '../../model.ts';
import type { State } from '../../store/store.ts';
import { formatDuration } from '../../units.ts';
import type { Glyphs } from '../glyphs.ts';
import { type Line, plain, type Span, span, type Tone } from '../line.ts';
import { valuesIn } from '../parts/chart.ts';
import stringWidth, { take } from '../width.ts';

/** What a pane draws from, and how much room it has. */
export interface Canvas {
  readonly state: State;
  readonly model: Model;
  readonly glyphs: Glyphs;
  readonly width: number;
  readonly height: number;
}

/** A pane: pure, at most `height` lines. */
export type Draw = (canvas: Canvas) => readonly Line[];

/** Columns that a row takes on the screen. */
export const widthOf = (row: Line): number => row.reduce((sum, piece) => sum + stringWidth(piece.text), 0);

/** The text cut with an ellipsis, and filled with blanks, to exactly `width` columns. */
export const fill = (text: string, width: number, glyphs: Glyphs): string => {
  const wide = stringWidth(text);
  if (wide === width) return text;
  if (wide < width) return text + ' '.repeat(width - wide);
  if (width <= 1) return take(text, Math.max(0, width));
  const start = take(text, width - 1) + glyphs.ellipsis;
  return start + ' '.repeat(width - stringWidth(start));
};

/** Left and right parts of a row with a blank between, the left one cut when they don't both fit. */
export const spread = (left: Line, right: Line, width: number): Line => {
  const room = Math.max(0, width - widthOf(right));
  const kept: Span[] = [];
  let used = right.length > 0 ? 1 : 0;
  for (const piece of left) {
    const text = take(piece.text, room - used);
    used += stringWidth(text);
    kept.push({ ...piece, text });
    if (text.length < piece.text.length) break;
  }
  return [...kept, span(' '.repeat(Math.max(0, room - used) + (right.length > 0 ? 1 : 0))), ...right];
};

/** `Title ────── note`, the head of a pane. */
export const heading = (title: string, canvas: Pick<Canvas, 'width' | 'glyphs'>, note: Line = []): Line => {
  const rest = canvas.width - stringWidth(title) - 2 - (note.length > 0 ? widthOf(note) + 1 : 0);
  const rule = span(` ${canvas.glyphs.box.horizontal.repeat(Math.max(0, rest))} `, 'dim');
  return [span(title, 'title'), rule, ...note];
};

/** How much time the graphs of the host's numbers cover, where there is one of so many rows. */
export const spanNote = ({ state, width, glyphs }: Canvas, rows: number): Line => {
  const shown = Math.min(state.history.mem_used.length, rows < 1 ? 0 : valuesIn(width, rows, glyphs));
  return shown < 2 ? [] : [span(`last ${formatDuration(Math.round(shown * state.setting.delay))}`, 'dim')];
};

/** `label value`, the label dim. */
export const labelled = (label: string, value: string, tone: Tone = 'text'): Span[] => [
  span(label + ' ', 'dim'),
  span(value, tone),
];

/** Of the same facts, told ever shorter, the first row that fits the width; the last where none does. */
export const shortened = (width: number, ...rows: readonly Line[]): Line =>
  rows.find(row => widthOf(row) <= width) ?? rows.at(-1) ?? [];

/** What is told together or not at all, such as both directions of swap: one item of `pairs`. */
export const together = (...items: readonly (readonly Span[])[]): Span[] =>
  items.flatMap((item, index) => (index === 0 ? [...item] : [span('  '), ...item]));

/** Labelled values with two blanks between, as many as fit the width whole: the least important stands last. */
export const pairs = (width: number, ...items: readonly (readonly Span[])[]): Line => {
  const row: Span[] = [];
  let used = 0;
  for (const item of items) {
    const wide = stringWidth(plain(item)) + (row.length > 0 ? 2 : 0);
    if (used + wide > width) break;
    if (row.length > 0) row.push(span('  '));
    row.push(...item);
    used += wide;
  }
  return row;
};

/** The words of a text on rows of at most `width` columns; a word that is longer is cut over rows. */
export const wrap = (text: string, width: number): string[] => {
  const rows: string[] = [];
  let row = '';
  for (let word of text.split(' ')) {
    if (row !== '' && stringWidth(row) + 1 + stringWidth(word) > width) {
      rows.push(row);
      row = '';
    } else if (row !== '') row += ' ';
    while (stringWidth(word) > width) {
      const part = take(word, width);
      if (part === '') break;
      rows.push(part);
      word = word.slice(part.length);
    }
    row += word;
  }
  return [...rows, row];
};

/** The row cut with an ellipsis where it is wider than the pane. */
const clip = (row: Line, { width, glyphs }: Pick<Canvas, 'width' | 'glyphs'>): Line => {
  if (widthOf(row) <= width) return row;
  const kept: Span[] = [];
  let left = width - 1;
  for (const piece of row) {
    const text = take(piece.text, left);
    kept.push({ ...piece, text });
    left -= stringWidth(text);
    if (text.length < piece.text.length) break;
  }
  return [...kept, span(glyphs.ellipsis, 'dim')];
};

/** A pane's lines as they are shown: none wider than its place, and no more of them than it has rows. */
export const drawPane = (draw: Draw, canvas: Canvas): readonly Line[] =>
  draw(canvas)
    .slice(0, canvas.height)
    .map(row => clip(row, canvas));
