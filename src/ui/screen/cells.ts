import { asciiTwins } from '../glyphs.ts';
import { clusters, isSimple } from '../width.ts';
import type { Styles } from './styles.ts';

/** In `glyphs`: the second (and any further) column of a wide character; it has the style of its first. */
export const TAIL = 0xffffffff;
const SPACE = 0x20;
const QUESTION = 0x3f;
/** Above this, an index into the table of clusters; below, the code of a simple character. */
const CLUSTER = 0x80000000;
const clusterTableLimit = 0x10000;

/** Characters that are not one simple code, by number: wide ones, and those made of several code points. */
export class Clusters {
  readonly #texts: string[] = [];
  readonly #ids = new Map<string, number>();

  /** The glyph of `text`; the replacement character once the table is full. */
  id(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    if (this.#texts.length >= clusterTableLimit) return this.id('\ufffd');
    const id = CLUSTER + this.#texts.push(text) - 1;
    this.#ids.set(text, id);
    return id;
  }

  text(glyph: number): string {
    return this.#texts[glyph - CLUSTER] ?? '';
  }
}

export const isCluster = (glyph: number): boolean => glyph >= CLUSTER && glyph !== TAIL;

/** What all cells of one screen share. */
export interface Palette {
  readonly styles: Styles;
  readonly clusters: Clusters;
  /** Show everything that is not ASCII as its twin, else as a question mark. */
  readonly ascii: boolean;
}

/** A rectangle of character cells in flat arrays, row by row. A wide character is always whole. */
export class Cells {
  readonly columns: number;
  readonly rows: number;
  readonly glyphs: Uint32Array;
  readonly styles: Uint16Array;
  readonly #palette: Palette;

  constructor(columns: number, rows: number, palette: Palette) {
    this.columns = columns;
    this.rows = rows;
    this.glyphs = new Uint32Array(columns * rows).fill(SPACE);
    this.styles = new Uint16Array(columns * rows);
    this.#palette = palette;
  }

  clear(): void {
    this.glyphs.fill(SPACE);
    this.styles.fill(0);
  }

  clearRow(y: number, from = 0): void {
    this.glyphs.fill(SPACE, y * this.columns + from, (y + 1) * this.columns);
    this.styles.fill(0, y * this.columns + from, (y + 1) * this.columns);
  }

  /** In how many columns row `y` differs from that of cells of the same size. */
  differing(other: Cells, y: number): number {
    let count = 0;
    for (let cell = y * this.columns; cell < (y + 1) * this.columns; cell++)
      if (this.glyphs[cell] !== other.glyphs[cell] || this.styles[cell] !== other.styles[cell]) count++;
    return count;
  }

  /**
   * Writes text from column `x` of row `y` on, as far as the row goes, and returns the column after it. A control
   * character becomes a blank: none ever reaches the terminal.
   */
  write(x: number, y: number, text: string, style: number): number {
    const { glyphs, styles, columns } = this;
    const row = y * columns;
    const blank = this.#palette.styles.blank(style);
    const { ascii } = this.#palette;
    let column = x;
    for (let index = 0; index < text.length && column < columns; index++) {
      const code = text.charCodeAt(index);
      if (isSimple(code)) {
        glyphs[row + column] = ascii && code > 0x7e ? (asciiTwins.get(code) ?? QUESTION) : code;
        styles[row + column] = code === SPACE ? blank : style;
        column++;
      } else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
        glyphs[row + column] = SPACE;
        styles[row + column] = blank;
        column++;
      } else {
        // A mark belongs to the character before it; two simple characters in a row are always apart.
        const start = index > 0 && isSimple(text.charCodeAt(index - 1)) ? index - 1 : index;
        let end = index + 1;
        while (end < text.length && !(startsApart(text.charCodeAt(end)) && startsApart(text.charCodeAt(end - 1))))
          end++;
        column = this.#writeClusters(column - (index - start), y, text.slice(start, end), style);
        index = end - 1;
      }
    }
    return column;
  }

  #writeClusters(x: number, y: number, text: string, style: number): number {
    const { glyphs, styles, columns } = this;
    const row = y * columns;
    let column = x;
    for (const cluster of clusters(text)) {
      const { width } = cluster;
      const code = cluster.text.charCodeAt(0);
      if (cluster.text.length === 1 && startsApart(code)) {
        column = this.write(column, y, cluster.text, style);
        continue;
      }
      if (column + width > columns) {
        this.clearRow(y, column);
        return columns;
      }
      for (let offset = 0; offset < width; offset++) {
        glyphs[row + column + offset] = this.#palette.ascii
          ? QUESTION
          : offset === 0
            ? this.#palette.clusters.id(cluster.text)
            : TAIL;
        styles[row + column + offset] = style;
      }
      column += width;
    }
    return column;
  }

  /** Copies a part of `from` to (x, y), as far as it fits; wide characters that an edge would halve become blanks. */
  copy(from: Cells, fromX: number, fromY: number, width: number, height: number, x: number, y: number): void {
    const left = Math.max(0, -x, -fromX);
    const top = Math.max(0, -y, -fromY);
    const across = Math.min(width, from.columns - fromX, this.columns - x) - left;
    const down = Math.min(height, from.rows - fromY, this.rows - y);
    if (across <= 0) return;
    for (let line = top; line < down; line++) {
      const source = (fromY + line) * from.columns + fromX + left;
      const target = (y + line) * this.columns + x + left;
      this.#split(y + line, x + left);
      this.#split(y + line, x + left + across);
      this.glyphs.set(from.glyphs.subarray(source, source + across), target);
      this.styles.set(from.styles.subarray(source, source + across), target);
      // A wide character of the source that begins before the part, or goes on after it.
      for (let cell = target; cell < target + across && this.glyphs[cell] === TAIL; cell++) this.#blank(cell);
      if (fromX + left + across < from.columns && from.glyphs[source + across] === TAIL) {
        let cell = target + across - 1;
        while (cell > target && this.glyphs[cell] === TAIL) this.#blank(cell--);
        this.#blank(cell);
      }
    }
  }

  /** Blanks a wide character that lies across the border before column `x`. */
  #split(y: number, x: number): void {
    if (x <= 0 || x >= this.columns || this.glyphs[y * this.columns + x] !== TAIL) return;
    let cell = y * this.columns + x;
    const end = (y + 1) * this.columns;
    while (this.glyphs[cell - 1] === TAIL) cell--;
    this.#blank(cell - 1);
    while (cell < end && this.glyphs[cell] === TAIL) this.#blank(cell++);
  }

  #blank(cell: number): void {
    this.glyphs[cell] = SPACE;
    this.styles[cell] = this.#palette.styles.blank(this.styles[cell] ?? 0);
  }
}

/** Simple and control characters: where one follows another, a new character begins. */
const startsApart = (code: number): boolean => isSimple(code) || code < 0x20 || (code >= 0x7f && code < 0xa0);
