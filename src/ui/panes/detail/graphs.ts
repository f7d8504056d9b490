import { valueUnit } from '../../../fields/field.ts';
import { guestFields } from '../../../fields/guest.ts';
import { formatMost } from '../../../fields/most.ts';
import { type GuestModel, whyUnknown } from '../../../model.ts';
import {
  columnsOf,
  type GuestGraphed,
  type GuestHistory,
  guestGraphed,
  isShaped,
  shownZoom,
} from '../../../store/guest-history.ts';
import { format, formatDuration, unknown } from '../../../units.ts';
import { type Line, type Span, span, type Tone } from '../../line.ts';
import { axisWidth, chart, rangeWidth } from '../../parts/chart.ts';
import { valuesPerColumn } from '../../parts/graph.ts';
import stringWidth from '../../width.ts';
import { type Canvas, heading, wrap } from '../pane.ts';
import { guestTone } from '../worry.ts';

const tones: Readonly<Record<GuestGraphed, Tone>> = {
  guest_used: 'part0',
  guest_available: 'part4',
  balloon_actual: 'part3',
  held: 'part2',
  swap: 'part5',
  guest_swap_in: 'part5',
  guest_major_faults: 'part1',
  host_major_faults: 'part1',
};

/** Columns to the left of a graph: a title, the number of now and a blank. */
const titleWidth = 8;
const numberWidth = 8;
const gutter = titleWidth + numberWidth + 1;
/** From this width on graphs stand side by side. */
const wideFrom = 160;
const gap = 2;
/** Rows of a graph at most: more tell no more. */
const highest = 6;
/** Rows of the screen that are left to what stands around the graphs. */
const around = 14;

type Points = GuestHistory['points'];

/** What all graphs of one screen share. */
interface Grid {
  /** Graphs side by side. */
  readonly abreast: 1 | 2;
  /** Of each with what is beside it. */
  readonly width: number;
  readonly rows: number;
  /** Seconds of all of a graph, and of one value. */
  readonly zoom: number;
  readonly step: number;
  readonly count: number;
  readonly perColumn: number;
}

/** `graphs`: how many there are to draw. */
const gridOf = ({ state, width, height, glyphs }: Canvas, graphs: number): Grid => {
  const abreast = width >= wideFrom ? 2 : 1;
  const each = Math.floor((width - (abreast - 1) * gap) / abreast);
  const rows = Math.max(1, Math.min(highest, Math.floor((height - around) / Math.ceil(Math.max(1, graphs) / abreast))));
  const room = each - gutter - (rows === 1 ? rangeWidth : axisWidth);
  const perColumn = valuesPerColumn(glyphs, rows);
  const zoom = shownZoom(state.zoom, state.guestHistory?.kept ?? 0);
  const count = Math.max(1, room * perColumn);
  return { abreast, width: each, rows, zoom, step: zoom / count, count, perColumn };
};

const perSecond = (text: string, id: GuestGraphed): string =>
  guestFields[id].kind === 'counter' && text !== '0' && text !== unknown ? `${text}/s` : text;

/** Title and number of now in the first row, below it what the graph's values were at the least and at the most. */
const beside = (guest: GuestModel, id: GuestGraphed, values: readonly (number | undefined)[], { state }: Canvas) => {
  const unit = valueUnit(guestFields[id]);
  const known = values.filter(value => value !== undefined);
  const row = (title: string, text: string, tone: Tone, label: Tone): Span[] => [
    span(title.padEnd(titleWidth), label),
    span(text.padStart(numberWidth), tone),
    span(' '),
  ];
  const now = perSecond(formatMost(guestFields, id, guest.values), id);
  const tone = guestTone(guest, id, state.setting);
  const rows = [row(guestFields[id].title, now, tone, 'title')];
  if (known.length > 0) {
    rows.push(row('  most', format(Math.max(...known), unit), 'dim', 'dim'));
    rows.push(row('  least', format(Math.min(...known), unit), 'dim', 'dim'));
  }
  return rows;
};

/** One graph. */
const drawn = (guest: GuestModel, points: Points, id: GuestGraphed, grid: Grid, canvas: Canvas): readonly Line[] => {
  const { state, model, glyphs } = canvas;
  const columns = { to: model.time, step: grid.step, count: grid.count };
  const values = columnsOf(points, id, columns, state.setting.delay);
  const left = beside(guest, id, values, canvas);
  const unit = valueUnit(guestFields[id]);
  const width = Math.ceil(grid.count / grid.perColumn) + (grid.rows === 1 ? rangeWidth : axisWidth);
  const right = chart(values, { width, height: grid.rows, unit, tone: tones[id], glyphs });
  if (right.length === 0) return left.slice(0, 1);
  return right.map((row, index) => [...(left[index] ?? [span(' '.repeat(gutter))]), ...row]);
};

/** What there is nothing to draw of, and why: those that were 0 all the time, and those that are unknown for one reason. */
const undrawn = (guest: GuestModel, ids: readonly GuestGraphed[], { width }: Canvas): readonly Line[] => {
  const reasons = Map.groupBy(ids, id => (guest.values[id] === undefined ? whyUnknown(guest, id) : ''));
  return [...reasons].flatMap(([why, some]): Line[] => {
    const titles = some.map(id => guestFields[id].title).join(' ');
    if (why === '') return [[span(titles, 'title'), span('  0 all this time', 'dim')]];
    return wrap(`${titles}: ${why}`, width).map((row, index) => {
      const start = index === 0 ? row.slice(0, titles.length) : '';
      return [span(start, 'title'), span(row.slice(start.length), 'warn')];
    });
  });
};

const padded = (row: Line, width: number): Line => {
  const used = row.reduce((sum, piece) => sum + stringWidth(piece.text), 0);
  return [...row, span(' '.repeat(Math.max(0, width - used)))];
};

const sideBySide = (left: readonly Line[], right: readonly Line[], width: number): readonly Line[] =>
  Array.from({ length: Math.max(left.length, right.length) }, (_, index) => [
    ...padded(left[index] ?? [], width + gap),
    ...(right[index] ?? []),
  ]);

const spanUnits = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
] as const;

/** `10 min`: zooms are whole. */
const spanText = (seconds: number): string => {
  const [unit, name] = spanUnits.find(([unit]) => seconds >= unit) ?? [1, 's'];
  return `${seconds / unit} ${name}`;
};

/** The guest's numbers over time, and how much time that is. */
export const graphLines = (guest: GuestModel, canvas: Canvas): readonly Line[] => {
  const { guestHistory, setting } = canvas.state;
  const { points = [], unread = 0 } = guestHistory?.guest === guest.id ? guestHistory : {};
  const shaped = guestGraphed.filter(id => points.length === 0 || isShaped(points, id));
  const grid = gridOf(canvas, shaped.length);
  const column = grid.step * grid.perColumn;
  const note: Line = [
    span(`last ${spanText(grid.zoom)}`, 'strong'),
    span(`, ${formatDuration(column)} a column${column > setting.delay ? ', highest shown' : ''}`, 'dim'),
    ...(unread > 0 ? [span(`, ${points.length} of ${points.length + unread} looks read`, 'dim')] : []),
  ];
  const graphs = shaped.map(id => drawn(guest, points, id, grid, canvas));
  const rows =
    grid.abreast === 1
      ? graphs.flat()
      : graphs.flatMap((left, index) => (index % 2 === 0 ? sideBySide(left, graphs[index + 1] ?? [], grid.width) : []));
  const rest = guestGraphed.filter(id => !shaped.includes(id));
  return [heading('Over time', canvas, note), ...rows, ...undrawn(guest, rest, canvas)];
};
