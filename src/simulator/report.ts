import { formatBytes, formatCount, formatDuration } from '../units.ts';
import type { FigureId } from './figures.ts';
import type { Run } from './simulate.ts';

/** How a figure is told: what it is called, in which words, and what it means. */
interface Told {
  readonly title: string;
  readonly help: string;
  readonly text: (value: number) => string;
}

const seconds = (value: number): string => formatDuration(Math.round(value));

/** In the order in which an operator would ask. */
const told: Readonly<Record<FigureId, Told>> = {
  killed: { title: 'guests killed', help: 'by the host’s kernel, for lack of memory', text: formatCount },
  stalled: {
    title: 'guests stood still',
    help: 'waiting for swap, their own or the host’s; sum over guests',
    text: seconds,
  },
  short: {
    title: 'short of the reserve',
    help: 'less was available than the policies are told to keep',
    text: seconds,
  },
  availableLeast: { title: 'least available', help: 'MemAvailable of the host', text: formatBytes },
  availableMean: { title: 'mean available', help: 'MemAvailable of the host', text: formatBytes },
  swappedOut: { title: 'host swapped out', help: 'guest memory, by the host', text: formatBytes },
  swappedIn: { title: 'host swapped in', help: 'and read back', text: formatBytes },
  guestSwapped: { title: 'guests swapped', help: 'inside, in and out', text: formatBytes },
  actualMean: { title: 'mean balloons', help: 'what balloons left all guests together', text: formatBytes },
  savedMean: { title: 'mean saved by KSM', help: 'pages that merging saved', text: formatBytes },
  moves: { title: 'balloon moves', help: 'sizes that were set', text: formatCount },
  movedBytes: { title: 'moved by balloons', help: 'in both directions', text: formatBytes },
  reversals: { title: 'of them back', help: 'in the other direction within two minutes', text: formatCount },
  settings: { title: 'settings changed', help: 'of KSM', text: formatCount },
  refused: { title: 'refused', help: 'decisions that the guard rails did not let through', text: formatCount },
};

/** What a run without a policy is called. */
export const nobody = 'none';

const ids = Object.keys(told) as readonly FigureId[];

/** What these figures are called. */
export const titlesOf = (some: readonly FigureId[]): readonly string[] => some.map(id => told[id].title);

/** The figures of runs beside each other: a row each of its title and the texts of all runs. */
export const figureRows = (
  runs: readonly Run[],
): readonly { readonly id: FigureId; readonly title: string; readonly texts: readonly string[] }[] =>
  ids.map(id => ({ id, title: told[id].title, texts: runs.map(({ figures }) => told[id].text(figures[id])) }));

/** The same as lines of text: one row each, one column for each run. */
export const figureTable = (runs: readonly Run[]): readonly string[] => {
  const cells = [
    ['', ...runs.map(({ policy = nobody }) => policy)],
    ...figureRows(runs).map(({ title, texts }) => [title, ...texts]),
  ];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map(row => row[column]?.length ?? 0)));
  return cells.map(row =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
};

/** What each figure means. */
export const figureHelp: readonly { readonly title: string; readonly help: string }[] = Object.values(told);
