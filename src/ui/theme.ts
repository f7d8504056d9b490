import { type Glyphs, glyphsFor } from './glyphs.ts';
import type { Line, Tone } from './line.ts';
import stringWidth, { take } from './width.ts';

export interface Theme {
  /** Parameters of an SGR sequence (`1;31`), empty for the terminal's own text. */
  readonly sgr: (tone: Tone) => string;
  /** The terminal shows colours, and the operator wants them. */
  readonly colours: boolean;
  /** The terminal shows ASCII only. */
  readonly ascii: boolean;
  readonly glyphs: Glyphs;
}

export type Depth = 'truecolor' | '256' | '16' | 'none';

type Hue = 'blue' | 'sky' | 'green' | 'orange' | 'vermillion' | 'purple' | 'yellow';

/**
 * The hues of Okabe and Ito (https://jfly.uni-koeln.de/color/), told apart by colour-blind eyes too; the light ones
 * darkened until they can be read on white as well as on black.
 */
export const hues: Readonly<Record<Hue, { readonly rgb: string; readonly indexed: number; readonly ansi: number }>> = {
  blue: { rgb: '0;114;178', indexed: 31, ansi: 94 },
  sky: { rgb: '58;150;205', indexed: 32, ansi: 36 },
  green: { rgb: '0;158;115', indexed: 29, ansi: 32 },
  orange: { rgb: '200;130;0', indexed: 136, ansi: 33 },
  vermillion: { rgb: '213;94;0', indexed: 166, ansi: 31 },
  purple: { rgb: '200;110;160', indexed: 169, ansi: 35 },
  yellow: { rgb: '165;155;0', indexed: 142, ansi: 93 },
};

interface Look {
  /** Attributes that go with the colour, and those that stand alone where there is none. */
  readonly attributes?: string;
  readonly hue?: Hue;
  readonly plain: string;
}

/** No meaning hangs on a hue alone: bad is bold too, alarm and badge are inverse, parts have fill characters. */
const looks: Readonly<Record<Tone, Look>> = {
  text: { plain: '' },
  dim: { attributes: '2', plain: '2' },
  strong: { attributes: '1', plain: '1' },
  title: { attributes: '1', hue: 'sky', plain: '1' },
  key: { attributes: '1', hue: 'orange', plain: '1' },
  accent: { hue: 'sky', plain: '' },
  good: { hue: 'green', plain: '' },
  warn: { hue: 'orange', plain: '1' },
  bad: { attributes: '1', hue: 'vermillion', plain: '1;4' },
  selected: { attributes: '7', plain: '7' },
  head: { attributes: '4', plain: '4' },
  headSorted: { attributes: '1;4', hue: 'sky', plain: '1;4' },
  bar: { hue: 'sky', plain: '' },
  badge: { attributes: '7', hue: 'sky', plain: '7' },
  alarm: { attributes: '1;7', hue: 'vermillion', plain: '1;7' },
  part0: { hue: 'blue', plain: '' },
  part1: { hue: 'orange', plain: '' },
  part2: { hue: 'green', plain: '' },
  part3: { hue: 'purple', plain: '' },
  part4: { hue: 'sky', plain: '' },
  part5: { hue: 'vermillion', plain: '' },
  part6: { hue: 'yellow', plain: '' },
  part7: { attributes: '2', plain: '2' },
};

type Env = Readonly<Record<string, string | undefined>>;

/** What the operator set, over what the terminal says of itself. */
export interface Choice {
  readonly theme: 'auto' | '256' | '16' | 'mono';
  readonly ascii: boolean;
}

const noChoice: Choice = { theme: 'auto', ascii: false };

/** How many colours the terminal shows, by its environment (https://no-color.org), or the operator wants. */
export const depthOf = (env: Env, { theme }: Pick<Choice, 'theme'> = noChoice): Depth => {
  const terminal = env['TERM'] ?? '';
  if (env['NO_COLOR'] || terminal === 'dumb' || theme === 'mono') return 'none';
  if (theme !== 'auto') return theme;
  if (/^vt\d/.test(terminal)) return 'none';
  if (/^(truecolor|24bit)$/i.test(env['COLORTERM'] ?? '') || /-direct/.test(terminal)) return 'truecolor';
  // Few hosts accept COLORTERM over SSH, so the names of terminals that surely know 256 colours count too.
  return /256|kitty|alacritty|foot|ghostty|wezterm/.test(terminal) ? '256' : '16';
};

/** The first of LC_ALL, LC_CTYPE, LANG that is set decides, as in setlocale(3); none is the C locale. */
export const isUtf8 = (env: Env): boolean => /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');

const colour = (hue: Hue, depth: Depth): string => {
  const { rgb, indexed, ansi } = hues[hue];
  return depth === 'truecolor' ? `38;2;${rgb}` : depth === '256' ? `38;5;${indexed}` : `${ansi}`;
};

const sgrOf = ({ attributes, hue, plain }: Look, depth: Depth): string => {
  if (depth === 'none') return plain;
  return [attributes, hue && colour(hue, depth)].filter(part => part !== undefined).join(';');
};

export const createTheme = (env: Env, choice: Choice = noChoice): Theme => {
  const depth = depthOf(env, choice);
  const ascii = choice.ascii || !isUtf8(env);
  const table = new Map(Object.entries(looks).map(([tone, look]) => [tone, sgrOf(look, depth)]));
  return {
    sgr: tone => table.get(tone) ?? '',
    colours: depth !== 'none',
    ascii,
    glyphs: glyphsFor(ascii, env['TERM'] === 'linux'),
  };
};

/** One row as text with SGR sequences, cut to `width` columns and not padded: for Ink's `<Text>`. */
export const toAnsi = (line: Line, theme: Theme, width: number): string => {
  let row = '';
  let left = width;
  for (const { text, tone } of line) {
    const part = take(text, left);
    const sgr = theme.sgr(tone);
    row += sgr === '' || part === '' ? part : `\u001b[${sgr}m${part}\u001b[0m`;
    if (part.length < text.length) break;
    left -= stringWidth(part);
  }
  return row;
};
