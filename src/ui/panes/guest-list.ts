import type { GuestFieldId } from '../../fields/guest.ts';
import type { GuestModel } from '../../model.ts';
import { listedGuests } from '../../store/listed.ts';
import type { Setting } from '../../store/store.ts';
import { safe } from '../../text.ts';
import { cellText, columnTitle } from '../columns.ts';
import { aim, type Line, span } from '../line.ts';
import stringWidth from '../width.ts';
import { firstRow, whyNone } from './guests.ts';
import { fitting, type ListColumn, listHead, listRow } from './list.ts';
import type { Canvas } from './pane.ts';
import { markWidth, nameCell } from './trouble.ts';
import { guestTone } from './worry.ts';

export type GuestColumn = ListColumn<GuestModel>;

/** Names get what the longest needs, within these. */
const names = { narrowest: 12, widest: 28 } as const;

/** A number that kvmtop knows, as a column. */
const numberColumn = (id: GuestFieldId, setting: Setting): GuestColumn => ({
  title: columnTitle(id),
  width: Math.max(6, columnTitle(id).length),
  target: { kind: 'column', column: id },
  cell: guest => ({ text: cellText(guest, id), tone: guestTone(guest, id, setting) }),
});

/** The guests, in the order of the guest table and with its selection, under columns of a tab's own. */
export const guestList = (canvas: Canvas, columns: readonly (GuestFieldId | GuestColumn)[]): readonly Line[] => {
  const { state, width, height } = canvas;
  const guests = listedGuests(state);
  const longest = Math.max(names.narrowest, ...guests.map(guest => stringWidth(safe(guest.name))));
  const nameWidth = Math.min(width < 100 ? 17 : names.widest, longest) + markWidth;
  const name: GuestColumn = {
    title: 'NAME',
    width: nameWidth,
    left: true,
    target: { kind: 'column', column: 'name' },
    cell: guest => nameCell(guest, nameWidth, canvas),
  };
  const shown = fitting(
    [name, ...columns.map(one => (typeof one === 'string' ? numberColumn(one, state.setting) : one))],
    width,
  );
  const head = listHead(shown, canvas);
  if (guests.length === 0) return [head, [span(whyNone(state), 'dim')]];
  const at = guests.findIndex(guest => guest.id === state.selected);
  const room = Math.max(1, height - 1);
  const first = firstRow(Math.max(0, at), guests.length, room);
  const rows = guests
    .slice(first, first + room)
    .map((guest, index) => aim(listRow(guest, shown, canvas, first + index === at), { kind: 'guest', id: guest.id }));
  return [head, ...rows];
};
