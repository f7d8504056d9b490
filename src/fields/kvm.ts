import type { GuestSample, Numbers, Sample } from '../sample.ts';
import { GiB, KiB, MiB } from '../units.ts';
import type { GuestField } from './field.ts';

/** KVM's statistics of the guest's VM. */
const vm = (guest: GuestSample, sample: Sample): Numbers | undefined => sample.host.kvm?.vms[guest.pid];

/** A field's `why` knows the guest alone; the translation tab says which of these it is. */
const why = (): string =>
  'KVM’s statistics need root, debugfs mounted on /sys/kernel/debug, and a guest under KVM, not TCG';

const folder = '/sys/kernel/debug/kvm/PID-*';
const sizes = { pages_4k: 4 * KiB, pages_2m: 2 * MiB, pages_1g: GiB } as const;
type Size = keyof typeof sizes;

const mapped = (title: string, key: Size, help: string) =>
  ({
    title,
    help,
    source: `${folder}/${key} x its size`,
    unit: 'bytes',
    kind: 'gauge',
    needs: ['kvm'],
    read: (guest: GuestSample, sample: Sample) => {
      const pages = vm(guest, sample)?.[key];
      return pages === undefined ? undefined : pages * sizes[key];
    },
    why,
  }) as const satisfies GuestField;

const event = (title: string, key: string, help: string) =>
  ({
    title,
    help,
    source: `${folder}/${key}`,
    unit: 'count',
    kind: 'counter',
    needs: ['kvm'],
    read: (guest: GuestSample, sample: Sample) => vm(guest, sample)?.[key],
    why,
  }) as const satisfies GuestField;

/** How much guest memory one translation covers on average, bytes; unknown for a guest that has touched nothing. */
const mappingMean = (guest: GuestSample, sample: Sample): number | undefined => {
  const pages = vm(guest, sample);
  if (!pages) return undefined;
  let bytes = 0;
  let count = 0;
  for (const key of Object.keys(sizes) as Size[]) {
    const number = pages[key];
    if (number === undefined) return undefined;
    bytes += number * sizes[key];
    count += number;
  }
  return count === 0 ? undefined : bytes / count;
};

const numaTotal = (numa: Numbers): number => Object.values(numa).reduce((sum, bytes) => sum + bytes, 0);

/** How the host translates a guest's addresses, and on which nodes its memory is. */
export const kvmFields = {
  mapped_4k: mapped('MAP4K', 'pages_4k', 'Guest memory that KVM maps in pages of 4 KiB.'),
  mapped_2m: mapped('MAP2M', 'pages_2m', 'Guest memory that KVM maps in pages of 2 MiB.'),
  mapped_1g: mapped('MAP1G', 'pages_1g', 'Guest memory that KVM maps in pages of 1 GiB.'),
  mapping_mean: {
    title: 'MAPMEAN',
    help: 'Guest memory that one of KVM’s mappings covers on average: the most that one entry of the TLB can reach.',
    source: `${folder}/pages_*: bytes mapped / mappings`,
    unit: 'bytes',
    kind: 'gauge',
    needs: ['kvm'],
    read: mappingMean,
    why,
  },
  tlb_reach: {
    title: 'TLBREACH',
    help: 'Guest memory that a processor’s last TLB reaches at best; Intel’s processors do not tell their entries.',
    source: `/proc/cpuinfo TLB size x ${folder}/pages_* mean`,
    unit: 'bytes',
    kind: 'gauge',
    needs: ['kvm'],
    read: (guest, sample) => {
      const mean = mappingMean(guest, sample);
      const entries = sample.host.kvm?.tlbEntries;
      return mean === undefined || entries === undefined ? undefined : mean * entries;
    },
    why: () => 'needs KVM’s statistics, and a processor that tells the entries of its TLB (AMD)',
  },
  kvm_faults: event(
    'KVMFLT',
    'pf_taken',
    'Page faults of the guest that KVM had to look at: memory the host had not mapped for it.',
  ),
  kvm_faults_fixed: event('KVMFIXED', 'pf_fixed', 'Those of them that ended with a new mapping.'),
  numa_most: {
    title: 'NUMAMOST',
    help: 'Part of its RAM on the NUMA node that has most of it.',
    source: '/proc/PID/numa_maps: largest N*, of all',
    unit: 'ratio',
    kind: 'gauge',
    cost: 'high',
    read: ({ process: { numa_maps: numa } }: GuestSample) => {
      const total = numa && numaTotal(numa);
      return numa && total ? Math.max(...Object.values(numa)) / total : undefined;
    },
    why: () => 'costly to read: n in the numa tab measures it once',
  },
  numa_age: {
    title: 'NUMAAGE',
    help: 'Time since its placement on the nodes was measured.',
    source: 'kvmtop',
    unit: 'seconds',
    kind: 'gauge',
    read: ({ process }: GuestSample, sample: Sample) =>
      process.numa_time === undefined ? undefined : Math.max(0, sample.time - process.numa_time),
    why: () => 'its placement was not measured',
  },
} as const satisfies Record<string, GuestField>;
