import { valueUnit } from '../../fields/field.ts';
import { hostFields } from '../../fields/host.ts';
import type { Thresholds } from '../../policy/thresholds.ts';
import { type ActivityId, type ActivityRow, activityIds } from '../../store/activity.ts';
import { format, formatClock, formatRatio, sizeWidth, unknown } from '../../units.ts';
import { type Line, span, type Tone } from '../line.ts';
import { fitting, type ListColumn, listHead, listRow } from './list.ts';
import { type Draw, heading, wrap } from './pane.ts';
import { swapRateWorry } from './worry.ts';

/** The heads that vmstat(8) has, and in its way for the rest. */
const titles: Readonly<Record<ActivityId, string>> = {
  procs_running: 'r',
  procs_blocked: 'b',
  swap_used: 'swpd',
  mem_free: 'free',
  buffers: 'buff',
  cached: 'cache',
  swap_in: 'si',
  swap_out: 'so',
  page_in: 'bi',
  page_out: 'bo',
  refaults: 'reflt',
  refaults_anon: 'reanon',
  direct_scan: 'dscan',
  major_faults: 'majflt',
  compact_stall: 'cstall',
  compact_fail: 'cfail',
  thp_fault_alloc: 'thp',
  thp_fault_fallback: 'thpfb',
  thp_collapse_alloc: 'thpcol',
  thp_split_page: 'thpspl',
  cow_ksm: 'kcow',
  ksm_swpin_copy: 'kswpin',
  zswpin: 'zin',
  zswpout: 'zout',
  zswpwb: 'zwb',
  oom_kills: 'oom',
  interrupts: 'in',
  context_switches: 'cs',
  cpu_user: 'us',
  cpu_system: 'sy',
  cpu_idle: 'id',
  cpu_iowait: 'wa',
  cpu_steal: 'st',
};

const cpuIds = ['cpu_user', 'cpu_system', 'cpu_idle', 'cpu_iowait', 'cpu_steal'] as const;
type CpuId = (typeof cpuIds)[number];
const isCpu = (id: ActivityId): id is CpuId => (cpuIds as readonly ActivityId[]).includes(id);

/** Signs of too little memory, when they are not 0. */
const alarming: ReadonlySet<ActivityId> = new Set([
  'swap_in',
  'swap_out',
  'refaults_anon',
  'direct_scan',
  'compact_stall',
  'zswpwb',
  'oom_kills',
]);

/** A part of all processors' time, as vmstat(8) has it. */
const share = ({ values }: ActivityRow, id: CpuId): string => {
  const all = cpuIds.reduce<number | undefined>((sum, one) => {
    const value = values[one];
    return sum === undefined || value === undefined ? undefined : sum + value;
  }, 0);
  const own = values[id];
  return own === undefined || !all ? unknown : formatRatio(own / all).replace(/\.\d%|%$/, '');
};

const tone = (id: ActivityId, value: number | undefined, text: string, thresholds: Thresholds): Tone => {
  if (text === unknown || /^0B?$/.test(text)) return 'dim';
  const worry = id === 'swap_in' || id === 'swap_out' ? swapRateWorry(value, thresholds) : undefined;
  if (worry) return worry;
  return alarming.has(id) ? 'warn' : 'text';
};

const columnOf = (id: ActivityId, thresholds: Thresholds): ListColumn<ActivityRow> => ({
  title: titles[id],
  width: id === 'procs_running' || id === 'procs_blocked' || isCpu(id) ? 3 : Math.max(sizeWidth(), titles[id].length),
  cell: row => {
    const text = isCpu(id) ? share(row, id) : format(row.values[id], valueUnit(hostFields[id]));
    return { text, tone: tone(id, row.values[id], text, thresholds) };
  },
});

const time: ListColumn<ActivityRow> = {
  title: 'TIME',
  width: 8,
  cell: row => ({ text: formatClock(row.time), tone: 'dim' }),
};

/** What vmstat(8) does not have, in few words. */
const words: Partial<Record<ActivityId, string>> = {
  refaults: 'cache read again',
  refaults_anon: 'swapped pages read again',
  direct_scan: 'reclaimed by who needed it',
  major_faults: 'faults that wait for a disk',
  compact_stall: 'waits for compaction',
  compact_fail: 'in vain',
  thp_fault_alloc: 'huge pages given',
  thp_fault_fallback: 'not given',
  thp_collapse_alloc: 'made',
  thp_split_page: 'split',
  cow_ksm: 'merged pages written to',
  ksm_swpin_copy: 'swapped in',
  zswpin: 'from zswap',
  zswpout: 'to zswap',
  zswpwb: 'zswap to disk',
  oom_kills: 'processes killed',
};

/** What the columns in sight stand for, as far as it fits one row. */
const legend = (ids: readonly ActivityId[], width: number): Line => {
  const told = ids.flatMap(id => (words[id] === undefined ? [] : [`${titles[id]} ${words[id]}`]));
  return [span(wrap(told.join(', '), width)[0] ?? '', 'dim')];
};

/** One row for each look, the newest at the bottom. */
export const vmstatPane: Draw = canvas => {
  const { state, glyphs, width, height } = canvas;
  const { activity, scroll, shift } = state;
  const ids = activityIds.slice(shift);
  const columns = fitting([time, ...ids.map(id => columnOf(id, state.setting.thresholds))], width);
  const more = ids.length - (columns.length - 1);
  const note = [
    ...(scroll > 0 ? [span(`${scroll} newer below  `, 'warn')] : []),
    span(`${shift > 0 ? `${glyphs.left} ${shift} ` : ''}${more > 0 ? `${more} ${glyphs.right}` : ''}`, 'key'),
  ];
  const room = Math.max(1, height - 3);
  const end = activity.length - Math.min(scroll, Math.max(0, activity.length - room));
  return [
    heading('A row for each look; sizes and rates per second', canvas, note),
    listHead(columns, canvas),
    ...activity.slice(Math.max(0, end - room), end).map(row => listRow(row, columns, canvas)),
    legend(ids.slice(0, columns.length - 1), width),
  ];
};
