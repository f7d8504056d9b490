import stringWidth from 'string-width';
import { safe } from '../text.ts';

/** Untrusted text made harmless, and for a terminal without UTF-8 made of ASCII alone. */
export type Show = (text: string) => string;

const toAscii: Show = text =>
  safe(text)
    .replaceAll('–', '-')
    .replaceAll('≤', '<=')
    .replaceAll('’', "'")
    .replace(/[^ -~]/gu, '?');

export const showIn = (ascii: boolean): Show => (ascii ? toAscii : safe);

/** Rows of cells as lines: each column as wide as its widest cell; `left` ones start at the left, the others end at the right. */
export const alignRows = (rows: readonly (readonly string[])[], left: ReadonlySet<number>): string[] => {
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, stringWidth(cell));
  return rows.map(row =>
    row
      .map((cell, at) => {
        const blanks = ' '.repeat((widths[at] ?? 0) - stringWidth(cell));
        return left.has(at) ? cell + blanks : blanks + cell;
      })
      .join('  ')
      .trimEnd(),
  );
};
