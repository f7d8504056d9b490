import type { HostSample } from '../sample.ts';
import type { HostField } from './field.ts';

/** A counter of /proc/vmstat, in events. */
const event = (title: string, key: string, help: string) =>
  ({
    title,
    help,
    source: `/proc/vmstat ${key}`,
    unit: 'count',
    kind: 'counter',
    needs: ['vmstat'],
    read: (host: HostSample) => host.vmstat?.[key],
  }) as const satisfies HostField;

const stat =
  (...keys: readonly string[]) =>
  (host: HostSample): number | undefined => {
    let sum = 0;
    for (const key of keys) {
      const value = host.stat?.[key];
      if (value === undefined) return undefined;
      sum += value;
    }
    return sum;
  };

/** Time of all processors together; clock ticks are 1/100 s for user space on every architecture of Linux that has KVM. */
const cpu = (title: string, keys: readonly string[], help: string) =>
  ({
    title,
    help,
    source: `/proc/stat cpu ${keys.join(' + ')} (in 1/100 s)`,
    unit: 'seconds',
    kind: 'counter',
    needs: ['stat'],
    read: (host: HostSample) => {
      const ticks = stat(...keys)(host);
      return ticks === undefined ? undefined : ticks / 100;
    },
  }) as const satisfies HostField;

/** What the host's memory management and its processors are busy with: the columns of the vmstat tab. */
export const activityFields = {
  refaults_anon: event(
    'REFLTANON',
    'workingset_refault_anon',
    'Swapped pages read back soon after they were swapped out.',
  ),
  compact_stall: event(
    'CSTALL',
    'compact_stall',
    'Times that a process had to wait while memory was compacted for it.',
  ),
  compact_fail: event(
    'CFAIL',
    'compact_fail',
    'Compactions that did not bring the contiguous memory that was asked for.',
  ),
  thp_fault_alloc: event('THPALLOC', 'thp_fault_alloc', 'Transparent huge pages given at a page fault.'),
  thp_fault_fallback: event(
    'THPFALLB',
    'thp_fault_fallback',
    'Page faults that got small pages, for want of a huge one.',
  ),
  thp_collapse_alloc: event('THPCOLL', 'thp_collapse_alloc', 'Huge pages that khugepaged made of small ones.'),
  thp_split_page: event(
    'THPSPLIT',
    'thp_split_page',
    'Huge pages split into small ones: by swapping, KSM or a balloon.',
  ),
  cow_ksm: event('KSMCOW', 'cow_ksm', 'Merged pages copied because somebody wrote to them.'),
  ksm_swpin_copy: event('KSMSWPIN', 'ksm_swpin_copy', 'Merged pages copied when they came back from swap.'),
  zswpin: event('ZSWPIN', 'zswpin', 'Pages taken out of zswap, where they were kept compressed.'),
  zswpout: event('ZSWPOUT', 'zswpout', 'Pages put into zswap instead of on the swap device.'),
  zswpwb: event('ZSWPWB', 'zswpwb', 'Pages that zswap had to write to the swap device after all.'),
  procs_running: {
    title: 'RUN',
    help: 'Threads that run or wait for a processor.',
    source: '/proc/stat procs_running',
    unit: 'count',
    kind: 'gauge',
    needs: ['stat'],
    read: stat('procs_running'),
  },
  procs_blocked: {
    title: 'BLOCKED',
    help: 'Threads that wait for a disk.',
    source: '/proc/stat procs_blocked',
    unit: 'count',
    kind: 'gauge',
    needs: ['stat'],
    read: stat('procs_blocked'),
  },
  interrupts: {
    title: 'INTR',
    help: 'Interrupts.',
    source: '/proc/stat intr',
    unit: 'count',
    kind: 'counter',
    needs: ['stat'],
    read: stat('intr'),
  },
  context_switches: {
    title: 'CTXT',
    help: 'Context switches.',
    source: '/proc/stat ctxt',
    unit: 'count',
    kind: 'counter',
    needs: ['stat'],
    read: stat('ctxt'),
  },
  cpu_user: cpu('USER', ['user', 'nice'], 'Processor time of programs, guests included; its rate 1 is one processor.'),
  cpu_system: cpu('SYSTEM', ['system', 'irq', 'softirq'], 'Processor time of the kernel.'),
  cpu_idle: cpu('IDLE', ['idle'], 'Processor time that nobody used.'),
  cpu_iowait: cpu('IOWAIT', ['iowait'], 'Processor time that nobody used while somebody waited for a disk.'),
  cpu_steal: cpu('STEAL', ['steal'], 'Processor time that the hypervisor under this host gave to others.'),
} as const satisfies Record<string, HostField>;
