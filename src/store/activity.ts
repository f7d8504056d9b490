import type { HostFieldId } from '../fields/host.ts';
import type { Model, Row } from '../model.ts';

/** The numbers of the vmstat tab. */
export const activityIds = [
  'procs_running',
  'procs_blocked',
  'swap_used',
  'mem_free',
  'buffers',
  'cached',
  'swap_in',
  'swap_out',
  'page_in',
  'page_out',
  'refaults',
  'refaults_anon',
  'direct_scan',
  'major_faults',
  'compact_stall',
  'compact_fail',
  'thp_fault_alloc',
  'thp_fault_fallback',
  'thp_collapse_alloc',
  'thp_split_page',
  'cow_ksm',
  'ksm_swpin_copy',
  'zswpin',
  'zswpout',
  'zswpwb',
  'oom_kills',
  'interrupts',
  'context_switches',
  'cpu_user',
  'cpu_system',
  'cpu_idle',
  'cpu_iowait',
  'cpu_steal',
] as const satisfies readonly HostFieldId[];
export type ActivityId = (typeof activityIds)[number];

export interface ActivityRow {
  /** Wall clock, seconds. */
  readonly time: number;
  readonly values: Row<ActivityId>;
}

/** Rows to scroll back to: some five minutes at one a second. */
const kept = 300;

/** The rows with one more, oldest first. A look that did not read /proc/vmstat (another tab is shown) leaves none. */
export const rememberActivity = (rows: readonly ActivityRow[], model: Model): readonly ActivityRow[] => {
  if (model.sample.host.vmstat === undefined) return rows;
  const known: Readonly<Record<string, number | undefined>> = model.host.values;
  const values = Object.fromEntries(activityIds.flatMap(id => (known[id] === undefined ? [] : [[id, known[id]]])));
  return [...rows.slice(1 - kept), { time: model.time, values }];
};
