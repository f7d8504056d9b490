import type { Line, Tone } from '../line.ts';
import type { Theme } from '../theme.ts';
import { Cells, type Palette } from './cells.ts';
import { parseFrame } from './frame.ts';

/** Columns and rows, from the upper left corner of the screen. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Pane {
  rect: Rect;
  cells: Cells;
  lines: readonly Line[];
}

/** What is on the screen, one above the other: Ink's frame, the panes in the order they came, and covers. */
export class Layers {
  readonly #theme: Theme;
  readonly #palette: Palette;
  readonly #panes = new Map<string, Pane>();
  readonly #covers = new Map<string, Rect>();
  readonly #tones = new Map<Tone, number>();
  #base: Cells;
  #frame = '';

  constructor(theme: Theme, palette: Palette) {
    this.#theme = theme;
    this.#palette = palette;
    this.#base = new Cells(0, 0, palette);
  }

  resize(columns: number, rows: number): void {
    this.#base = new Cells(columns, rows, this.#palette);
    parseFrame(this.#frame, this.#base, this.#palette.styles);
  }

  // All of these return whether anything may look different now.

  setFrame(frame: string): boolean {
    if (frame === this.#frame) return false;
    this.#frame = frame;
    parseFrame(frame, this.#base, this.#palette.styles);
    return true;
  }

  paint(id: string, rect: Rect, lines: readonly Line[]): boolean {
    let pane = this.#panes.get(id);
    const width = Math.max(0, rect.width);
    const height = Math.max(0, rect.height);
    let changed = false;
    if (pane?.cells.columns !== width || pane.cells.rows !== height) {
      pane = { rect, cells: new Cells(width, height, this.#palette), lines: [] };
      this.#panes.set(id, pane);
      changed = true;
    }
    if (pane.rect.x !== rect.x || pane.rect.y !== rect.y) changed = true;
    for (let y = 0; y < height; y++) {
      if (isSameLine(pane.lines[y], lines[y])) continue;
      this.#paintRow(pane.cells, y, lines[y] ?? []);
      changed = true;
    }
    pane.rect = rect;
    pane.lines = lines;
    return changed;
  }

  unpaint(id: string): boolean {
    return this.#panes.delete(id);
  }

  cover(id: string, rect: Rect): boolean {
    this.#covers.set(id, rect);
    return true;
  }

  uncover(id: string): boolean {
    return this.#covers.delete(id);
  }

  /** Lays the panes over Ink's frame, and the frame over the panes where they are covered. */
  compose(into: Cells): void {
    into.glyphs.set(this.#base.glyphs);
    into.styles.set(this.#base.styles);
    for (const { rect, cells } of this.#panes.values()) {
      into.copy(cells, 0, 0, cells.columns, cells.rows, rect.x, rect.y);
    }
    for (const { x, y, width, height } of this.#covers.values()) into.copy(this.#base, x, y, width, height, x, y);
  }

  #paintRow(cells: Cells, y: number, line: Line): void {
    let x = 0;
    for (const { text, tone } of line) {
      let style = this.#tones.get(tone);
      if (style === undefined) {
        style = this.#palette.styles.apply(0, this.#theme.sgr(tone));
        this.#tones.set(tone, style);
      }
      x = cells.write(x, y, text, style);
    }
    cells.clearRow(y, x);
  }
}

const isSameLine = (a: Line | undefined, b: Line | undefined): boolean => {
  if (a === b) return true;
  if (a?.length !== b?.length || !a || !b) return false;
  for (let index = 0; index < a.length; index++) {
    if (a[index]?.text !== b[index]?.text || a[index]?.tone !== b[index]?.tone) return false;
  }
  return true;
};
