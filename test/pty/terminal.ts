import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

export interface TerminalOptions {
  readonly command: string;
  readonly args?: readonly string[];
  /** 80x24 when not told. */
  readonly columns?: number;
  readonly rows?: number;
  readonly cwd?: string;
  /** On top of this process's environment, without `CI` and `NO_COLOR`; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Bytes that the line to the terminal carries in a second, as a serial line or a bad SSH does; what it has not carried waits. */
  readonly rate?: number;
}

/** One cell of the screen. A colour is `undefined` (the default), a number of the palette, or `#rrggbb`. */
interface Cell {
  /** Empty in the right half of a wide character. */
  readonly char: string;
  readonly fg: number | string | undefined;
  readonly bg: number | string | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
}

interface Exit {
  readonly code: number;
  /** Number of the signal that ended it, if one did. */
  readonly signal: number | undefined;
}

export interface Terminal {
  readonly pid: number;
  /** The rows as an operator sees them, without the blanks at their ends. */
  readonly screen: () => string[];
  readonly cell: (x: number, y: number) => Cell;
  /**
   * Resolves to the screen as soon as it satisfies; rejects with a picture of it after `limit` milliseconds (10 s), or
   * when the program ended. A RegExp or string is looked for in the rows joined by newlines.
   */
  readonly waitFor: (what: RegExp | string | ((screen: string[]) => boolean), limit?: number) => Promise<string[]>;
  /** The same, once nothing more comes for 150 ms: a screen may be drawn in parts, and says of none that it is the last. */
  readonly settles: (what: RegExp | string | ((screen: string[]) => boolean), limit?: number) => Promise<string[]>;
  /** Types, as bytes: `\r` is Enter, `\x1b[A` is up. */
  readonly press: (keys: string) => void;
  /** Types what a line tears at `at`, with so many milliseconds between both packets. */
  readonly pressTorn: (keys: string, at: number, gap: number) => Promise<void>;
  readonly resize: (columns: number, rows: number) => void;
  /** How many bytes the program has written so far. */
  readonly bytes: () => number;
  /** How many of them the line has carried to the terminal. */
  readonly carried: () => number;
  /** All that it has written so far, escape sequences included. */
  readonly raw: () => string;
  /** Whether the alternate screen is shown. */
  readonly alternate: () => boolean;
  /** Whether clicks are told to the program. */
  readonly mouse: () => boolean;
  readonly cursor: () => { x: number; y: number };
  /** Resolves when the program has ended and the last of its output is on the screen. */
  readonly exit: Promise<Exit>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Closes the terminal, as a closed window or a lost connection does: its session gets SIGHUP, its reads and writes fail. */
  readonly hangUp: () => void;
  /** Kills the program, if it still runs, and waits for its end. */
  readonly close: () => Promise<void>;
}

const environment = (extra: TerminalOptions['env'] = {}): Record<string, string> => {
  const { CI: _ci, NO_COLOR: _noColor, LINES: _lines, COLUMNS: _columns, ...inherited } = process.env;
  const all = { ...inherited, TERM: 'xterm-256color', COLORTERM: 'truecolor', ...extra };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
};

/** Around an update that a terminal shows whole, or not yet (DECSET 2026). */
const update = { begins: '\x1b[?2026h', ends: '\x1b[?2026l' };

/** How many of these bytes can be shown: those before an update whose end, or whose whole beginning, has not come. */
const showable = (bytes: Buffer): number => {
  const begin = bytes.lastIndexOf(update.begins);
  if (begin >= 0 && !bytes.includes(update.ends, begin)) return begin;
  const last = bytes.lastIndexOf('\x1b');
  return last >= 0 && update.begins.startsWith(bytes.toString('latin1', last)) ? last : bytes.length;
};

