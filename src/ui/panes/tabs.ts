import type { Finding } from '../../policy/finding.ts';
import { visibleProcesses } from '../../store/processes.ts';
import { type Tab, tabs, tabTable } from '../../store/tabs.ts';
import { visibleGuests } from '../../store/view.ts';
import { columnTitle } from '../columns.ts';
import { aim, type Line, span } from '../line.ts';
import { type Draw, spread, widthOf } from './pane.ts';
import { processTitle } from './processes.ts';

const tones = { critical: 'bad', warning: 'warn', notice: 'text' } as const;

/** The advisor tells how much it has found, in the colour of the worst. */
const named = (tab: Tab, shown: boolean, findings: readonly Finding[]): Line => {
  const name = tabTable[tab].title;
  const [worst] = findings;
  if (tab !== 'advisor' || !worst) return [span(` ${name} `, shown ? 'badge' : 'text')];
  return [span(` ${name} ${findings.length} `, shown ? 'badge' : tones[worst.severity])];
};

/** The tabs with their keys; to the right, what the guest table lists and in which order. Names go where room is short. */
export const tabBar: Draw = ({ state, model, width, glyphs }) => {
  const { sort, filter, tab } = state;
  const { findings } = state.now.advice.findings.length > 0 ? state.now.advice : state.advice;
  const bar = (names: boolean): Line =>
    tabs.flatMap((one): Line => {
      const key = span(tabTable[one].key, 'key');
      const found = one === 'advisor' && findings.length > 0;
      const shown = names || one === tab || found ? [key, ...named(one, one === tab, findings)] : [key, span(' ')];
      return aim(shown, { kind: 'tab', tab: one });
    });
  const processes = tab === 'processes';
  const listed = processes
    ? visibleProcesses(model, filter, state.processSort).length
    : visibleGuests(model, filter, sort).length;
  const all = processes ? (model.processes?.length ?? 0) : model.guests.length;
  const things = processes ? (all === 1 ? 'process' : 'processes') : all === 1 ? 'guest' : 'guests';
  const by = processes ? processTitle(state.processSort.column) : columnTitle(sort.column);
  const { reverse } = processes ? state.processSort : sort;
  const count = filter === '' ? `${all}` : `${listed} of ${all}`;
  const order = span(`${by}${reverse ? glyphs.up : glyphs.down}`);
  const long = [span(`${count} ${things}, by `, 'dim'), order];
  const short = filter === '' ? [order] : [span(`${count} by `, 'dim'), order];
  const fits = (left: Line, right: Line): boolean => widthOf(left) + 1 + widthOf(right) <= width;
  const [left, right] = [
    [bar(true), long],
    [bar(true), short],
    [bar(false), long],
  ].find(([one = [], other = []]) => fits(one, other)) ?? [bar(false), short];
  return [spread(left ?? [], right ?? [], width)];
};
