import { givesNow } from '../actions/balloon/gives.ts';
import type { Limits } from '../actions/limits.ts';
import { type GuestFieldId, guestFields } from '../fields/guest.ts';
import { valueOrMost } from '../fields/most.ts';
import { type GuestModel, guestWord, type Model } from '../model.ts';
import type { Finding, Severity } from '../policy/finding.ts';
import type { GuestId } from '../sample.ts';
import { compareWords, safe } from '../text.ts';
import { backendWord, given } from '../vmm/memory.ts';
import type { Troubles } from './trouble.ts';

/** Columns that are not fields of a guest. */
export const textColumns = ['name', 'state', 'trouble', 'gives', 'pid', 'backend', 'manager', 'bar'] as const;
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
  'gives',
  'swap',
  'stats_age',
  'trouble',
  'bar',
  'ksm_merging',
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

/** What tells of a guest by itself; the others are made of more. */
export type WordColumn = Exclude<TextColumn, 'bar' | 'trouble' | 'gives'>;

/** Those in trouble first, then those that hold most. */
export const defaultSort: Sort = { column: 'trouble', reverse: false };

export const columnText = (guest: GuestModel, column: WordColumn): string => {
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

const isWord = (column: ColumnId): column is Exclude<WordColumn, 'pid'> =>
  column === 'name' || column === 'state' || column === 'backend' || column === 'manager';

/** What the order of the table follows from, beside the guests themselves. */
interface Basis {
  readonly troubles: Troubles;
  readonly limits: Limits;
}

type NumberColumn = Exclude<ColumnId, Exclude<WordColumn, 'pid'> | 'trouble'>;

const sortNumber = (guest: GuestModel, column: NumberColumn, { limits }: Basis) => {
  if (column === 'pid') return guest.pid;
  if (column === 'gives') {
    const gives = givesNow(guest, limits);
    return typeof gives === 'number' ? gives : undefined;
  }
  if (column !== 'bar') return valueOrMost(guestFields, column, guest.values);
  const { guest_used: used } = guest.values;
  const whole = given(guest.sample);
  return used === undefined || !whole ? undefined : used / whole;
};

const severities: readonly (Severity | undefined)[] = ['critical', 'warning', 'notice', undefined];

const severityRank = (finding: Finding | undefined): number => severities.indexOf(finding?.severity);

/** Unknown comes last either way; equals keep the order of their ids, so that rows don't jump. */
const compare = (a: GuestModel, b: GuestModel, { column, reverse }: Sort, basis: Basis): number => {
  const flip = reverse ? -1 : 1;
  if (column === 'trouble') {
    const [one, other] = [basis.troubles.get(a.id), basis.troubles.get(b.id)];
    const order = severityRank(one) - severityRank(other);
    // Without trouble comes last either way, as what is unknown does.
    if (order !== 0) return one && other ? order * flip : order;
    return compare(a, b, { column: 'held', reverse: false }, basis);
  }
  if (isWord(column)) {
    const order = compareWords(columnText(a, column), columnText(b, column));
    if (order !== 0) return order * flip;
  } else {
    const left = sortNumber(a, column, basis);
    const right = sortNumber(b, column, basis);
    if (left === undefined || right === undefined) {
      if (left !== right) return left === undefined ? 1 : -1;
    } else if (left !== right) return (right - left) * flip;
  }
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
};

/** The guests whose name contains the filter, in the order of the table. */
export const visibleGuests = (
  model: Model | undefined,
  filter: string,
  sort: Sort,
  basis: Basis,
): readonly GuestModel[] => {
  if (!model) return [];
  const wanted = filter.toLowerCase();
  const found =
    wanted === '' ? [...model.guests] : model.guests.filter(guest => safe(guest.name).toLowerCase().includes(wanted));
  return found.sort((a, b) => compare(a, b, sort, basis));
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
