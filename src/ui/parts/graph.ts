import type { Glyphs } from '../glyphs.ts';

/** Dots of a braille cell from the bottom up: left column, right column (Unicode 10.8, block U+2800). */
const dots = [
  [0x40, 0x04, 0x02, 0x01],
  [0x80, 0x20, 0x10, 0x08],
] as const;

type Values = readonly (number | undefined)[];

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/**
 * History as rows of text, newest at the right edge. A value of `top` fills the height; unknown ones leave a gap, and
 * what is above zero shows at least one dot.
 */
export const graph = (values: Values, width: number, height: number, top: number, glyphs: Glyphs): string[] =>
  glyphs.braille ? braille(values, width, height, top) : levels(values, width, height, top, glyphs.levels);

/** `slice(-0)` would be all of them. */
const newest = (values: Values, count: number): Values => values.slice(Math.max(0, values.length - count));

const share = (value: number | undefined, top: number): number | undefined =>
  value === undefined || top <= 0 ? undefined : clamp(value / top);

const braille = (values: Values, width: number, height: number, top: number): string[] => {
  const shown = newest(values, 2 * width);
  const offset = 2 * width - shown.length;
  const cells = Array.from({ length: height }, () => new Uint8Array(width));
  shown.forEach((value, index) => {
    const part = share(value, top);
    if (part === undefined) return;
    const filled = part === 0 ? 0 : Math.max(1, Math.round(part * height * 4));
    const column = (offset + index) >> 1;
    const side = dots[((offset + index) & 1) as 0 | 1];
    for (let dot = 0; dot < filled; dot++) {
      const row = cells[height - 1 - (dot >> 2)];
      if (row) row[column] = (row[column] ?? 0) | (side[dot & 3] ?? 0);
    }
  });
  return cells.map(row => Array.from(row, mask => (mask === 0 ? ' ' : String.fromCharCode(0x2800 + mask))).join(''));
};

const levels = (values: Values, width: number, height: number, top: number, steps: readonly string[]): string[] => {
  const shown = newest(values, width);
  const full = steps.length - 1;
  const rows: string[] = [];
  for (let row = height - 1; row >= 0; row--) {
    let text = ' '.repeat(width - shown.length);
    for (const value of shown) {
      const part = share(value, top);
      const filled = part === undefined ? 0 : part === 0 ? 0 : Math.max(1, Math.round(part * height * full));
      text += steps[Math.min(full, Math.max(0, filled - row * full))] ?? ' ';
    }
    rows.push(text);
  }
  return rows;
};
