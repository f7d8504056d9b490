import type { Finding } from '../../policy/finding.ts';
import { listedGuests } from '../../store/listed.ts';
import { visibleProcesses } from '../../store/processes.ts';
import { type Tab, tabs, tabTable } from '../../store/tabs.ts';
import { columnTitle } from '../columns.ts';
import { aim, type Line, span } from '../line.ts';
import { type Canvas, type Draw, spread, widthOf } from './pane.ts';
import { processTitle } from './processes.ts';
import { severityTones } from './trouble.ts';

/** Where the subject of a finding is looked into, by the rule; those about guests are marked in every table of guests. */
export const troubledTabs: ReadonlyMap<string, Tab> = new Map<string, Tab>([
  ['host-short', 'memory'],
  ['host-swapping', 'memory'],
  ['host-swapping-idle', 'memory'],
  ['oom-kill', 'vmstat'],
  ['pressure-high', 'stall'],
  ['guest-swapped', 'stall'],
  ['guest-thrashing', 'stall'],
  ['balloon-stuck', 'stall'],
  ['balloon-forgotten', 'guests'],
  ['balloon-in-vain', 'guests'],
  ['migrated-holding', 'guests'],
  ['statistics-frozen', 'guests'],
  ['statistics-off', 'guests'],
  ['driver-missing', 'guests'],
  ['monitors-busy', 'guests'],
  ['monitors-slow', 'guests'],
  ['ksm-idle', 'sharing'],
  ['ksm-loss', 'sharing'],
  ['ksm-off', 'sharing'],
  ['ksm-slow', 'sharing'],
  ['hugepages-unmerged', 'sharing'],
  ['pool-idle', 'sharing'],
  ['pool-exhausted', 'sharing'],
  ['pool-unbalanced', 'numa'],
  ['commit-near', 'sharing'],
  ['overcommit-unmet', 'sharing'],
  ['dirty-near', 'vmstat'],
]);

/** The worst finding of each tab; findings come most urgent first. */
const worstByTab = (findings: readonly Finding[]): ReadonlyMap<Tab, Finding> => {
  const worst = new Map<Tab, Finding>();
  for (const finding of findings) {
    const tab = troubledTabs.get(finding.id);
    if (tab && !worst.has(tab)) worst.set(tab, finding);
  }
  return worst;
};

/** How much a name tells. `key`: no name but that of the tab that is shown. */
type Naming = 'title' | 'short' | 'key';

/** The tabs with their keys. Those with trouble are marked; the Advisor tells how much it has found. */
const bar = (naming: Naming, marked: boolean, { state }: Canvas): Line => {
  const { findings } = state.advice;
  const worst = worstByTab(findings);
  return tabs.flatMap((tab, index): Line => {
    const { key, title, short } = tabTable[tab];
    const shown = tab === state.tab;
    const finding = tab === 'advisor' ? findings[0] : worst.get(tab);
    const count = tab === 'advisor' && findings.length > 0 ? ` ${findings.length}` : '';
    const mark = marked && tab !== 'advisor' && finding?.severity === 'critical' ? '!' : '';
    const gap = span(index === 0 ? '' : ' ');
    const target = { kind: 'tab', tab } as const;
    if (naming === 'key' && !shown && count === '') return [gap, ...aim([span(key, 'key')], target)];
    const word = naming === 'title' ? title : short;
    // `J` of `Journal` is its key.
    const name = `${word.startsWith(key) ? word.slice(key.length) : word}${mark}${count}`;
    const tone = shown ? 'badge' : finding ? severityTones[finding.severity] : 'text';
    return [gap, ...aim([span(key, 'key'), span(name, tone)], target)];
  });
};

/** What the table lists, and in which order. Its head marks the column, too: so at first the count is left out, then all of it. */
const listed = ({ state, model, glyphs }: Canvas): { readonly long: Line; readonly short: Line } => {
  const { sort, filter, tab } = state;
  const processes = tab === 'processes';
  const all = processes ? (model.processes?.length ?? 0) : model.guests.length;
  const things = processes ? (all === 1 ? 'process' : 'processes') : all === 1 ? 'guest' : 'guests';
  const by = processes ? processTitle(state.processSort.column) : columnTitle(sort.column);
  const { reverse } = processes ? state.processSort : sort;
  const order = span(`${by}${reverse ? glyphs.up : glyphs.down}`);
  if (filter === '') return { long: [span(`${all} ${things}, by `, 'dim'), order], short: [order] };
  const found = processes ? visibleProcesses(model, filter, state.processSort).length : listedGuests(state).length;
  const count = `${found} of ${all}`;
  return { long: [span(`${count} ${things}, by `, 'dim'), order], short: [span(count, 'strong')] };
};

/** The tabs; to the right, what the table lists. Names are shortened first; how many a filter leaves is always told. */
export const tabBar: Draw = canvas => {
  const { width, state } = canvas;
  const { long, short } = listed(canvas);
  const nothing: readonly Line[] = state.filter === '' ? [[]] : [];
  const attempts = (['title', 'short', 'key'] as const).flatMap(naming =>
    [long, short, ...nothing].flatMap(right =>
      [true, false].map(marked => [bar(naming, marked, canvas), right] as const),
    ),
  );
  const fits = ([left, right]: readonly [Line, Line]): boolean =>
    widthOf(left) + (right.length > 0 ? 1 + widthOf(right) : 0) <= width;
  const [left, right] = attempts.find(fits) ?? [bar('key', false, canvas), short];
  return [spread(left, right, width)];
};
