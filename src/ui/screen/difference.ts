import { type Cells, type Clusters, isCluster, TAIL } from './cells.ts';
import type { Styles } from './styles.ts';

/** Length of the sequence that erases to the end of the line. */
const eraseLength = 3;
const SPACE = 0x20;

/** The changes on the way from what a terminal shows to what it should: collected as one string. */
export class Difference {
  readonly #styles: Styles;
  readonly #clusters: Clusters;
  #out = '';
  /** The cursor's column; -1 when that can't be relied on. */
  #x = -1;
  /** The cursor's row; -1 when that can't be relied on. */
  #y = -1;
  /** The style that the terminal writes in. */
  #pen = 0;

  constructor(styles: Styles, clusters: Clusters) {
    this.#styles = styles;
    this.#clusters = clusters;
  }

  /** The terminal was reset: its pen is the default. */
  reset(): void {
    this.#pen = 0;
  }

  /**
   * The bytes that turn rows of `shown` into those of `next`, in this order, as many as fit into `room` bytes, and one at least;
   * and how many rows they are: `shown` then equals `next` there.
   */
  between(shown: Cells, next: Cells, order: readonly number[], room: number): { bytes: string; rows: number } {
    this.#out = '';
    this.#x = -1;
    this.#y = -1;
    let left = room;
    let rows = 0;
    for (const y of order) {
      const [out, x, from, pen] = [this.#out, this.#x, this.#y, this.#pen];
      this.#row(shown, next, y);
      if (this.#out !== out) {
        if (room < Number.POSITIVE_INFINITY) left -= Buffer.byteLength(this.#out.slice(out.length));
        if (left < 0 && out !== '') {
          [this.#out, this.#x, this.#y, this.#pen] = [out, x, from, pen];
          break;
        }
        const row = y * next.columns;
        shown.glyphs.set(next.glyphs.subarray(row, row + next.columns), row);
        shown.styles.set(next.styles.subarray(row, row + next.columns), row);
      }
      rows++;
    }
    return { bytes: this.#out, rows };
  }

  #row(shown: Cells, next: Cells, y: number): void {
    const { columns, glyphs, styles } = next;
    const row = y * columns;
    const end = row + columns;
    const old = shown.glyphs;
    const oldStyles = shown.styles;
    let first = row;
    while (first < end && old[first] === glyphs[first] && oldStyles[first] === styles[first]) first++;
    if (first === end) return;
    let last = end - 1;
    while (old[last] === glyphs[last] && oldStyles[last] === styles[last]) last--;

    // From here to the end of the row all is blank.
    let blank = end;
    while (blank > row && glyphs[blank - 1] === SPACE && styles[blank - 1] === 0) blank--;

    for (let cell = first; cell <= last; ) {
      if (cell >= blank && last - cell + 1 > eraseLength) {
        this.#move(next, cell - row, y);
        this.#style(0);
        this.#out += '\u001b[K';
        return;
      }
      if (old[cell] === glyphs[cell] && oldStyles[cell] === styles[cell]) {
        cell++;
        continue;
      }
      this.#move(next, cell - row, y);
      this.#style(styles[cell] ?? 0);
      cell = this.#put(glyphs, cell, end);
    }
  }

  #style(style: number): void {
    this.#out += this.#styles.transition(this.#pen, style);
    this.#pen = style;
  }

  /** Writes one character and returns the cell after it. */
  #put(glyphs: Uint32Array, cell: number, end: number): number {
    const glyph = glyphs[cell] ?? SPACE;
    if (!isCluster(glyph)) {
      this.#out += String.fromCharCode(glyph);
      this.#x++;
      return cell + 1;
    }
    this.#out += this.#clusters.text(glyph);
    // Terminals disagree on the width of such characters: say anew where the next one goes.
    this.#x = -1;
    let after = cell + 1;
    while (after < end && glyphs[after] === TAIL) after++;
    return after;
  }

  #move(next: Cells, x: number, y: number): void {
    if (this.#x === x && this.#y === y) return;
    const move = shortestMove(this.#x, this.#y, x, y);
    const rewrite = this.#y === y && this.#x >= 0 && x > this.#x ? this.#gap(next, x, y, move.length) : '';
    this.#out += rewrite === '' ? move : rewrite;
    this.#x = x;
    this.#y = y;
  }

  /** The unchanged characters between cursor and `x`, if writing them again takes at most `budget` bytes. */
  #gap(next: Cells, x: number, y: number, budget: number): string {
    let text = '';
    let bytes = 0;
    for (let cell = y * next.columns + this.#x; cell < y * next.columns + x; cell++) {
      const glyph = next.glyphs[cell] ?? SPACE;
      bytes += glyph < 0x80 ? 1 : glyph < 0x800 ? 2 : 3;
      if (bytes > budget || glyph > 0xffff || next.styles[cell] !== this.#pen) return '';
      text += String.fromCharCode(glyph);
    }
    return text;
  }
}

const forward = (columns: number): string => (columns === 0 ? '' : `\u001b[${columns === 1 ? '' : columns}C`);

/** CUP, or what is shorter from a known place: CR, LF, CUF, CHA. An unknown coordinate is -1. */
const shortestMove = (fromX: number, fromY: number, x: number, y: number): string => {
  let best = x > 0 ? `\u001b[${y + 1};${x + 1}H` : y > 0 ? `\u001b[${y + 1}H` : '\u001b[H';
  const consider = (move: string): void => {
    if (move.length < best.length) best = move;
  };
  if (fromY === y) {
    consider(x === 0 ? '\r' : `\u001b[${x + 1}G`);
    if (fromX >= 0 && fromX < x) consider(forward(x - fromX));
  } else if (fromY >= 0 && fromY < y) {
    // Never from the last row, so nothing scrolls.
    consider(`\r${'\n'.repeat(y - fromY)}${forward(x)}`);
  }
  return best;
};
