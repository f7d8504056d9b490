import { valueOrMost } from '../fields/most.ts';
import { type ProcessFieldId, processFields } from '../fields/process.ts';
import type { Model, ProcessModel } from '../model.ts';
import { compareWords, safe } from '../text.ts';

export type ProcessColumn = 'name' | 'pid' | 'user' | Exclude<ProcessFieldId, 'held_most'>;

/** In the order of their worth: what does not fit the screen is cut from the right. */
export const processColumns: readonly ProcessColumn[] = [
  'name',
  'pid',
  'user',
  // What is at most held stands in the column of what is held.
  ...(Object.keys(processFields) as ProcessFieldId[]).filter(id => id !== 'held_most'),
];

export interface ProcessSort {
  readonly column: ProcessColumn;
  /** Numbers start with the largest and words with A; `reverse` turns that round. */
  readonly reverse: boolean;
}

/** A guest goes by its name. */
export const processName = ({ guest, sample }: ProcessModel): string => safe(guest ?? sample.name);

export const userName = ({ sample }: ProcessModel): string | undefined => sample.user ?? sample.uid?.toString();

const compare = (a: ProcessModel, b: ProcessModel, { column, reverse }: ProcessSort): number => {
  const flip = reverse ? -1 : 1;
  if (column === 'name' || column === 'user') {
    const word = column === 'name' ? processName : (one: ProcessModel) => userName(one) ?? '';
    const order = compareWords(word(a), word(b));
    if (order !== 0) return order * flip;
  } else if (column !== 'pid') {
    const [left, right] = [a, b].map(({ values }) => valueOrMost(processFields, column, values));
    if (left === undefined || right === undefined) {
      if (left !== right) return left === undefined ? 1 : -1;
    } else if (left !== right) return (right - left) * flip;
  }
  return (a.sample.pid - b.sample.pid) * (column === 'pid' ? flip : 1);
};

/** The processes that the tab lists, in its order: those whose own or whose guest's name contains the filter. */
export const visibleProcesses = (
  model: Model | undefined,
  filter: string,
  sort: ProcessSort,
): readonly ProcessModel[] => {
  const wanted = filter.toLowerCase();
  return (model?.processes ?? [])
    .filter(one => wanted === '' || `${processName(one)}\n${safe(one.sample.name)}`.toLowerCase().includes(wanted))
    .sort((a, b) => compare(a, b, sort));
};
