import { EventEmitter } from 'node:events';
import xterm from '@xterm/headless';
import type { Screen, Terminal } from '../../src/ui/screen/screen.ts';
import { attribute } from '../../src/ui/screen/styles.ts';

/** One cell as it looks: `text|columns|look`. What does not show on a blank (its foreground, bold) is left out. */
type Picture = string[][];

interface Look {
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
  readonly foreground: string;
  readonly background: string;
}

const describe = (text: string, width: number, look: Look): string => {
  if (width === 0) return 'tail';
  const blank = text === ' ' || text === '';
  const parts = [look.underline && 'underline', look.inverse && 'inverse', look.background];
  if (!blank || look.inverse) parts.push(look.foreground, look.bold && 'bold', look.dim && 'dim');
  if (!blank) parts.push(look.italic && 'italic');
  return `${blank ? ' ' : text}|${width}|${parts.filter(Boolean).join(',')}`;
};

/** A terminal emulator that stands where the real stdout stands. */
export class Emulator extends EventEmitter implements Terminal {
  columns: number;
  rows: number;
  /** Everything that was written. */
  output = '';
  writes = 0;
  /** What the next writes answer: false is a terminal that does not keep up. */
  accepts = true;
  readonly #terminal: InstanceType<typeof xterm.Terminal>;

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
    // A line end is CR LF, as the tty makes it.
    this.#terminal = new xterm.Terminal({ cols: columns, rows, convertEol: true, allowProposedApi: true });
  }

  write(data: string, done?: () => void): boolean {
    this.output += data;
    if (data !== '') this.writes++;
    this.#terminal.write(data, done);
    return this.accepts;
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.settled();
    this.#terminal.resize(columns, rows);
    this.columns = columns;
    this.rows = rows;
    this.emit('resize');
  }

  settled(): Promise<void> {
    return new Promise(resolve => this.#terminal.write('', resolve));
  }

  get isAlternate(): boolean {
    return this.#terminal.buffer.active.type === 'alternate';
  }

  get wraps(): boolean {
    return this.#terminal.modes.wraparoundMode;
  }

  async text(): Promise<string[]> {
    await this.settled();
    const { active } = this.#terminal.buffer;
    return Array.from({ length: this.rows }, (_, y) => active.getLine(y)?.translateToString(true) ?? '');
  }

  async picture(): Promise<Picture> {
    await this.settled();
    const { active } = this.#terminal.buffer;
    const colour = (palette: boolean, rgb: boolean, value: number): string =>
      palette ? `5;${value}` : rgb ? `2;${value >> 16};${(value >> 8) & 255};${value & 255}` : '';
    return Array.from({ length: this.rows }, (_, y) =>
      Array.from({ length: this.columns }, (_, x) => {
        const cell = active.getLine(active.baseY + y)?.getCell(x);
        if (!cell) throw new Error(`no cell at ${x},${y}`);
        const foreground = colour(cell.isFgPalette(), cell.isFgRGB(), cell.getFgColor());
        const background = colour(cell.isBgPalette(), cell.isBgRGB(), cell.getBgColor());
        return describe(cell.getChars(), cell.getWidth(), {
          bold: cell.isBold() !== 0,
          dim: cell.isDim() !== 0,
          italic: cell.isItalic() !== 0,
          underline: cell.isUnderline() !== 0,
          inverse: cell.isInverse() !== 0,
          foreground: foreground && `38;${foreground}`,
          background: background && `48;${background}`,
        });
      }),
    );
  }
}

/** The parameters of a colour, those of the first sixteen as the palette index that they are. */
const indexed = (parameters: string): string => {
  const code = Number(parameters);
  if (!code) return parameters;
  const base = code >= 90 ? code - 90 + 8 : code - 30;
  return code % 100 >= 40 && code < 90 ? `48;5;${code - 40}` : code >= 100 ? `48;5;${code - 92}` : `38;5;${base}`;
};

/** What the screen means to show, in the emulator's terms. */
export const meant = (screen: Screen): Picture =>
  screen.cells().map(row =>
    row.map(({ text, width, style }) =>
      describe(text, width, {
        bold: (style.attributes & attribute.bold) !== 0,
        dim: (style.attributes & attribute.dim) !== 0,
        italic: (style.attributes & attribute.italic) !== 0,
        underline: (style.attributes & attribute.underline) !== 0,
        inverse: (style.attributes & attribute.inverse) !== 0,
        foreground: indexed(style.foreground),
        background: indexed(style.background),
      }),
    ),
  );
