/** The characters that panes draw with; every one is a single column wide. */
export interface Glyphs {
  /** In place of a number that is not known. */
  readonly unknown: string;
  readonly ellipsis: string;
  readonly up: string;
  readonly down: string;
  readonly left: string;
  readonly right: string;
  readonly bullet: string;
  /** Between things on one row. */
  readonly separator: string;
  readonly bar: {
    readonly full: string;
    readonly empty: string;
    /** Less than a whole cell, growing; empty where the terminal has none. */
    readonly partial: readonly string[];
  };
  /** One per tone part0 to part7: told apart without colour. */
  readonly fills: readonly [string, string, string, string, string, string, string, string];
  readonly box: {
    readonly horizontal: string;
    readonly vertical: string;
    readonly topLeft: string;
    readonly topRight: string;
    readonly bottomLeft: string;
    readonly bottomRight: string;
    readonly teeLeft: string;
    readonly teeRight: string;
  };
  /** Graphs may use U+2800 to U+28FF, two by four dots a cell; otherwise `levels`. */
  readonly braille: boolean;
  /** Heights of one cell, from nothing to full. */
  readonly levels: readonly string[];
}

const unicode: Glyphs = {
  unknown: '–',
  ellipsis: '…',
  up: '▲',
  down: '▼',
  left: '←',
  right: '→',
  bullet: '·',
  separator: '│',
  bar: { full: '█', empty: '░', partial: [...'▏▎▍▌▋▊▉'] },
  fills: ['█', '▓', '▒', '░', '▚', '▞', '▄', '▀'],
  box: {
    horizontal: '─',
    vertical: '│',
    topLeft: '┌',
    topRight: '┐',
    bottomLeft: '└',
    bottomRight: '┘',
    teeLeft: '├',
    teeRight: '┤',
  },
  braille: true,
  levels: [...' ▁▂▃▄▅▆▇█'],
};

/** The Linux console's font has box drawing and shades, but neither braille nor eighths. */
const virtualConsole: Glyphs = { ...unicode, bar: { ...unicode.bar, partial: [] }, braille: false, levels: [...' ▄█'] };

const ascii: Glyphs = {
  unknown: '-',
  ellipsis: '~',
  up: '^',
  down: 'v',
  left: '<',
  right: '>',
  bullet: '.',
  separator: '|',
  bar: { full: '#', empty: '.', partial: [] },
  fills: ['#', '=', '%', '+', 'o', 'x', ':', '&'],
  box: {
    horizontal: '-',
    vertical: '|',
    topLeft: '+',
    topRight: '+',
    bottomLeft: '+',
    bottomRight: '+',
    teeLeft: '+',
    teeRight: '+',
  },
  braille: false,
  levels: [...' .:-=+*#'],
};

export const glyphsFor = (asciiOnly: boolean, linuxConsole: boolean): Glyphs =>
  asciiOnly ? ascii : linuxConsole ? virtualConsole : unicode;

/** By character code, what stands for a character of the interface's own texts and tables where only ASCII is shown. */
export const asciiTwins: ReadonlyMap<number, number> = new Map(
  Object.entries({ '-': '–—─', '|': '│', '+': '┌┐└┘├┤┬┴┼', '~': '…', "'": '‘’', x: '×', '.': '·', '<': '≤' }).flatMap(
    ([twin, characters]) => [...characters].map(one => [one.charCodeAt(0), twin.charCodeAt(0)] as const),
  ),
);
