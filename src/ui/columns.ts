import { type GuestFieldId, guestFields } from '../fields/guest.ts';
import { formatMost } from '../fields/most.ts';
import { type GuestModel, guestWord } from '../model.ts';
import { type ColumnId, columnText, type TextColumn, textColumns, type WordColumn } from '../store/view.ts';
import { safe } from '../text.ts';
import { formatDuration } from '../units.ts';

const texts: Readonly<Record<TextColumn, { readonly title: string; readonly help: string; readonly width: number }>> = {
  name: {
    title: 'NAME',
    help: 'The guest’s name, as it was started; before it !! where something critical is found, ! for a warning, · for a notice.',
    width: 16,
  },
  state: {
    title: 'STATE',
    help: 'running, paused, …; busy when its monitor does not answer, stopped by a signal; * is pinned, so that policies leave it alone.',
    width: 10,
  },
  trouble: {
    title: 'TROUBLE',
    help: 'The worst that the Advisor finds of it. Sorted by it, guests in trouble come first, then those that hold most.',
    width: 10,
  },
  gives: {
    title: 'GIVES',
    help: 'What the guard rails would let its balloon take now; huge or pinned: that would free nothing; ?: what it uses is unknown.',
    width: 6,
  },
  pid: { title: 'PID', help: 'The guest’s process.', width: 7 },
  backend: {
    title: 'BACKEND',
    help: 'What its memory is made of: anon, shared (memfd or file), hugetlb, or mixed.',
    width: 7,
  },
  manager: { title: 'RUN BY', help: 'libvirt or proxmox; else its VMM, such as qemu.', width: 8 },
  bar: {
    title: 'USED, CACHE, FREE, BALLOON',
    help: 'The guest’s size: used, cached, free inside, and taken by the balloon.',
    width: 26,
  },
};

const isText = (column: ColumnId): column is TextColumn => (textColumns as readonly string[]).includes(column);

const isField = (column: ColumnId): column is GuestFieldId => !isText(column);

export const columnTitle = (column: ColumnId): string =>
  isText(column) ? (column === 'bar' ? 'FILL' : texts[column].title) : guestFields[column].title;

export const columnHelp = (column: ColumnId): string =>
  isText(column) ? texts[column].help : guestFields[column].help;

export const allColumns: readonly ColumnId[] = [...textColumns, ...(Object.keys(guestFields) as GuestFieldId[])];

/** Columns on the screen, without the blank before the next. */
export const columnWidth = (column: ColumnId): number =>
  isText(column) ? texts[column].width : Math.max(6, guestFields[column].title.length);

export const barTitle = texts.bar.title;

/** What stands in a cell; what is made of more than the guest itself draws itself. */
export const cellText = (guest: GuestModel, column: WordColumn | GuestFieldId): string => {
  if (!isField(column)) {
    // How long a silent monitor has been silent is the first question.
    if (column === 'state' && guestWord(guest) === 'busy' && guest.values.monitor_age !== undefined)
      return `busy ${formatDuration(Math.round(guest.values.monitor_age))}`;
    return safe(columnText(guest, column));
  }
  const { unit, kind } = guestFields[column];
  const value = guest.values[column];
  // Ages are told in whole seconds: the clock of the statistics has no finer ones.
  if (value !== undefined && unit === 'seconds' && kind === 'gauge') return formatDuration(Math.floor(value));
  return formatMost(guestFields, column, guest.values);
};
