import type { Glyphs } from '../glyphs.ts';
import type { Scale } from './scale.ts';

/** Dots of a braille cell from the bottom up: left column, right column (Unicode 10.8, block U+2800). */
const dots = [
  [0x40, 0x04, 0x02, 0x01],
  [0x80, 0x20, 0x10, 0x08],
] as const;

type Values = readonly (number | undefined)[];

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** A row of braille has four heights, one of blocks eight: where there is but one row, heights tell more than values. */
const isBraille = ({ braille }: Glyphs, height: number): boolean => braille && height > 1;

/** Values that a column of such a graph shows. */
export const valuesPerColumn = (glyphs: Glyphs, height: number): 1 | 2 => (isBraille(glyphs, height) ? 2 : 1);

/**
 * Values as rows of text, newest at the right edge. Unknown ones leave a gap, and what is above the foot shows at least one dot.
 * From 0 it is an area; from anything else a line where there are dots for one, since an area would seem to stand on nothing.
 */
export const graph = (values: Values, width: number, height: number, scale: Scale, glyphs: Glyphs): string[] =>
  isBraille(glyphs, height)
    ? braille(values, width, height, scale)
    : levels(values, width, height, scale, glyphs.levels);

/** `slice(-0)` would be all of them. */
const newest = (values: Values, count: number): Values => values.slice(Math.max(0, values.length - count));

const share = (value: number | undefined, { from, to }: Scale): number | undefined =>
  value === undefined || to <= from ? undefined : clamp((value - from) / (to - from));

/** The dots of a value, counted from 1 at the foot: of an area all up to it, of a line those from the value before it on. */
const dotsOf = (
  top: number,
  before: number | undefined,
  isArea: boolean,
): readonly [lowest: number, highest: number] => {
  if (isArea) return [1, top];
  if (before === undefined || before === top) return [top, top];
  return before < top ? [before + 1, top] : [top, before - 1];
};

const braille = (values: Values, width: number, height: number, scale: Scale): string[] => {
  const shown = newest(values, 2 * width);
  const offset = 2 * width - shown.length;
  const cells = Array.from({ length: height }, () => new Uint8Array(width));
  const isArea = scale.from === 0;
  let before: number | undefined;
  shown.forEach((value, index) => {
    const part = share(value, scale);
    const top = part === undefined ? undefined : Math.max(isArea && part === 0 ? 0 : 1, Math.round(part * height * 4));
    const [lowest, highest] = top === undefined ? [1, 0] : dotsOf(top, before, isArea);
    before = top;
    const column = (offset + index) >> 1;
    const side = dots[((offset + index) & 1) as 0 | 1];
    for (let dot = lowest - 1; dot < highest; dot++) {
      const row = cells[height - 1 - (dot >> 2)];
      if (row) row[column] = (row[column] ?? 0) | (side[dot & 3] ?? 0);
    }
  });
  return cells.map(row => Array.from(row, mask => (mask === 0 ? ' ' : String.fromCharCode(0x2800 + mask))).join(''));
};

const levels = (values: Values, width: number, height: number, scale: Scale, steps: readonly string[]): string[] => {
  const shown = newest(values, width);
  const full = steps.length - 1;
  const rows: string[] = [];
  for (let row = height - 1; row >= 0; row--) {
    let text = ' '.repeat(width - shown.length);
    for (const value of shown) {
      const part = share(value, scale);
      const isNothing = part === undefined || (part === 0 && scale.from === 0);
      const filled = isNothing ? 0 : Math.max(1, Math.round(part * height * full));
      text += steps[Math.min(full, Math.max(0, filled - row * full))] ?? ' ';
    }
    rows.push(text);
  }
  return rows;
};
