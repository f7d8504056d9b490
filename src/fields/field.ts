import type { GuestSample, HostSample, PoolSample, Sample } from '../sample.ts';
import type { Unit } from '../units.ts';

/**
 * The files and answers that are read only when somebody wants a field that needs them. What is not listed here
 * (meminfo, the guests' status and stat, the cheap monitor round) is read every time.
 */
export type Need =
  | 'vmstat'
  | 'zoneinfo'
  | 'swaps'
  | 'pressure'
  | 'ksm'
  | 'pools'
  | 'nodes'
  | 'zswap'
  | 'zram'
  | 'sysctls'
  | 'thp'
  | 'settings'
  | 'stat'
  | 'processes'
  | 'kvm'
  | 'guest_stat'
  | 'guest_ksm_stat'
  /** Of one process, by PID: costly, and it holds up the guest while it is read. */
  | `guest_smaps_rollup:${number}`
  | `guest_numa_maps:${number}`;

/** One number that kvmtop knows. One entry in one table; everything else follows from it. */
export interface Field<Subject> {
  /** Column head: short, capitals. */
  readonly title: string;
  /** One sentence for the help screen and docs/fields.md. */
  readonly help: string;
  /** Where the number comes from, precisely enough to read it by hand. */
  readonly source: string;
  /** Of the gauge, or of the counter's total; a counter's rate is this unit per second. */
  readonly unit: Unit;
  readonly kind: 'gauge' | 'counter';
  readonly needs?: readonly Need[];
  /** The field of the same table that is the most that this one can be, where this one is unknown: shown as `≤15.8G`. */
  readonly most?: string;
  /** Reading it harms or is slow: on request only. */
  readonly cost?: 'high';
  /** `undefined` is unknown, never 0. */
  readonly read: (subject: Subject, sample: Sample) => number | undefined;
  /** For a counter that has a clock of its own: its rate per second, instead of the change between two Samples. */
  readonly rate?: (subject: Subject) => number | undefined;
  /** Why it is unknown, in words; asked only when it is. */
  readonly why?: (subject: Subject) => string | undefined;
}

export type HostField = Field<HostSample>;
export type GuestField = Field<GuestSample>;
export type PoolField = Field<PoolSample>;

/** The unit of what a Model's `values` hold: a counter's is its unit per second, and seconds per second are a ratio. */
export const valueUnit = (field: Pick<Field<never>, 'unit' | 'kind'>): Unit => {
  if (field.kind === 'gauge') return field.unit;
  if (field.unit === 'bytes') return 'bytes_per_second';
  return field.unit === 'seconds' ? 'ratio' : 'per_second';
};
