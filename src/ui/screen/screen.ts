import { EventEmitter } from 'node:events';
import type { Line } from '../line.ts';
import type { Theme } from '../theme.ts';
import { Cells, Clusters, isCluster, type Palette, TAIL } from './cells.ts';
import { Difference } from './difference.ts';
import { isControl } from './frame.ts';
import { Layers, type Rect } from './layers.ts';
import { type Style, Styles } from './styles.ts';

/** What Screen needs of the real stdout. */
export interface Terminal {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(data: string, done?: () => void): boolean;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/** One character of the screen, for tests: `width` is 0 in the further columns of a wide one. */
export interface Cell {
  readonly text: string;
  readonly width: number;
  readonly style: Style;
}

const synchronized = (bytes: string): string => `\u001b[?2026h${bytes}\u001b[?2026l`;
/**
 * Alternate screen, no cursor, no wrapping at the last column (so that the last cell never scrolls), pastes told from
 * keys.
 */
const enterSequence = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[?2004h';
/** Clicks and wheel are told, as SGR has it where the terminal can. */
const mouseSequence = '\u001b[?1000h\u001b[?1006h';
/** What takes all of that back. */
export const leaveSequence =
  '\u001b[?1006l\u001b[?1000l\u001b[?2026l\u001b[?2004l\u001b[m\u001b[?7h\u001b[?25h\u001b[?1049l';
const eraseAll = '\u001b[m\u001b[H\u001b[J';

/**
 * The terminal, as cells. Ink writes whole frames to it (`render(app, { stdout: screen.stdout, debug: true, … })`), panes
 * are painted over them, and what reaches the terminal is only what changed: one write a tick, and none while the
 * terminal has not taken the last one.
 */
export class Screen extends EventEmitter {
  readonly isTTY = true;
  readonly writable = true;
  columns = 80;
  rows = 24;
  readonly #out: Terminal;
  readonly #enter: string;
  readonly #palette: Palette;
  readonly #layers: Layers;
  readonly #difference: Difference;
  #next: Cells;
  #shown: Cells;
  #state: 'left' | 'entered' | 'suspended' | 'broken' = 'left';
  #changed = true;
  #wiped = true;
  #blocked = false;
  #scheduled: NodeJS.Immediate | undefined;

  constructor(out: Terminal, theme: Theme, { mouse = false }: { readonly mouse?: boolean } = {}) {
    super();
    // Every component that asks for the window's size listens.
    this.setMaxListeners(0);
    this.#out = out;
    this.#enter = enterSequence + (mouse ? mouseSequence : '');
    this.#palette = { styles: new Styles(theme.colours), clusters: new Clusters(), ascii: theme.ascii };
    this.#difference = new Difference(this.#palette.styles, this.#palette.clusters);
    this.#layers = new Layers(theme, this.#palette);
    [this.#next, this.#shown] = this.#allocate();
  }

  /** Itself, as Ink's `stdout`. */
  get stdout(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream;
  }

  /** Takes the terminal: alternate screen, hidden cursor. */
  enter(): void {
    if (this.#state !== 'left') return;
    this.#out.on('resize', this.#onResize);
    this.#out.on('drain', this.#onDrain);
    this.#out.on('error', this.#onError);
    this.#take();
  }

  /** Gives the terminal back as it was. May be called at any time and repeatedly, from a crash handler too. */
  leave(): void {
    if (this.#state === 'left') return;
    const held = this.#state === 'entered';
    this.#state = 'left';
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    this.#out.off('resize', this.#onResize);
    this.#out.off('drain', this.#onDrain);
    if (held) this.#send(leaveSequence);
  }

  /** Gives the terminal back for a while, before SIGTSTP's default or another program. */
  suspend(): void {
    if (this.#state !== 'entered') return;
    this.#state = 'suspended';
    this.#send(leaveSequence);
  }

  /** Takes the terminal again after `suspend`, at its present size, and paints everything. */
  resume(): void {
    if (this.#state === 'suspended') this.#take();
  }

  /** Paints everything again, whatever the terminal shows now. */
  repaint(): void {
    this.#wiped = true;
    this.#schedule(true);
  }

  /** Ink's side: a whole frame, the layer under all panes; or an empty chunk with `done`, to wait for what was written. */
  write(chunk: string | Uint8Array, done?: unknown, last?: unknown): boolean {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const callback = typeof done === 'function' ? done : last;
    if (typeof callback === 'function') {
      this.flush();
      this.#out.write('', () => callback());
    }
    if ((text === '' && callback) || isControl(text)) return true;
    this.#schedule(this.#layers.setFrame(text));
    return true;
  }

  /**
   * Shows lines in a rectangle over Ink's frame; missing ones are blank, long ones are cut. A row that equals the one
   * painted there before costs a comparison, so the lines given must not be changed afterwards.
   */
  paint(id: string, rect: Rect, lines: readonly Line[]): void {
    this.#schedule(this.#layers.paint(id, rect, lines));
  }

  unpaint(id: string): void {
    this.#schedule(this.#layers.unpaint(id));
  }

  /** Lets Ink's frame show through all panes within `rect`: for a dialog on top of them. */
  cover(id: string, rect: Rect): void {
    this.#schedule(this.#layers.cover(id, rect));
  }

  uncover(id: string): void {
    this.#schedule(this.#layers.uncover(id));
  }

  /** Writes what changed, now; otherwise it happens at the end of the tick in which something was painted. */
  flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    if (this.#state !== 'entered' || this.#blocked || !(this.#changed || this.#wiped)) return;
    this.#layers.compose(this.#next);
    const start = this.#wiped ? eraseAll : '';
    if (this.#wiped) {
      this.#shown.clear();
      this.#difference.reset();
    }
    this.#changed = false;
    this.#wiped = false;
    const bytes = start + this.#difference.between(this.#shown, this.#next);
    if (bytes !== '') this.#send(synchronized(bytes));
  }

  /** The rows that the screen shows, or will after a flush, without blanks at their ends. */
  text(): string {
    return this.cells()
      .map(row =>
        row
          .map(cell => cell.text)
          .join('')
          .trimEnd(),
      )
      .join('\n');
  }

  /** The cells that the screen shows, or will after a flush. */
  cells(): Cell[][] {
    this.#layers.compose(this.#next);
    const { glyphs, styles } = this.#next;
    const cell = (index: number): Cell => {
      const glyph = glyphs[index] ?? TAIL;
      const style = this.#palette.styles.get(styles[index] ?? 0);
      if (glyph === TAIL) return { text: '', width: 0, style };
      if (!isCluster(glyph)) return { text: String.fromCharCode(glyph), width: 1, style };
      let width = 1;
      while ((index + width) % this.columns !== 0 && glyphs[index + width] === TAIL) width++;
      return { text: this.#palette.clusters.text(glyph), width, style };
    };
    return Array.from({ length: this.rows }, (_, y) =>
      Array.from({ length: this.columns }, (_, x) => cell(y * this.columns + x)),
    );
  }

  #allocate(): [Cells, Cells] {
    this.columns = this.#out.columns || 80;
    this.rows = this.#out.rows || 24;
    this.#layers.resize(this.columns, this.rows);
    return [new Cells(this.columns, this.rows, this.#palette), new Cells(this.columns, this.rows, this.#palette)];
  }

  #take(): void {
    this.#state = 'entered';
    this.#blocked = false;
    this.#send(this.#enter);
    this.#onResize();
    this.repaint();
  }

  readonly #onResize = (): void => {
    if (this.columns !== (this.#out.columns || 80) || this.rows !== (this.#out.rows || 24)) {
      [this.#next, this.#shown] = this.#allocate();
      // Ink lays out anew and writes its frame while this is told.
      this.emit('resize');
    }
    this.repaint();
  };

  readonly #onDrain = (): void => {
    this.#blocked = false;
    this.flush();
  };

  /** The terminal has gone (its window was closed): nothing can be shown any more, and nothing may crash for it. */
  readonly #onError = (): void => {
    this.#state = 'broken';
  };

  #schedule(changed: boolean): void {
    this.#changed ||= changed;
    if (changed && this.#state === 'entered') this.#scheduled ??= setImmediate(() => this.flush());
  }

  #send(bytes: string): void {
    try {
      if (!this.#out.write(bytes)) this.#blocked = true;
    } catch {
      this.#onError();
    }
  }
}
