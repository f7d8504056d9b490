import { type GuestFieldId, guestFields } from '../fields/guest.ts';
import { valueOrMost } from '../fields/most.ts';
import { type GuestModel, guestWord, type Model } from '../model.ts';
import type { GuestId } from '../sample.ts';
import { compareWords, safe } from '../text.ts';
import { backendWord, given } from '../vmm/memory.ts';

/** Columns that are not numbers. */
export const textColumns = ['name', 'state', 'pid', 'backend', 'manager', 'bar'] as const;
export type TextColumn = (typeof textColumns)[number];
export type ColumnId = TextColumn | GuestFieldId;

/** In the order of their worth: what does not fit the screen is cut from the right. */
export const defaultColumns: readonly ColumnId[] = [
  'name',
  'state',
  'mem_size',
  'balloon_actual',
  'guest_used',
  'held',
  'ksm_merging',
  'swap',
  'stats_age',
  'bar',
  'balloon_target',
  'guest_used_cache',
  'guest_available',
  'guest_swap_in',
  'guest_major_faults',
  'host_major_faults',
  'hugetlb',
  'cpu',
  'backend',
  'pid',
];

export interface Sort {
  readonly column: ColumnId;
  /** Numbers start with the largest and words with A; `reverse` turns that round. */
  readonly reverse: boolean;
}

export const columnText = (guest: GuestModel, column: Exclude<TextColumn, 'bar'>): string => {
  switch (column) {
    case 'name':
      return guest.name;
    case 'state':
      return guestWord(guest);
    case 'pid':
      return String(guest.pid);
    case 'backend':
      return backendWord(guest.sample);
    case 'manager':
      return guest.sample.manager ?? guest.sample.vmm;
  }
};

const isWord = (column: ColumnId): column is Exclude<TextColumn, 'bar' | 'pid'> =>
  column === 'name' || column === 'state' || column === 'backend' || column === 'manager';

const sortNumber = (guest: GuestModel, column: Exclude<ColumnId, 'name' | 'state' | 'backend' | 'manager'>) => {
  if (column === 'pid') return guest.pid;
  if (column !== 'bar') return valueOrMost(guestFields, column, guest.values);
  const { guest_used: used } = guest.values;
  const whole = given(guest.sample);
  return used === undefined || !whole ? undefined : used / whole;
};

/** Unknown comes last either way; equals keep the order of their ids, so that rows don't jump. */
const compare = (a: GuestModel, b: GuestModel, { column, reverse }: Sort): number => {
  const flip = reverse ? -1 : 1;
  if (isWord(column)) {
    const order = compareWords(columnText(a, column), columnText(b, column));
    if (order !== 0) return order * flip;
  } else {
    const left = sortNumber(a, column);
    const right = sortNumber(b, column);
    if (left === undefined || right === undefined) {
      if (left !== right) return left === undefined ? 1 : -1;
    } else if (left !== right) return (right - left) * flip;
  }
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
};

/** The guests that the table lists, in its order. */
export const visibleGuests = (model: Model | undefined, filter: string, sort: Sort): readonly GuestModel[] => {
  if (!model) return [];
  const wanted = filter.toLowerCase();
  const found =
    wanted === '' ? [...model.guests] : model.guests.filter(guest => safe(guest.name).toLowerCase().includes(wanted));
  return found.sort((a, b) => compare(a, b, sort));
};

/** Where the selection is after a move; a selected guest that ended leaves it to its neighbour. */
export const moveSelection = (
  guests: readonly GuestModel[],
  selected: GuestId | undefined,
  lastIndex: number,
  by: number,
): { readonly selected: GuestId | undefined; readonly index: number } => {
  if (guests.length === 0) return { selected: undefined, index: 0 };
  const at = guests.findIndex(guest => guest.id === selected);
  const from = at >= 0 ? at : Math.min(lastIndex, guests.length - 1);
  const index = Math.min(guests.length - 1, Math.max(0, from + by));
  return { selected: guests[index]?.id, index };
};
