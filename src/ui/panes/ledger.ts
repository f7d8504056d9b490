import {
  groupBytes,
  type Ledger,
  type LedgerGroupId,
  type LedgerPart,
  ledgerGroups,
  ledgerParts,
} from '../../ledger.ts';
import { formatBytes, formatRatio } from '../../units.ts';
import { type Line, type Span, span, type Tone } from '../line.ts';
import { shareColumns } from '../parts/bar.ts';
import { type Canvas, type Draw, fill, heading, labelled, pairs } from './pane.ts';
import { availableWorry } from './worry.ts';

interface Look {
  readonly tone: Tone;
  /** Index of the fill character. */
  readonly fill: number;
}

/** What the bar tells apart; the whole ledger is in the Memory tab. Free memory is the bar's empty rest. */
const looks: Readonly<Record<LedgerGroupId, Look>> = {
  guests: { tone: 'part0', fill: 0 },
  shared: { tone: 'part4', fill: 1 },
  ksm: { tone: 'part2', fill: 2 },
  huge: { tone: 'part1', fill: 4 },
  pool_free: { tone: 'part3', fill: 3 },
  others: { tone: 'part5', fill: 6 },
  cache: { tone: 'part6', fill: 5 },
  kernel: { tone: 'part7', fill: 7 },
};
const groups = (Object.keys(ledgerGroups) as LedgerGroupId[]).map(id => ({ id, ...ledgerGroups[id], ...looks[id] }));

const amounts = (account: Ledger): { readonly group: (typeof groups)[number]; readonly bytes: number }[] =>
  groups.map(group => ({ group, bytes: groupBytes(account, group.id) }));

const none = (canvas: Canvas): readonly Line[] => [
  [span('the ledger needs /proc/meminfo, which could not be read', 'bad')],
  ...(canvas.height > 1 ? [[]] : []),
];

/** The host's RAM as one bar with its legend: every byte once. */
export const ledgerBar: Draw = canvas => {
  const { model, state, glyphs, width } = canvas;
  if (!model.ledger) return none(canvas);
  const host = model.host.values;
  const worry = availableWorry(host, state.setting.thresholds);
  const shown = amounts(model.ledger);
  const free = model.ledger.parts.free;
  const total = formatBytes(model.ledger.total);
  const room = width - total.length - 3;
  const columns = shareColumns([...shown.map(({ bytes }) => bytes), free], room);
  const bar: Span[] = shown.map(({ group }, index) =>
    span((glyphs.fills[group.fill] ?? '#').repeat(columns[index] ?? 0), group.tone),
  );
  const rest = span(glyphs.bullet.repeat(columns[shown.length] ?? 0), 'dim');
  // Where the legend does not fit, the smallest parts go first.
  const legend = shown
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ group, bytes }) => [
      span(glyphs.fills[group.fill] ?? '#', group.tone),
      span(` ${group.label} `, 'dim'),
      span(formatBytes(bytes)),
    ]);
  return [
    [span('[', 'dim'), ...bar, rest, span('] ', 'dim'), span(total, 'strong')],
    // What is free matters most, so it may never be cut off; then what is available, where that is little.
    pairs(
      width,
      [span(`${glyphs.bullet} free `, 'dim'), span(formatBytes(free), 'strong')],
      ...(worry ? [labelled('available', formatBytes(host.mem_available_with_arc), worry)] : []),
      ...legend,
    ),
  ];
};

const partNames = Object.keys(ledgerParts) as LedgerPart[];
const groupOf = new Map(groups.flatMap(group => group.parts.map(part => [part as LedgerPart, group] as const)));

/** Many hosts have none of these, or do not tell of them: they have a row where there is something to tell. */
const rare: ReadonlySet<LedgerPart> = new Set([
  'guest_file',
  'arc',
  'swap_cache',
  'zram',
  'zswap',
  'percpu',
  'vmalloc',
  'pcp_free',
]);

interface Row {
  readonly mark: Span;
  readonly text: string;
  readonly bytes: number;
}

/** The parts in so many rows: those of nothing make room first, then the smallest are told as one. Free memory always stays. */
const rowsFor = ({ parts }: Ledger, most: number, { glyphs }: Canvas): readonly Row[] => {
  const shown = partNames.filter(part => parts[part] > 0 || !rare.has(part));
  const smallest: readonly LedgerPart[] = shown
    .filter(part => part !== 'free')
    .sort((one, other) => parts[one] - parts[other]);
  const nothing = smallest.filter(part => parts[part] === 0);
  const without = new Set<LedgerPart>(nothing.slice(0, Math.max(0, shown.length - most)));
  const over = shown.length - without.size - most;
  const together = over > 0 ? smallest.filter(part => !without.has(part)).slice(0, over + 1) : [];
  const rows = shown
    .filter(part => !without.has(part) && !together.includes(part))
    .map((part): Row => {
      const group = groupOf.get(part);
      const mark = group ? span(`${glyphs.fills[group.fill] ?? '#'} `, group.tone) : span(`${glyphs.bullet} `, 'dim');
      return { mark, text: ledgerParts[part], bytes: parts[part] };
    });
  if (together.length === 0) return rows;
  const rest: Row = {
    mark: span('  '),
    text: `${together.length} smaller parts`,
    bytes: together.reduce((sum, part) => sum + parts[part], 0),
  };
  return rows.toSpliced(-1, 0, rest);
};

/** Every part with its bytes and its share. */
export const ledgerTable: Draw = canvas => {
  const { model, glyphs, width, height } = canvas;
  const account = model.ledger;
  if (!account) return [heading('Ledger', canvas), ...none(canvas)];
  const rows = rowsFor(account, height - 2 - account.notes.length, canvas).map(({ mark, text, bytes }): Line => {
    const room = width - 18;
    return [
      mark,
      span(fill(text, room, glyphs), bytes === 0 ? 'dim' : 'text'),
      span(formatBytes(bytes).padStart(8), bytes === 0 ? 'dim' : 'strong'),
      span(formatRatio(account.total > 0 ? bytes / account.total : undefined).padStart(8), 'dim'),
    ];
  });
  const total: Line = [
    span(fill('  Total: MemTotal, every byte once', width - 16, glyphs), 'dim'),
    span(formatBytes(account.total).padStart(8), 'strong'),
  ];
  const notes = account.notes.map((note): Line => [span(`  ${note}`, 'warn')]);
  return [heading('Where every byte of RAM is', canvas), ...rows, total, ...notes].slice(0, height);
};
