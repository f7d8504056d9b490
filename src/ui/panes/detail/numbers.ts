import { type GuestFieldId, guestFields } from '../../../fields/guest.ts';
import { formatMost } from '../../../fields/most.ts';
import { type GuestModel, whyUnknown } from '../../../model.ts';
import { cellText } from '../../columns.ts';
import { type Line, span } from '../../line.ts';
import { type Canvas, heading, labelled, widthOf, wrap } from '../pane.ts';
import { guestTone } from '../worry.ts';

const ids = Object.keys(guestFields) as GuestFieldId[];

const chained = ['mem_size', 'balloon_target', 'balloon_actual', 'guest_used', 'held'] as const;

/** From what was configured to what the host holds, and how old what the guest told is: on as many rows as it takes. */
export const chainLines = (guest: GuestModel, { state, width, glyphs }: Canvas): readonly Line[] => {
  const links = [
    ...chained.map(
      (id, index): Line => [
        ...(index === 0 ? [] : [span(`${glyphs.right} `, 'dim')]),
        ...labelled(
          guestFields[id].title,
          formatMost(guestFields, id, guest.values),
          guestTone(guest, id, state.setting),
        ),
      ],
    ),
    labelled(' AGE', cellText(guest, 'stats_age'), guestTone(guest, 'stats_age', state.setting)),
  ];
  const rows: Line[] = [];
  for (const link of links) {
    const last = rows.at(-1);
    if (last && widthOf(last) + 1 + widthOf(link) <= width) rows[rows.length - 1] = [...last, span(' '), ...link];
    else rows.push(link);
  }
  return rows;
};

/** All that is known. */
export const numberLines = (guest: GuestModel, canvas: Canvas): readonly Line[] => {
  const known = ids.filter(id => guest.values[id] !== undefined);
  const cell = (id: GuestFieldId): Line => [
    span(guestFields[id].title.padEnd(9), 'dim'),
    span(cellText(guest, id).padStart(8), guestTone(guest, id, canvas.state.setting)),
  ];
  const perRow = Math.max(1, Math.floor((canvas.width + 2) / 19));
  const rows: Line[] = [];
  for (let at = 0; at < known.length; at += perRow)
    rows.push(known.slice(at, at + perRow).flatMap((id, index) => [...(index === 0 ? [] : [span('  ')]), ...cell(id)]));
  return [heading('Numbers', canvas), ...rows];
};

/** What is not known, and why: many numbers are missing for one reason, which is said once. */
export const unknownLines = (guest: GuestModel, canvas: Canvas): readonly Line[] => {
  const { width, glyphs } = canvas;
  const missing = Map.groupBy(
    ids.filter(id => guest.values[id] === undefined),
    id => whyUnknown(guest, id),
  );
  return [
    ...(missing.size > 0 ? [heading('Unknown', canvas)] : []),
    ...[...missing].flatMap(([why, lost]) => {
      const titles = lost.map(id => guestFields[id].title).join(' ');
      return wrap(`${titles}: ${why}`, width - 2).map((row, index): Line => {
        const start = index === 0 ? row.slice(0, titles.length) : '';
        return [
          span(index === 0 ? `${glyphs.unknown} ` : '  ', 'dim'),
          span(start, 'dim'),
          span(row.slice(start.length), 'warn'),
        ];
      });
    }),
  ];
};
