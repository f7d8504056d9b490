import { type GuestModel, guestWord } from '../../model.ts';
import type { Setting, State } from '../../store/store.ts';
import { type ColumnId, visibleGuests } from '../../store/view.ts';
import { safe } from '../../text.ts';
import { unknown } from '../../units.ts';
import { given, withheld } from '../../vmm/memory.ts';
import { barTitle, cellText, columnTitle, columnWidth, isText } from '../columns.ts';
import { aim, type Line, type Span, span, type Tone } from '../line.ts';
import { shareColumns } from '../parts/bar.ts';
import stringWidth from '../width.ts';
import { type Canvas, type Draw, fill } from './pane.ts';
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
      const more = Math.min(rest, Math.max(0, longest - one.width));
      rest -= more;
      return { ...one, width: one.width + more };
    }
    if (one.column !== 'bar') return one;
    const more = Math.min(rest, 14);
    rest -= more;
    return { ...one, width: one.width + more };
  });
};

const leftAligned = (column: ColumnId): boolean =>
  column === 'name' || column === 'state' || column === 'backend' || column === 'manager' || column === 'bar';

const align = (text: string, { column, width }: Shown, canvas: Canvas): string =>
  leftAligned(column)
    ? fill(text, width, canvas.glyphs)
    : text.length > width
      ? fill(text, width, canvas.glyphs)
      : text.padStart(width);

const tone = (guest: GuestModel, column: ColumnId, text: string, setting: Setting): Tone => {
  if (column === 'name') return 'strong';
  if (column === 'state') return stateTone(guestWord(guest));
  if (isText(column)) return text === unknown ? 'dim' : 'text';
  return guestTone(guest, column, setting);
};

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

const row = (guest: GuestModel, columns: readonly Shown[], selected: boolean, canvas: Canvas): Line => {
  const spans = columns.flatMap((one, index): Span[] => {
    const gap = index === 0 ? [] : [span(' ')];
    if (one.column === 'bar') return [...gap, ...bar(guest, one.width, canvas)];
    const pinned = one.column === 'state' && canvas.state.pilot.pinned.has(guest.id) ? '*' : '';
    const text = cellText(guest, one.column) + pinned;
    return [...gap, span(align(text, one, canvas), tone(guest, one.column, text, canvas.state.setting))];
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
  if ((model?.guests.length ?? 0) > 0) return `no guest is called like '${filter}'`;
  return setting.only.length > 0 ? `no guest here matches -p ${setting.only.join(',')}` : 'no guests';
};

/** What a newcomer sees where guests would be: why there are none, and the next step. */
const empty = ({ state, model, height }: Canvas): readonly Line[] => {
  const lines: Line[] =
    model.guests.length > 0
      ? [[span(whyNone(state), 'warn')], [span('Esc clears the filter', 'dim')]]
      : (model.others?.length ?? 0) > 0
        ? [[span(whyNone(state), 'warn')], [span('Start kvmtop without -p to see all guests.', 'dim')]]
        : state.setting.root === '/'
          ? [
              [span('No guest runs here: no QEMU process was found.', 'strong')],
              ...(state.setting.privileged
                ? []
                : [[span('Others’ processes may be hidden from you: run it as root (sudo kvmtop).', 'warn')]]),
              [span('Start one, and it appears within seconds: ', 'dim'), span('virsh start NAME', 'text')],
              [
                span('or: ', 'dim'),
                span('qemu-system-x86_64 … -device virtio-balloon-pci -qmp unix:/run/NAME.qmp,server=on,wait=off'),
              ],
              [span('To look around with simulated guests: ', 'dim'), span('kvmtop --demo')],
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
  const { state, model, height, width } = canvas;
  const guests = visibleGuests(model, state.filter, state.sort);
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
