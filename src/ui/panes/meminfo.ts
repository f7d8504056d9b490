import { meminfoHelp } from '../../fields/meminfo-help.ts';
import { own } from '../../own.ts';
import { format, formatBytes, formatCount, unknown } from '../../units.ts';
import { type Line, span, type Tone } from '../line.ts';
import { type Canvas, type Draw, fill, heading } from './pane.ts';

/** Two lines of the file share a row from this width on. */
const abreastFrom = 180;
const gap = 2;

const columns = { key: 17, value: 7, change: 8 } as const;
/** Explanations in few words fit this; what more there is to say stands behind, where there is room. */
const fewWords = 44;

/** Lines of the file without `kB`: counts of pages. */
const isCount = (key: string): boolean => key.startsWith('HugePages_');

/** `+1.20M`, `-35`, empty for what stands still. */
const changeText = (key: string, rate: number | undefined): string => {
  if (rate === undefined) return unknown;
  const text = isCount(key) ? formatCount(Math.abs(rate)) : formatBytes(Math.abs(Math.round(rate)));
  return /^0B?$/.test(text) ? '' : `${rate < 0 ? '-' : '+'}${text}`;
};

const rowOf = (key: string, { model, width, glyphs }: Canvas): Line => {
  const value = own(model.sample.host.meminfo, key);
  const change = changeText(key, own(model.meminfoRates, key));
  const [what = '', more] = own(meminfoHelp, key) ?? [];
  const tone: Tone = value === 0 ? 'dim' : 'text';
  const room = width - columns.key - columns.value - columns.change - 4;
  const whole = more !== undefined && room >= fewWords + 12;
  return [
    span(fill(key, columns.key, glyphs), value === 0 ? 'dim' : 'strong'),
    span(` ${format(value, isCount(key) ? 'count' : 'bytes').padStart(columns.value)}`, tone),
    span(` ${change.padStart(columns.change)}`, 'accent'),
    span(`  ${whole ? fill(what, fewWords, glyphs) : what}`),
    ...(whole ? [span(` ${more}`, 'dim')] : []),
  ];
};

const head = (width: number): Line => [
  span(
    ['NAME'.padEnd(columns.key), 'NOW'.padStart(columns.value), 'CHANGE/S'.padStart(columns.change), ' WHAT IT IS']
      .join(' ')
      .padEnd(width)
      .slice(0, width),
    'head',
  ),
];

/** Every line of /proc/meminfo in the kernel's order, with its change and what it means. */
export const meminfoPane: Draw = canvas => {
  const { state, model, width, height, glyphs } = canvas;
  const keys = Object.keys(model.sample.host.meminfo ?? {});
  if (keys.length === 0) return [heading('/proc/meminfo', canvas), [span('it could not be read', 'bad')]];
  const room = Math.max(1, height - 2);
  const abreast = width >= abreastFrom && keys.length > room;
  const each = abreast ? Math.floor((width - gap) / 2) : width;
  const narrow = { ...canvas, width: each };
  const perColumn = abreast ? Math.ceil(keys.length / 2) : keys.length;
  const first = Math.min(state.scroll, Math.max(0, perColumn - room));
  const cell = (key: string | undefined): Line => {
    if (key === undefined) return [];
    const row = rowOf(key, narrow);
    const last = row.at(-1);
    const used = row.slice(0, -1).reduce((sum, piece) => sum + piece.text.length, 0);
    return last ? [...row.slice(0, -1), { ...last, text: fill(last.text, each - used, glyphs) }] : row;
  };
  const rows = Array.from({ length: Math.min(room, perColumn - first) }, (_, index): Line => {
    const at = first + index;
    return abreast ? [...cell(keys[at]), span(' '.repeat(gap)), ...cell(keys[perColumn + at])] : cell(keys[at]);
  });
  const titles: Line = abreast ? [...head(each), span(' '.repeat(gap), 'head'), ...head(each)] : head(width);
  return [heading(`/proc/meminfo, ${keys.length} lines`, canvas), titles, ...rows];
};
