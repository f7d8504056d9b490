import { EventEmitter } from 'node:events';
import type { Line } from '../line.ts';
import type { Theme } from '../theme.ts';
import { Cells, Clusters, isCluster, type Palette, TAIL } from './cells.ts';
import { Difference } from './difference.ts';
import { isControl } from './frame.ts';
import { Layers, type Rect } from './layers.ts';
import { Pace } from './pace.ts';
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
/** The part of the last row that changes where a prompt echoes what is typed: that comes before what it leads to. */
const echo = 1 / 3;
const eraseAll = '\u001b[m\u001b[H\u001b[J';

/**
 * The terminal, as cells. Ink writes whole frames to it (`render(app, { stdout: screen.stdout, debug: true, … })`), panes
 * are painted over them, and what reaches the terminal is only what changed: one write a tick, and none while the
 * terminal has not taken the last one. On a slow line it is no more than soon arrives, and what a key has changed comes first.
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
  readonly #pace: Pace | undefined;
  /** As it was composed last, and before that. */
  #next: Cells;
  #last: Cells;
  #shown: Cells;
  #state: 'left' | 'entered' | 'suspended' | 'broken' = 'left';
  #changed = true;
  #wiped = true;
  #blocked = false;
  /** Something that was composed has not been written. */
  #pending = false;
  /** A key was pressed: what changes next is what it asked for. */
  #asked = false;
  #quiet = false;
  /** For each row, to which answer it belongs, counted up in twos, one more for an echo; 0 for none. */
  #answers: Uint32Array = new Uint32Array(0);
  #answer = 0;
  /** The row with which the others go on. */
  #row = 0;
  #scheduled: NodeJS.Immediate | undefined;
  #again: NodeJS.Timeout | undefined;

  /** `paced` by a terminal whose answers are told by `answered`. */
  constructor(
    out: Terminal,
    theme: Theme,
    { mouse = false, paced = false }: { readonly mouse?: boolean; readonly paced?: boolean } = {},
  ) {
    super();
    // Every component that asks for the window's size listens.
    this.setMaxListeners(0);
    this.#out = out;
    this.#enter = enterSequence + (mouse ? mouseSequence : '');
    this.#palette = { styles: new Styles(theme.colours), clusters: new Clusters(), ascii: theme.ascii };
    this.#difference = new Difference(this.#palette.styles, this.#palette.clusters);
    this.#layers = new Layers(theme, this.#palette);
    this.#pace = paced ? new Pace() : undefined;
    [this.#next, this.#last, this.#shown] = this.#allocate();
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
    clearTimeout(this.#again);
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

  /** A key was pressed: on a slow line, what that changes is drawn before all else. */
  asked(): void {
    this.#asked = true;
  }

  /** The terminal has answered what it was asked behind a frame. */
  answered(): void {
    const asking = this.#pace?.answered() ?? '';
    if (asking !== '' && this.#state === 'entered' && !this.#quiet) this.#send(asking);
    if (this.#pending) this.flush();
  }

  /**
   * Resolves once the terminal owes no answer, which would be typed into the shell, or after a second. Nothing more is asked
   * until the terminal is taken again.
   */
  async settled(): Promise<void> {
    this.#quiet = true;
    for (let left = this.#pace?.owed ?? 0; left > 0; left = this.#pace?.owed ?? 0)
      await new Promise(resolve => setTimeout(resolve, Math.min(left, 10)));
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
    if (this.#state !== 'entered' || !(this.#changed || this.#wiped || this.#pending)) return;
    if (this.#changed || this.#wiped) this.#compose();
    this.#pending = true;
    const room = this.#pace?.room() ?? Number.POSITIVE_INFINITY;
    if (this.#blocked || room <= 0) {
      this.#lookAgain();
      return;
    }
    const start = this.#wiped ? eraseAll : '';
    if (this.#wiped) {
      this.#shown.clear();
      this.#difference.reset();
    }
    this.#wiped = false;
    const order = this.#order(room);
    const { bytes, rows } = this.#difference.between(this.#shown, this.#next, order, room);
    this.#pending = rows < order.length;
    for (const y of order.slice(0, rows)) {
      if (this.#answers[y] === 0) this.#row = (y + 1) % this.rows;
      this.#answers[y] = 0;
    }
    const written = start + bytes;
    if (written === '') return;
    const update = synchronized(written);
    const asking = this.#quiet ? '' : this.#pace?.wrote(Buffer.byteLength(update), this.#pending);
    this.#send(update + (asking ?? ''));
    if (this.#pending) this.#lookAgain();
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

  #allocate(): [Cells, Cells, Cells] {
    this.columns = this.#out.columns || 80;
    this.rows = this.#out.rows || 24;
    this.#layers.resize(this.columns, this.rows);
    this.#answers = new Uint32Array(this.rows);
    this.#row = 0;
    const cells = (): Cells => new Cells(this.columns, this.rows, this.#palette);
    return [cells(), cells(), cells()];
  }

  /** Lays all layers over each other, and notes which rows a key has changed. */
  #compose(): void {
    [this.#next, this.#last] = [this.#last, this.#next];
    this.#layers.compose(this.#next);
    this.#changed = false;
    if (!this.#asked) return;
    this.#answer += 2;
    for (let y = 0; y < this.rows; y++) {
      const changed = this.#next.differing(this.#last, y);
      if (changed === 0) continue;
      const isEcho = y === this.rows - 1 && changed <= echo * this.columns;
      this.#answers[y] = this.#answer + (isEcho ? 1 : 0);
      this.#asked = false;
    }
  }

  /** The rows, in the order in which they are written: answers to keys first, the last key's before; the others take turns. */
  #order(room: number): readonly number[] {
    const rows = Array.from({ length: this.rows }, (_, y) => y);
    if (room === Number.POSITIVE_INFINITY) return rows;
    const answer = (y: number): number => this.#answers[y] ?? 0;
    const turn = (y: number): number => (y - this.#row + this.rows) % this.rows;
    return rows.sort((a, b) => answer(b) - answer(a) || (answer(a) > 0 ? a - b : turn(a) - turn(b)));
  }

  /** Where no answer comes any more, nor anything changes, the rest is written all the same. */
  #lookAgain(): void {
    clearTimeout(this.#again);
    const wait = this.#pace?.wait ?? 0;
    if (wait > 0) this.#again = setTimeout(() => this.flush(), wait + 1).unref();
  }

  #take(): void {
    this.#state = 'entered';
    this.#blocked = false;
    this.#quiet = false;
    this.#send(this.#enter + (this.#pace?.start(this.#enter.length) ?? ''));
    this.#onResize();
    this.repaint();
  }

  readonly #onResize = (): void => {
    if (this.columns !== (this.#out.columns || 80) || this.rows !== (this.#out.rows || 24)) {
      [this.#next, this.#last, this.#shown] = this.#allocate();
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
