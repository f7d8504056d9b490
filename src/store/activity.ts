import type { HostFieldId } from '../fields/host.ts';
import { deriveHost, type Model, type Row } from '../model.ts';
import type { Tape } from '../recording/tape.ts';
import type { Sample } from '../sample.ts';

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

/** What one look tells; nothing when it did not read /proc/vmstat. */
const rowOf = (time: number, sample: Sample, host: Row<HostFieldId>): readonly ActivityRow[] => {
  if (sample.host.vmstat === undefined) return [];
  const known: Readonly<Record<string, number | undefined>> = host;
  const values = Object.fromEntries(activityIds.flatMap(id => (known[id] === undefined ? [] : [[id, known[id]]])));
  return [{ time, values }];
};

/** The rows with one more, oldest first. */
export const rememberActivity = (rows: readonly ActivityRow[], model: Model): readonly ActivityRow[] => {
  const row = rowOf(model.time, model.sample, model.host.values);
  return row.length === 0 ? rows : [...rows.slice(1 - kept), ...row];
};

/** Rows that were read of a tape, by sample; a sample that has none has an empty list. */
const readRows = new WeakMap<Tape, Map<number, readonly ActivityRow[]>>();

/** The rows up to one sample of a tape. Those that were read a moment ago are not read again: steps are small. */
export const activityOf = (tape: Tape, id: number): readonly ActivityRow[] => {
  const before = readRows.get(tape);
  const rows = new Map<number, readonly ActivityRow[]>();
  for (let one = Math.max(tape.first, id - kept + 1); one <= id; one++) {
    const known = before?.get(one);
    if (known) rows.set(one, known);
    else {
      const sample = tape.sample(one);
      rows.set(one, rowOf(sample.time, sample, deriveHost(tape.before(one), sample).values));
    }
  }
  readRows.set(tape, rows);
  return [...rows.values()].flat();
};
