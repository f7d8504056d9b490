import { shapesOf } from './shapes.ts';
import type { Terminal } from './terminal.ts';

/** Pixels; the width is that of DejaVu Sans Mono at this size. */
const cell = { width: 8.43, height: 17 };
const margin = 14;
const fontSize = 14;

const ground = '#16181d';
const ink = '#d6d9df';

/** xterm's own sixteen, a little softer; then its colour cube and its greys. */
const ansi = [
  ...['#2b2f38', '#e06c5c', '#7fb069', '#d9a441', '#5b9bd5', '#c678b5', '#4fb3bf', '#c8ccd4'],
  ...['#5c6370', '#f08a7b', '#9ccc84', '#ecc46b', '#7fb8ee', '#dba0cf', '#77ccd6', '#f2f4f8'],
];

const indexed = (index: number): string => {
  if (index < 16) return ansi[index] ?? ink;
  if (index >= 232) return `rgb(${Array(3).fill(8 + (index - 232) * 10)})`;
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const at = index - 16;
  return `rgb(${level(Math.floor(at / 36))},${level(Math.floor(at / 6) % 6)},${level(at % 6)})`;
};

const colour = (value: number | string | undefined, fallback: string): string =>
  value === undefined ? fallback : typeof value === 'number' ? indexed(value) : value;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

interface Run {
  readonly x: number;
  readonly chars: string[];
  readonly drawn: boolean;
  readonly underlined: boolean;
  readonly fg: string;
  readonly bg: string;
  /** Attributes of the SVG element. */
  readonly look: string;
}

/** Neighbours that look alike are one run. */
const runsOf = (terminal: Terminal, y: number, columns: number): readonly Run[] => {
  const runs: Run[] = [];
  for (let x = 0; x < columns; x++) {
    const { char, bold, dim, italic, underline, inverse, ...colours } = terminal.cell(x, y);
    const front = colour(colours.fg, ink);
    const back = colour(colours.bg, ground);
    const [fg, bg] = inverse ? [back, front] : [front, back];
    const look =
      (bold ? ' font-weight="bold"' : '') +
      (dim ? ' fill-opacity="0.62"' : '') +
      (italic ? ' font-style="italic"' : '');
    const drawn = shapesOf(char) !== undefined;
    const last = runs.at(-1);
    const isAlike = last?.look === look && last.fg === fg && last.bg === bg && last.underlined === underline;
    if (isAlike && last.drawn === drawn) last.chars.push(char);
    else runs.push({ x, chars: [char], drawn, underlined: underline, fg, bg, look });
  }
  return runs;
};

/** The words of a run, those with one blank between together: who shows an SVG makes one blank of several. */
const wordsOf = ({ x, chars }: Run): readonly { readonly x: number; readonly chars: string[] }[] => {
  const words: { x: number; chars: string[] }[] = [];
  for (const [index, char] of chars.entries()) {
    if (char === ' ') continue;
    const last = words.at(-1);
    const blanks = last ? x + index - last.x - last.chars.length : Number.POSITIVE_INFINITY;
    if (last && blanks <= 1) last.chars.push(...Array(blanks).fill(' '), char);
    else words.push({ x: x + index, chars: [char] });
  }
  return words;
};

const round = (n: number): string => String(Math.round(n * 100) / 100);

/** What a font would draw differently everywhere, as one path; side by side shapes of a row are joined. */
const drawing = ({ x, chars, fg, look }: Run, top: number): string => {
  const joined: { left: number; right: number; top: number; height: number }[] = [];
  for (const [index, char] of chars.entries())
    for (const shape of shapesOf(char) ?? []) {
      const left = margin + (x + index + shape.x) * cell.width;
      const one = {
        left,
        right: left + shape.width * cell.width,
        top: top + shape.y * cell.height,
        height: shape.height * cell.height,
      };
      const before = joined.find(
        other => Math.abs(other.right - left) < 0.01 && other.top === one.top && other.height === one.height,
      );
      if (before) before.right = one.right;
      else joined.push(one);
    }
  const path = joined
    .map(one => `M${round(one.left)} ${round(one.top)}H${round(one.right)}v${round(one.height)}H${round(one.left)}z`)
    .join('');
  return `<path fill="${fg}"${look} d="${path}"/>`;
};

/** The terminal's screen as an SVG picture: text and colours, each run as wide as its columns whatever font is there. */
export const toSvg = (terminal: Terminal, columns: number, rows: number): string => {
  const lines: string[] = [];
  for (let y = 0; y < rows; y++) {
    const top = margin + y * cell.height;
    for (const run of runsOf(terminal, y, columns)) {
      const left = round(margin + run.x * cell.width);
      const width = round(run.chars.length * cell.width);
      if (run.bg !== ground)
        lines.push(`<rect x="${left}" y="${top}" width="${width}" height="${cell.height}" fill="${run.bg}"/>`);
      if (run.underlined)
        lines.push(`<rect x="${left}" y="${top + 15}" width="${width}" height="1" fill="${run.fg}"${run.look}/>`);
      if (run.drawn) lines.push(drawing(run, top));
      else
        for (const { x, chars } of wordsOf(run))
          lines.push(
            `<text x="${round(margin + x * cell.width)}" y="${top + 13}" textLength="${round(chars.length * cell.width)}" lengthAdjust="spacingAndGlyphs" fill="${run.fg}"${run.look}>${escaped(chars.join(''))}</text>`,
          );
    }
  }
  const width = round(columns * cell.width + 2 * margin);
  const height = rows * cell.height + 2 * margin;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<rect width="100%" height="100%" rx="8" fill="${ground}"/>
<g font-family="'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace" font-size="${fontSize}">
${lines.join('\n')}
</g>
</svg>
`;
};