/** Runs a program in a real pseudoterminal, with a terminal emulator that also answers what the program asks it. */
export const openTerminal = (options: TerminalOptions): Terminal => {
  const { command, args = [], columns = 80, rows = 24 } = options;
  const emulator = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 });
  const pty = spawn(command, [...args], {
    cols: columns,
    rows,
    cwd: options.cwd ?? process.cwd(),
    env: environment(options.env),
    // Bytes, so that they can be counted; the emulator decodes characters cut in two by itself.
    encoding: null,
  });

  const chunks: Buffer[] = [];
  let bytes = 0;
  let held: Buffer = Buffer.alloc(0);
  const arrive = (chunk: Buffer): void => {
    carried += chunk.length;
    const all = Buffer.concat([held, chunk]);
    const shown = showable(all);
    emulator.write(all.subarray(0, shown));
    held = all.subarray(shown);
  };
  let carried = 0;
  let waiting = Buffer.alloc(0);
  const carry = (): void => {
    const part = waiting.subarray(0, (options.rate ?? 0) / 10);
    waiting = waiting.subarray(part.length);
    if (part.length > 0) arrive(part);
  };
  const line = options.rate === undefined ? undefined : setInterval(carry, 100);
  pty.onData(data => {
    const chunk = data as unknown as Buffer;
    chunks.push(chunk);
    bytes += chunk.length;
    if (line) waiting = Buffer.concat([waiting, chunk]);
    else arrive(chunk);
  });
  let ended: Exit | undefined;
  /** What the terminal would say amid what is being typed: it writes each sequence whole. */
  let unsaid: string[] | undefined;
  emulator.onData(answer => {
    if (unsaid) unsaid.push(answer);
    else if (!ended) pty.write(answer);
  });
  const exit = new Promise<Exit>(resolve => {
    pty.onExit(({ exitCode, signal }) => {
      clearInterval(line);
      arrive(waiting);
      emulator.write(held, () => {
        ended = { code: exitCode, signal: signal || undefined };
        resolve(ended);
      });
    });
  });

  const screen = (): string[] => {
    const { active } = emulator.buffer;
    return Array.from({ length: emulator.rows }, (_, y) =>
      // The emulator keeps what a narrower alternate screen cut off.
      (active.getLine(active.baseY + y)?.translateToString(true, 0, emulator.cols) ?? '').trimEnd(),
    );
  };

  const picture = (): string => {
    const edge = '-'.repeat(emulator.cols);
    return [`+${edge}+`, ...screen().map(row => `|${row.padEnd(emulator.cols)}|`), `+${edge}+`].join('\n');
  };

  const waitFor: Terminal['waitFor'] = (what, limit = 10_000) =>
    new Promise((resolve, reject) => {
      const satisfied = (rows: string[]): boolean => {
        if (typeof what === 'function') return what(rows);
        const text = rows.join('\n');
        return typeof what === 'string' ? text.includes(what) : text.search(what) >= 0;
      };
      const end = () => {
        clearTimeout(timer);
        clearInterval(again);
        parsed.dispose();
      };
      const give = (why: string) => {
        end();
        reject(new Error(`${why} while waiting for ${what}\n${picture()}`));
      };
      const look = () => {
        try {
          const rows = screen();
          if (satisfied(rows)) {
            end();
            resolve(rows);
          } else if (ended) {
            give(`the program ended (code ${ended.code}, signal ${ended.signal})`);
          }
        } catch (error) {
          end();
          reject(error);
        }
      };
      const timer = setTimeout(() => give(`${limit} ms passed`), limit);
      const parsed = emulator.onWriteParsed(look);
      // For the end of the program, and for what is not on the screen at all.
      const again = setInterval(look, 50);
      look();
    });

  const quiet = 150;
  const settles: Terminal['settles'] = async (what, limit = 10_000) => {
    const until = performance.now() + limit;
    for (;;) {
      await waitFor(what, Math.max(1, until - performance.now()));
      const before = bytes;
      await new Promise(resolve => setTimeout(resolve, quiet));
      if (bytes === before) return waitFor(what, Math.max(1, until - performance.now()));
    }
  };

  return {
    pid: pty.pid,
    screen,
    cell: (x, y) => cellOf(emulator, x, y),
    waitFor,
    settles,
    press: keys => pty.write(keys),
    pressTorn: async (keys, at, gap) => {
      unsaid = [];
      pty.write(keys.slice(0, at));
      await new Promise(resolve => setTimeout(resolve, gap));
      pty.write(keys.slice(at) + unsaid.join(''));
      unsaid = undefined;
    },
    resize: (newColumns, newRows) => {
      emulator.resize(newColumns, newRows);
      pty.resize(newColumns, newRows);
    },
    bytes: () => bytes,
    carried: () => carried,
    raw: () => Buffer.concat(chunks).toString(),
    alternate: () => emulator.buffer.active.type === 'alternate',
    mouse: () => emulator.modes.mouseTrackingMode !== 'none',
    cursor: () => ({ x: emulator.buffer.active.cursorX, y: emulator.buffer.active.cursorY }),
    exit,
    signal: signal => pty.kill(signal),
    // Not in the interface's type, though every platform's terminal has it.
    hangUp: () => (pty as typeof pty & { destroy(): void }).destroy(),
    close: async () => {
      if (!ended) pty.kill('SIGKILL');
      await exit;
      emulator.dispose();
    },
  };
};

const cellOf = (emulator: InstanceType<typeof xterm.Terminal>, x: number, y: number): Cell => {
  const { active } = emulator.buffer;
  const cell = active.getLine(active.baseY + y)?.getCell(x);
  if (!cell) throw new RangeError(`no cell at ${x},${y} of ${emulator.cols}x${emulator.rows}`);
  const colour = (value: number, rgb: boolean, palette: boolean) =>
    rgb ? `#${value.toString(16).padStart(6, '0')}` : palette ? value : undefined;
  return {
    char: cell.getChars() || (cell.getWidth() === 0 ? '' : ' '),
    fg: colour(cell.getFgColor(), cell.isFgRGB(), cell.isFgPalette()),
    bg: colour(cell.getBgColor(), cell.isBgRGB(), cell.isBgPalette()),
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
    italic: cell.isItalic() !== 0,
    underline: cell.isUnderline() !== 0,
    inverse: cell.isInverse() !== 0,
  };
};
