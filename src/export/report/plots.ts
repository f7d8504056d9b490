import type { GuestFieldId } from '../../fields/guest.ts';
import type { HostFieldId } from '../../fields/host.ts';
import type { PoolFieldId } from '../../fields/pool.ts';
import { groupBytes, type LedgerGroupId, ledgerGroups } from '../../ledger.ts';
import type { Model } from '../../model.ts';
import type { Unit } from '../../units.ts';

/** The hues of Okabe and Ito, as on the live screen; the page's style sheet has their values for light and dark. */
export type Hue = 'blue' | 'sky' | 'green' | 'orange' | 'vermillion' | 'purple' | 'yellow' | 'grey';

/** One line of a plot. Lines of one plot differ in how they are drawn, too: no meaning hangs on a hue alone. */
export interface Line<Subject> {
  readonly label: string;
  readonly hue: Hue;
  readonly dashed?: boolean;
  /** `undefined` is a gap. */
  readonly read: (subject: Subject) => number | undefined;
}

export interface Plot<Subject> {
  readonly id: string;
  readonly title: string;
  /** What it shows, one sentence. */
  readonly note: string;
  readonly unit: Extract<Unit, 'bytes' | 'bytes_per_second' | 'ratio'>;
  /** Areas on top of each other, the first one at the bottom. */
  readonly stacked?: boolean;
  readonly lines: readonly Line<Subject>[];
}

const host =
  (id: HostFieldId): ((model: Model) => number | undefined) =>
  ({ host: { values } }) =>
    values[id];

const groupHues: Readonly<Record<LedgerGroupId, Hue>> = {
  guests: 'blue',
  shared: 'sky',
  ksm: 'green',
  huge: 'orange',
  pool_free: 'purple',
  others: 'vermillion',
  cache: 'yellow',
  kernel: 'grey',
};

export const hostPlots: readonly Plot<Model>[] = [
  {
    id: 'ledger',
    title: 'Where the RAM is',
    note: 'Every byte of the host’s RAM once. What is above the areas is free.',
    unit: 'bytes',
    stacked: true,
    lines: (Object.keys(ledgerGroups) as LedgerGroupId[]).map(id => ({
      label: ledgerGroups[id].title,
      hue: groupHues[id],
      read: ({ ledger }) => (ledger ? groupBytes(ledger, id) : undefined),
    })),
  },
  {
    id: 'memory',
    title: 'Available memory and used swap',
    note: 'Available is what could be had without swapping.',
    unit: 'bytes',
    lines: [
      { label: 'Available', hue: 'blue', read: host('mem_available') },
      { label: 'Swap used', hue: 'vermillion', dashed: true, read: host('swap_used') },
    ],
  },
  {
    id: 'swap',
    title: 'Swapped in and out',
    note: 'Bytes a second between neighbouring samples.',
    unit: 'bytes_per_second',
    lines: [
      { label: 'In', hue: 'vermillion', read: host('swap_in') },
      { label: 'Out', hue: 'blue', dashed: true, read: host('swap_out') },
    ],
  },
  {
    id: 'pressure',
    title: 'Time lost to waiting for memory',
    note: 'Part of the last 10 s in which some tasks waited, and in which all did (PSI).',
    unit: 'ratio',
    lines: [
      { label: 'Some', hue: 'orange', read: host('psi_mem_some_avg10') },
      { label: 'All', hue: 'vermillion', dashed: true, read: host('psi_mem_full_avg10') },
    ],
  },
  {
    id: 'ksm',
    title: 'What KSM saves',
    note: 'Profit is what is saved less what KSM’s own records take.',
    unit: 'bytes',
    lines: [
      { label: 'Saved', hue: 'green', read: host('ksm_saved') },
      { label: 'Profit', hue: 'purple', dashed: true, read: host('ksm_profit') },
    ],
  },
];

/** The host's pool of one page size, its free pages split into those that are promised to somebody and the others. */
export const poolPlot = (pageSize: number, name: string): Plot<Model> => {
  const pool =
    (...ids: readonly PoolFieldId[]) =>
    (model: Model): number | undefined => {
      const values = model.pools.find(one => one.pageSize === pageSize && one.node === undefined)?.values;
      const parts = ids.map(id => values?.[id]);
      return parts.includes(undefined) ? undefined : parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
    };
  return {
    id: `pool-${pageSize}`,
    title: `Hugepages of ${name}`,
    note: 'What is reserved or free is lost to everybody who uses no hugepages.',
    unit: 'bytes',
    stacked: true,
    lines: [
      { label: 'Used', hue: 'orange', read: pool('used') },
      { label: 'Reserved', hue: 'yellow', read: pool('reserved') },
      { label: 'Usable', hue: 'purple', read: pool('usable') },
    ],
  };
};

/** Numbers of each guest, by the ids of its fields. */
export const guestLines: readonly {
  readonly label: string;
  readonly hue: Hue;
  readonly dashed?: boolean;
  readonly id: GuestFieldId;
}[] = [
  { label: 'Size', hue: 'grey', dashed: true, id: 'mem_size' },
  { label: 'Balloon', hue: 'blue', id: 'balloon_actual' },
  { label: 'Used', hue: 'orange', id: 'guest_used' },
  { label: 'Held', hue: 'green', id: 'held' },
  { label: 'Swap', hue: 'vermillion', dashed: true, id: 'swap' },
];
