import type { GuestSample, Numbers, Sample } from '../sample.ts';
import { GiB, KiB, MiB } from '../units.ts';
import { ageOf, fromTheFuture } from './age.ts';
import type { GuestField } from './field.ts';

/** KVM's statistics of the guest's VM. */
const vm = (guest: GuestSample, sample: Sample): Numbers | undefined => sample.host.kvm?.vms[guest.pid];

/** A field's `why` knows the guest alone; the translation tab says which of these it is. */
const why = ({ launch: { accelerator } }: GuestSample): string =>
  accelerator !== undefined && accelerator !== 'kvm'
    ? `it runs under ${accelerator.toUpperCase()}, not KVM`
    : 'KVM’s statistics need root, debugfs mounted on /sys/kernel/debug, and a guest under KVM, not TCG';

/** Under lockdown (Secure Boot) the kernel shows only those files of debugfs that nobody may write to. */
const whyEvent = (guest: GuestSample): string => {
  const { accelerator } = guest.launch;
  return accelerator !== undefined && accelerator !== 'kvm'
    ? why(guest)
    : `${why(guest)}; and a kernel without lockdown`;
};

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
    why: whyEvent,
  }) as const satisfies GuestField;

/** KVM's mappings of the guest, by size, largest first; unknown where one of the counts is. */
const mappingsOf = (guest: GuestSample, sample: Sample): readonly { count: number; size: number }[] | undefined => {
  const pages = vm(guest, sample);
  const mappings = (['pages_1g', 'pages_2m', 'pages_4k'] as const).flatMap(key => {
    const count = pages?.[key];
    return count === undefined ? [] : [{ count, size: sizes[key] }];
  });
  return mappings.length === 3 ? mappings : undefined;
};

/** What so many entries of a TLB reach at best: those for the largest pages. Bytes. */
const reachOf = (entries: number, mappings: readonly { count: number; size: number }[]): number => {
  let left = entries;
  let bytes = 0;
  for (const { count, size } of mappings) {
    const used = Math.min(left, count);
    bytes += used * size;
    left -= used;
  }
  return bytes;
};

const numaTotal = (numa: Numbers): number => Object.values(numa).reduce((sum, bytes) => sum + bytes, 0);

/** How the host translates a guest's addresses, and on which nodes its memory is. */
export const kvmFields = {
  mapped_4k: mapped('MAP4K', 'pages_4k', 'Guest memory that KVM maps in pages of 4 KiB.'),
  mapped_2m: mapped('MAP2M', 'pages_2m', 'Guest memory that KVM maps in pages of 2 MiB.'),
  mapped_1g: mapped('MAP1G', 'pages_1g', 'Guest memory that KVM maps in pages of 1 GiB.'),
  mappings: {
    title: 'MAPPINGS',
    help: 'KVM’s mappings of the guest: as many entries of a TLB would reach all of it, if it maps as large pages itself.',
    source: `${folder}/pages_4k + pages_2m + pages_1g`,
    unit: 'count',
    kind: 'gauge',
    needs: ['kvm'],
    read: (guest, sample) => mappingsOf(guest, sample)?.reduce((sum, { count }) => sum + count, 0),
    why,
  },
  tlb_reach: {
    title: 'TLBREACH',
    help: 'Guest memory that a processor’s last TLB reaches at best, with an entry for each of the largest mappings.',
    source: `/proc/cpuinfo TLB size, ${folder}/pages_*`,
    unit: 'bytes',
    kind: 'gauge',
    needs: ['kvm'],
    read: (guest, sample) => {
      const mappings = mappingsOf(guest, sample);
      const entries = sample.host.kvm?.tlbEntries;
      return mappings === undefined || entries === undefined ? undefined : reachOf(entries, mappings);
    },
    why: () => 'needs KVM’s statistics, and a processor that tells the entries of its TLB: AMD’s do',
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
    read: ({ process }: GuestSample, sample: Sample) => ageOf(sample.time, process.numa_time),
    why: ({ process }: GuestSample) =>
      process.numa_time === undefined ? 'its placement was not measured' : `its measurement ${fromTheFuture}`,
  },
} as const satisfies Record<string, GuestField>;
