import { type GuestModel, guestWord } from '../../model.ts';
import { listedGuests } from '../../store/listed.ts';
import type { State } from '../../store/store.ts';
import type { ColumnId } from '../../store/view.ts';
import { safe } from '../../text.ts';
import { unknown } from '../../units.ts';
import { given, withheld } from '../../vmm/memory.ts';
import { barTitle, cellText, columnTitle, columnWidth } from '../columns.ts';
import { aim, type Line, type Span, span } from '../line.ts';
import { shareColumns } from '../parts/bar.ts';
import stringWidth from '../width.ts';
import { type Canvas, type Draw, fill } from './pane.ts';
import { givesCell, markWidth, nameCell, troubleCell } from './trouble.ts';
import { guestTone, stateTone } from './worry.ts';

interface Shown {
  readonly column: ColumnId;
  readonly width: number;
}

/** The longest name gets its room, up to this many columns. */
const widestName = 36;

/** The columns that fit, from the left; what is left over goes to the names and the bar. */
const fitColumns = ({ state, model, width }: Canvas): readonly Shown[] => {
  const shown: Shown[] = [];
  let used = 0;
  for (const column of state.columns) {
    const wide = columnWidth(column);
    if (used + wide + (shown.length > 0 ? 1 : 0) > width) break;
    used += wide + (shown.length > 0 ? 1 : 0);
    shown.push({ column, width: wide });
  }
  let rest = width - used;
  const longest = Math.min(widestName, Math.max(0, ...model.guests.map(guest => stringWidth(safe(guest.name)))));
  return shown.map(one => {
    if (one.column === 'name') {
      const more = Math.min(rest, Math.max(0, longest + markWidth - one.width));
      rest -= more;
      return { ...one, width: one.width + more };
    }
    if (one.column !== 'bar') return one;
    const more = Math.min(rest, 14);
    rest -= more;
    return { ...one, width: one.width + more };
  });
};

const words: ReadonlySet<ColumnId> = new Set(['name', 'state', 'trouble', 'backend', 'manager', 'bar']);
const leftAligned = (column: ColumnId): boolean => words.has(column);

const align = (text: string, { column, width }: Shown, canvas: Canvas): string =>
  leftAligned(column)
    ? fill(text, width, canvas.glyphs)
    : text.length > width
      ? fill(text, width, canvas.glyphs)
      : text.padStart(width);

/** Used, cached and free inside the guest, and what its balloon holds back, as one bar over its size. */
const bar = (guest: GuestModel, width: number, { glyphs }: Canvas): Span[] => {
  const { guest_used: used, guest_used_cache: withCache } = guest.values;
  const has = given(guest.sample);
  const ballooned = withheld(guest.sample);
  if (has === undefined || ballooned === undefined) return [span(fill(unknown, width, glyphs), 'dim')];
  if (used === undefined) {
    const [whole = 0, taken = 0] = shareColumns([has, ballooned], width);
    return [span('?'.repeat(whole), 'dim'), span(glyphs.bullet.repeat(taken), 'dim')];
  }
  const cached = Math.max(0, (withCache ?? used) - used);
  const free = Math.max(0, has - used - cached);
  const [a = 0, b = 0, c = 0, d = 0] = shareColumns([used, cached, free, ballooned], width);
  return [
    span(glyphs.fills[0].repeat(a), 'part0'),
    span(glyphs.fills[2].repeat(b), 'part6'),
    span(glyphs.bar.empty.repeat(c), 'dim'),
    span(glyphs.bullet.repeat(d), 'dim'),
  ];
};

/** Where the column of troubles has no room, they are told instead of `running`. */
const stateCell = (guest: GuestModel, columns: readonly Shown[], { state }: Canvas): Span => {
  const trouble = columns.some(({ column }) => column === 'trouble') ? span('') : troubleCell(guest, state);
  const word = guestWord(guest) === 'running' && trouble.text !== '' ? trouble : undefined;
  const pinned = state.pilot.pinned.has(guest.id) ? '*' : '';
  const text = cellText(guest, 'state');
  return span((word?.text ?? text) + pinned, word?.tone ?? stateTone(guestWord(guest)));
};

const cell = (guest: GuestModel, shown: Shown, columns: readonly Shown[], canvas: Canvas): Span => {
  const { column } = shown;
  if (column === 'name') return nameCell(guest, shown.width, canvas);
  const { text, tone } = plainCell(guest, column, columns, canvas);
  return span(align(text, shown, canvas), tone);
};

const plainCell = (
  guest: GuestModel,
  column: Exclude<ColumnId, 'name'>,
  columns: readonly Shown[],
  canvas: Canvas,
): Span => {
  const { state } = canvas;
  switch (column) {
    case 'state':
      return stateCell(guest, columns, canvas);
    case 'trouble':
      return troubleCell(guest, state);
    case 'gives':
      return givesCell(guest, state.setting);
    case 'bar':
      return span('');
    case 'pid':
    case 'backend':
    case 'manager': {
      const text = cellText(guest, column);
      return span(text, text === unknown ? 'dim' : 'text');
    }
    default:
      return span(cellText(guest, column), guestTone(guest, column, state.setting));
  }
};

const row = (guest: GuestModel, columns: readonly Shown[], selected: boolean, canvas: Canvas): Line => {
  const spans = columns.flatMap((one, index): Span[] => {
    const gap = index === 0 ? [] : [span(' ')];
    if (one.column === 'bar') return [...gap, ...bar(guest, one.width, canvas)];
    return [...gap, cell(guest, one, columns, canvas)];
  });
  if (!selected) return spans;
  const used = columns.reduce((sum, one) => sum + one.width + 1, -1);
  return [...spans, span(' '.repeat(Math.max(0, canvas.width - used)))].map(piece => ({ ...piece, tone: 'selected' }));
};

const headRow = (columns: readonly Shown[], canvas: Canvas): Line => {
  const { sort } = canvas.state;
  const { glyphs, width } = canvas;
  const spans = columns.flatMap((one, index): Span[] => {
    const sorted = one.column === sort.column;
    const title = one.column === 'bar' && one.width >= barTitle.length ? barTitle : columnTitle(one.column);
    const marked = sorted && title.length < one.width ? title + (sort.reverse ? glyphs.up : glyphs.down) : title;
    return [
      ...(index === 0 ? [] : [span(' ', 'head')]),
      ...aim([span(align(marked, one, canvas), sorted ? 'headSorted' : 'head')], {
        kind: 'column',
        column: one.column,
      }),
    ];
  });
  const used = columns.reduce((sum, one) => sum + one.width + 1, -1);
  return [...spans, span(' '.repeat(Math.max(0, width - used)), 'head')];
};

/** In a row, why a list has no guests. */
export const whyNone = ({ model, filter, setting }: State): string => {
  if ((model?.guests.length ?? 0) > 0) return `No guest name contains '${filter}'.`;
  return setting.only.length > 0 ? `No guest matches -p ${setting.only.join(',')}.` : 'no guests';
};

/** What a newcomer sees where guests would be: why there are none, and the next step. */
const empty = ({ state, model, height }: Canvas): readonly Line[] => {
  const lines: Line[] =
    model.guests.length > 0
      ? [[span(whyNone(state), 'warn')], [span('Press Esc to clear the filter.', 'dim')]]
      : (model.others?.length ?? 0) > 0
        ? [[span(whyNone(state), 'warn')], [span('Start kvmtop without -p to see all guests.', 'dim')]]
        : state.setting.root === '/'
          ? [
              [span('No guests are running: no QEMU process was found.', 'strong')],
              ...(state.setting.privileged
                ? []
                : [[span('Other users’ processes may be hidden: run kvmtop as root (sudo kvmtop).', 'warn')]]),
              [span('Start a guest and it appears within seconds: ', 'dim'), span('virsh start NAME', 'text')],
              [
                span('or: ', 'dim'),
                span('qemu-system-x86_64 … -device virtio-balloon-pci -qmp unix:/run/NAME.qmp,server=on,wait=off'),
              ],
              [span('To try kvmtop with simulated guests: ', 'dim'), span('kvmtop --demo')],
            ]
          : [[span(`No guest in ${state.setting.root}.`, 'strong')]];
  return [[], ...lines].slice(0, height);
};

/** First row to show, so that the selected one is in sight and the table moves as little as can be told from here. */
export const firstRow = (index: number, count: number, room: number): number => {
  if (count <= room) return 0;
  const page = Math.max(1, room - 1);
  return Math.min(count - room, Math.max(0, Math.floor(index / page) * page - (index >= page && room > 1 ? 1 : 0)));
};

/** The guest table. */
export const guestsPane: Draw = canvas => {
  const { state, height, width } = canvas;
  const guests = listedGuests(state);
  const columns = fitColumns(canvas);
  if (guests.length === 0) return [headRow(columns, canvas), ...empty({ ...canvas, height: height - 1 })];
  const at = guests.findIndex(guest => guest.id === state.selected);
  const room = Math.max(1, height - 1);
  const first = firstRow(Math.max(0, at), guests.length, room);
  const rows = guests
    .slice(first, first + room)
    .map((guest, index) =>
      aim(row(guest, columns, first + index === at, { ...canvas, width }), { kind: 'guest', id: guest.id }),
    );
  return [headRow(columns, canvas), ...rows];
};
