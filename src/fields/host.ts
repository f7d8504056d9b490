import type { GuestSample, Sample } from '../sample.ts';
import { given } from '../vmm/memory.ts';
import { activityFields } from './activity.ts';
import type { HostField } from './field.ts';
import { guestFields } from './guest.ts';
import { guestHeld } from './held.ts';
import { arcReclaimable, hugetlbTotal, outsidePools } from './memory.ts';

type Read = HostField['read'];

const times = (value: number | undefined, factor: number): number | undefined =>
  value === undefined ? undefined : value * factor;

const meminfo =
  (key: string): Read =>
  host =>
    host.meminfo?.[key];

const sysctl =
  (key: string): Read =>
  host =>
    host.sysctls?.[key];

/** /proc/vmstat, events. */
const event =
  (key: string): Read =>
  host =>
    host.vmstat?.[key];

/** /proc/vmstat, pages. */
const paged =
  (key: string): Read =>
  (host, sample) =>
    times(host.vmstat?.[key], sample.pageSize);

/** PSI averages are percentages in the kernel's file and ratios here. */
const pressure =
  (resource: 'memory' | 'cpu' | 'io', key: string): Read =>
  host =>
    times(host.pressure?.[resource]?.[key], 0.01);

const ksm =
  (key: string): Read =>
  host => {
    const value = host.ksm?.[key];
    return typeof value === 'number' ? value : undefined;
  };

/** A sum over guests is unknown as soon as one guest's part is: half a sum would look like good news. */
const overGuests =
  (read: (guest: GuestSample, sample: Sample) => number | undefined): Read =>
  (_host, sample) => {
    let sum = 0;
    for (const guest of sample.guests) {
      const value = read(guest, sample);
      if (value === undefined) return undefined;
      sum += value;
    }
    return sum;
  };

/** Saved = (sharing + zero pages) x page; older kernels have no count of zero pages and merge none. */
const ksmSaved: Read = (host, sample) => {
  const sharing = ksm('pages_sharing')(host, sample);
  return sharing === undefined ? undefined : (sharing + (ksm('ksm_zero_pages')(host, sample) ?? 0)) * sample.pageSize;
};

/** ksmd takes `pages_to_scan` pages, then sleeps; the scan's own time is left out, so this is the most it can do. */
const ksmScanCeiling: Read = (host, sample) => {
  const pages = ksm('pages_to_scan')(host, sample);
  const sleep = ksm('sleep_millisecs')(host, sample);
  return pages === undefined || !sleep ? undefined : (pages * sample.pageSize * 1000) / sleep;
};

/** Swap areas, summed. */
const swapSize: Read = host => host.swaps?.reduce((sum, swap) => sum + swap.size, 0);

const zramSum =
  (key: string): Read =>
  host =>
    host.zram?.length ? host.zram.reduce((sum, device) => sum + (device.stat[key] ?? 0), 0) : undefined;

/** What kvmtop knows of the host. An entry here is all that a new number takes. */
export const hostFields = {
  mem_total: {
    title: 'TOTAL',
    help: 'RAM that the kernel manages: the machine’s, less what firmware and the kernel image took at boot.',
    source: '/proc/meminfo MemTotal',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('MemTotal'),
  },
  mem_outside_pools: {
    title: 'NOPOOL',
    help: 'RAM that is in no hugepage pool: what there is for all else.',
    source: '/proc/meminfo MemTotal - hugetlb_total',
    unit: 'bytes',
    kind: 'gauge',
    read: outsidePools,
  },
  mem_free: {
    title: 'FREE',
    help: 'RAM that nothing uses.',
    source: '/proc/meminfo MemFree',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('MemFree'),
  },
  mem_available: {
    title: 'AVAIL',
    help: 'RAM that programs could still get without swapping: the kernel’s estimate, without ZFS’s cache (ARC).',
    source: '/proc/meminfo MemAvailable',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('MemAvailable'),
  },
  mem_available_with_arc: {
    title: 'AVAIL+ARC',
    help: 'The same with what ZFS would give back of its cache; where there is no ZFS, the same.',
    source: '/proc/meminfo MemAvailable + arcstats min(size - c_min, evictable)',
    unit: 'bytes',
    kind: 'gauge',
    read: host => {
      const available = host.meminfo?.['MemAvailable'];
      return available === undefined ? undefined : available + (arcReclaimable(host) ?? 0);
    },
  },
  arc_size: {
    title: 'ARC',
    help: 'RAM of ZFS’s own cache (ARC), which is no page cache.',
    source: '/proc/spl/kstat/zfs/arcstats size',
    unit: 'bytes',
    kind: 'gauge',
    read: host => host.arc?.['size'],
  },
  arc_min: {
    title: 'ARCMIN',
    help: 'What ZFS keeps of its cache even where memory is short.',
    source: '/proc/spl/kstat/zfs/arcstats c_min',
    unit: 'bytes',
    kind: 'gauge',
    read: host => host.arc?.['c_min'],
  },
  buffers: {
    title: 'BUFFERS',
    help: 'Page cache of block devices.',
    source: '/proc/meminfo Buffers',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('Buffers'),
  },
  cached: {
    title: 'CACHED',
    help: 'Page cache of files, with tmpfs and shared memory in it.',
    source: '/proc/meminfo Cached',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('Cached'),
  },
  slab: {
    title: 'SLAB',
    help: 'Kernel objects.',
    source: '/proc/meminfo Slab',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('Slab'),
  },
  slab_reclaimable: {
    title: 'SRECL',
    help: 'Kernel objects that can be dropped when memory is short.',
    source: '/proc/meminfo SReclaimable',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('SReclaimable'),
  },
  page_tables: {
    title: 'PGTBL',
    help: 'Page tables of processes.',
    source: '/proc/meminfo PageTables',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('PageTables'),
  },
  kernel_stack: {
    title: 'KSTACK',
    help: 'Stacks of threads in the kernel.',
    source: '/proc/meminfo KernelStack',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('KernelStack'),
  },
  anon_pages: {
    title: 'ANON',
    help: 'Anonymous memory of processes that is mapped; a page shared by KSM counts once.',
    source: '/proc/meminfo AnonPages',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('AnonPages'),
  },
  anon_huge_pages: {
    title: 'ANONTHP',
    help: 'Anonymous memory in transparent huge pages.',
    source: '/proc/meminfo AnonHugePages',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('AnonHugePages'),
  },
  shmem: {
    title: 'SHMEM',
    help: 'Shared memory and tmpfs, memfd guests too.',
    source: '/proc/meminfo Shmem',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('Shmem'),
  },
  mapped: {
    title: 'MAPPED',
    help: 'Page cache that is mapped into processes.',
    source: '/proc/meminfo Mapped',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('Mapped'),
  },
  mlocked: {
    title: 'MLOCKED',
    help: 'Memory locked against swapping.',
    source: '/proc/meminfo Mlocked',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('Mlocked'),
  },
  swap_total: {
    title: 'SWAP',
    help: 'Size of all swap areas.',
    source: '/proc/meminfo SwapTotal',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('SwapTotal'),
  },
  swap_free: {
    title: 'SWAPFREE',
    help: 'Swap that is free.',
    source: '/proc/meminfo SwapFree',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('SwapFree'),
  },
  swap_cached: {
    title: 'SWPCACHE',
    help: 'Memory that is in RAM and still has its copy in swap.',
    source: '/proc/meminfo SwapCached',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('SwapCached'),
  },
  swap_used: {
    title: 'SWAPUSED',
    help: 'Swap in use: what was pushed out of RAM.',
    source: '/proc/meminfo SwapTotal - SwapFree',
    unit: 'bytes',
    kind: 'gauge',
    read: host => {
      const total = host.meminfo?.['SwapTotal'];
      const free = host.meminfo?.['SwapFree'];
      return total === undefined || free === undefined ? undefined : total - free;
    },
  },
  dirty: {
    title: 'DIRTY',
    help: 'Page cache that waits to be written to disk.',
    source: '/proc/meminfo Dirty',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('Dirty'),
  },
  writeback: {
    title: 'WRITEBK',
    help: 'Page cache being written to disk now.',
    source: '/proc/meminfo Writeback',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('Writeback'),
  },
  commit_limit: {
    title: 'CMTLIMIT',
    help: 'Most that may be promised when overcommit_memory is 2.',
    source: '/proc/meminfo CommitLimit',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('CommitLimit'),
  },
  committed_as: {
    title: 'COMMIT',
    help: 'What has been promised to processes.',
    source: '/proc/meminfo Committed_AS',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('Committed_AS'),
  },
  hugetlb_total: {
    title: 'HUGETLB',
    help: 'RAM in all hugepage pools, used or not.',
    source: '/proc/meminfo Hugetlb, else the sum of the pools, else HugePages_Total x Hugepagesize',
    unit: 'bytes',
    kind: 'gauge',
    read: hugetlbTotal,
  },
  percpu: {
    title: 'PERCPU',
    help: 'Per-processor kernel data.',
    source: '/proc/meminfo Percpu',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('Percpu'),
  },
  pcp_free: {
    title: 'PCPFREE',
    help: 'Free pages that each processor holds ready for itself: in neither free nor available memory.',
    source: '/proc/zoneinfo pagesets count x page size',
    unit: 'bytes',
    kind: 'gauge',
    needs: ['zoneinfo'],
    read: (host, sample) => times(host.zoneinfo?.['pagesets count'], sample.pageSize),
  },
  zswap_pool: {
    title: 'ZSWAP',
    help: 'RAM that zswap uses for what it compressed.',
    source: '/proc/meminfo Zswap',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('Zswap'),
  },
  zswap_stored: {
    title: 'ZSWAPPED',
    help: 'What zswap holds, before compression.',
    source: '/proc/meminfo Zswapped',
    unit: 'bytes',
    kind: 'gauge',
    read: meminfo('Zswapped'),
  },
  zram_stored: {
    title: 'ZRAM',
    help: 'What zram devices hold, before compression.',
    source: '/sys/block/zram*/mm_stat orig_data_size',
    unit: 'bytes',
    kind: 'gauge',
    needs: ['zram'],
    read: zramSum('orig_data_size'),
  },
  zram_used: {
    title: 'ZRAMMEM',
    help: 'RAM that zram devices use.',
    source: '/sys/block/zram*/mm_stat mem_used_total',
    unit: 'bytes',
    kind: 'gauge',
    needs: ['zram'],
    read: zramSum('mem_used_total'),
  },
  swap_in: {
    title: 'SWAPIN',
    help: 'Read back from swap.',
    source: '/proc/vmstat pswpin x page size',
    unit: 'bytes',
    kind: 'counter',
    needs: ['vmstat'],
    read: paged('pswpin'),
  },
  swap_out: {
    title: 'SWAPOUT',
    help: 'Pushed out to swap.',
    source: '/proc/vmstat pswpout x page size',
    unit: 'bytes',
    kind: 'counter',
    needs: ['vmstat'],
    read: paged('pswpout'),
  },
  major_faults: {
    title: 'MAJFLT',
    help: 'Page faults that had to wait for a disk.',
    source: '/proc/vmstat pgmajfault',
    unit: 'count',
    kind: 'counter',
    needs: ['vmstat'],
    read: event('pgmajfault'),
  },
  page_faults: {
    title: 'FAULTS',
    help: 'All page faults.',
    source: '/proc/vmstat pgfault',
    unit: 'count',
    kind: 'counter',
    needs: ['vmstat'],
    read: event('pgfault'),
  },
  page_in: {
    title: 'PGIN',
    help: 'Read from block devices for the page cache.',
    source: '/proc/vmstat pgpgin (KiB)',
    unit: 'bytes',
    kind: 'counter',
    needs: ['vmstat'],
    read: host => times(host.vmstat?.['pgpgin'], 1024),
  },
  page_out: {
    title: 'PGOUT',
    help: 'Written to block devices.',
    source: '/proc/vmstat pgpgout (KiB)',
    unit: 'bytes',
    kind: 'counter',
    needs: ['vmstat'],
    read: host => times(host.vmstat?.['pgpgout'], 1024),
  },
  refaults: {
    title: 'REFAULT',
    help: 'Page cache read again soon after it was dropped: the sign of too little memory.',
    source: '/proc/vmstat workingset_refault_file',
    unit: 'count',
    kind: 'counter',
    needs: ['vmstat'],
    read: event('workingset_refault_file'),
  },
  direct_scan: {
    title: 'DSCAN',
    help: 'Pages that processes had to scan themselves to get memory.',
    source: '/proc/vmstat pgscan_direct',
    unit: 'count',
    kind: 'counter',
    needs: ['vmstat'],
    read: event('pgscan_direct'),
  },
  oom_kills: {
    title: 'OOM',
    help: 'Processes killed for lack of memory.',
    source: '/proc/vmstat oom_kill',
    unit: 'count',
    kind: 'counter',
    needs: ['vmstat'],
    read: event('oom_kill'),
  },
  dirty_threshold: {
    title: 'DIRTYMAX',
    help: 'Dirty page cache at which writers are made to wait: in force now.',
    source: '/proc/vmstat nr_dirty_threshold x page size',
    unit: 'bytes',
    kind: 'gauge',
    needs: ['vmstat'],
    read: paged('nr_dirty_threshold'),
  },
  dirty_background_threshold: {
    title: 'DIRTYBG',
    help: 'Dirty page cache at which writing starts in the background: in force now.',
    source: '/proc/vmstat nr_dirty_background_threshold x page size',
    unit: 'bytes',
    kind: 'gauge',
    needs: ['vmstat'],
    read: paged('nr_dirty_background_threshold'),
  },
  psi_mem_some_avg10: {
    title: 'MEMS10',
    help: 'Part of the last 10 s in which at least one task waited for memory.',
    source: '/proc/pressure/memory some avg10',
    unit: 'ratio',
    kind: 'gauge',
    needs: ['pressure'],
    read: pressure('memory', 'some avg10'),
  },
  psi_mem_some_avg60: {
    title: 'MEMS60',
    help: 'Part of the last 60 s in which at least one task waited for memory.',
    source: '/proc/pressure/memory some avg60',
    unit: 'ratio',
    kind: 'gauge',
    needs: ['pressure'],
    read: pressure('memory', 'some avg60'),
  },
  psi_mem_some_avg300: {
    title: 'MEMS300',
    help: 'Part of the last 300 s in which at least one task waited for memory.',
    source: '/proc/pressure/memory some avg300',
    unit: 'ratio',
    kind: 'gauge',
    needs: ['pressure'],
    read: pressure('memory', 'some avg300'),
  },
  psi_mem_full_avg10: {
    title: 'MEMF10',
    help: 'Part of the last 10 s in which all tasks at once waited for memory.',
    source: '/proc/pressure/memory full avg10',
    unit: 'ratio',
    kind: 'gauge',
    needs: ['pressure'],
    read: pressure('memory', 'full avg10'),
  },
  psi_mem_full_avg60: {
    title: 'MEMF60',
    help: 'Part of the last 60 s in which all tasks at once waited for memory.',
    source: '/proc/pressure/memory full avg60',
    unit: 'ratio',
    kind: 'gauge',
    needs: ['pressure'],
    read: pressure('memory', 'full avg60'),
  },
  psi_mem_full_avg300: {
    title: 'MEMF300',
    help: 'Part of the last 300 s in which all tasks at once waited for memory.',
    source: '/proc/pressure/memory full avg300',
    unit: 'ratio',
    kind: 'gauge',
    needs: ['pressure'],
    read: pressure('memory', 'full avg300'),
  },
  psi_io_some_avg10: {
    title: 'IOS10',
    help: 'Part of the last 10 s in which at least one task waited for input and output.',
    source: '/proc/pressure/io some avg10',
    unit: 'ratio',
    kind: 'gauge',
    needs: ['pressure'],
    read: pressure('io', 'some avg10'),
  },
  psi_io_full_avg10: {
    title: 'IOF10',
    help: 'Part of the last 10 s in which all tasks at once waited for input and output.',
    source: '/proc/pressure/io full avg10',
    unit: 'ratio',
    kind: 'gauge',
    needs: ['pressure'],
    read: pressure('io', 'full avg10'),
  },
  psi_cpu_some_avg10: {
    title: 'CPUS10',
    help: 'Part of the last 10 s in which at least one task waited for a processor.',
    source: '/proc/pressure/cpu some avg10',
    unit: 'ratio',
    kind: 'gauge',
    needs: ['pressure'],
    read: pressure('cpu', 'some avg10'),
  },
  swappiness: {
    title: 'SWAPPINES',
    help: 'How readily anonymous memory is swapped against dropping page cache: 0 to 200.',
    source: '/proc/sys/vm/swappiness',
    unit: 'count',
    kind: 'gauge',
    needs: ['sysctls'],
    read: sysctl('vm.swappiness'),
  },
  overcommit_memory: {
    title: 'OVERCOMMI',
    help: '0 heuristic, 1 always, 2 never beyond CommitLimit.',
    source: '/proc/sys/vm/overcommit_memory',
    unit: 'count',
    kind: 'gauge',
    needs: ['sysctls'],
    read: sysctl('vm.overcommit_memory'),
  },
  overcommit_ratio: {
    title: 'OVERCOMMI',
    help: 'Percentage of RAM that counts towards CommitLimit.',
    source: '/proc/sys/vm/overcommit_ratio',
    unit: 'count',
    kind: 'gauge',
    needs: ['sysctls'],
    read: sysctl('vm.overcommit_ratio'),
  },
  vfs_cache_pressure: {
    title: 'VFS_CACHE',
    help: 'How readily directory and inode caches are dropped; 100 is even.',
    source: '/proc/sys/vm/vfs_cache_pressure',
    unit: 'count',
    kind: 'gauge',
    needs: ['sysctls'],
    read: sysctl('vm.vfs_cache_pressure'),
  },
  dirty_ratio: {
    title: 'DIRTY_RAT',
    help: 'Percentage of available memory that may be dirty before writers wait; 0 when dirty_bytes rules.',
    source: '/proc/sys/vm/dirty_ratio',
    unit: 'count',
    kind: 'gauge',
    needs: ['sysctls'],
    read: sysctl('vm.dirty_ratio'),
  },
  dirty_background_ratio: {
    title: 'DIRTY_BAC',
    help: 'Percentage of available memory at which background writing starts; 0 when its bytes rule.',
    source: '/proc/sys/vm/dirty_background_ratio',
    unit: 'count',
    kind: 'gauge',
    needs: ['sysctls'],
    read: sysctl('vm.dirty_background_ratio'),
  },
  watermark_scale_factor: {
    title: 'WATERMARK',
    help: 'Distance between the reclaim watermarks, in 1/10000 of memory.',
    source: '/proc/sys/vm/watermark_scale_factor',
    unit: 'count',
    kind: 'gauge',
    needs: ['sysctls'],
    read: sysctl('vm.watermark_scale_factor'),
  },
  min_free: {
    title: 'MINFREE',
    help: 'RAM that the kernel keeps free for its own allocations.',
    source: '/proc/sys/vm/min_free_kbytes',
    unit: 'bytes',
    kind: 'gauge',
    needs: ['sysctls'],
    read: host => times(host.sysctls?.['vm.min_free_kbytes'], 1024),
  },
  ksm_run: {
    title: 'KSMRUN',
    help: '0 stopped (merged pages stay merged), 1 runs, 2 unmerged everything.',
    source: '/sys/kernel/mm/ksm/run',
    unit: 'count',
    kind: 'gauge',
    needs: ['ksm'],
    read: ksm('run'),
  },
  ksm_pages_shared: {
    title: 'KSMSHARED',
    help: 'Pages that KSM keeps, each once, for several users.',
    source: '/sys/kernel/mm/ksm/pages_shared',
    unit: 'count',
    kind: 'gauge',
    needs: ['ksm'],
    read: ksm('pages_shared'),
  },
  ksm_pages_sharing: {
    title: 'KSMSHARNG',
    help: 'Further places that use those pages: what is saved.',
    source: '/sys/kernel/mm/ksm/pages_sharing',
    unit: 'count',
    kind: 'gauge',
    needs: ['ksm'],
    read: ksm('pages_sharing'),
  },
  ksm_pages_unshared: {
    title: 'KSMUNSHR',
    help: 'Pages scanned that were alone of their kind.',
    source: '/sys/kernel/mm/ksm/pages_unshared',
    unit: 'count',
    kind: 'gauge',
    needs: ['ksm'],
    read: ksm('pages_unshared'),
  },
  ksm_pages_volatile: {
    title: 'KSMVOLAT',
    help: 'Pages that change too fast to be merged.',
    source: '/sys/kernel/mm/ksm/pages_volatile',
    unit: 'count',
    kind: 'gauge',
    needs: ['ksm'],
    read: ksm('pages_volatile'),
  },
  ksm_saved: {
    title: 'KSMSAVED',
    help: 'RAM that merging saves, before its own cost.',
    source: '/sys/kernel/mm/ksm (pages_sharing + ksm_zero_pages) x page size',
    unit: 'bytes',
    kind: 'gauge',
    needs: ['ksm'],
    read: ksmSaved,
  },
  ksm_profit: {
    title: 'KSMPROFIT',
    help: 'RAM saved, less what KSM’s own records take; negative means that it costs more than it earns.',
    source: '/sys/kernel/mm/ksm/general_profit',
    unit: 'bytes',
    kind: 'gauge',
    needs: ['ksm'],
    read: ksm('general_profit'),
  },
  ksm_full_scans: {
    title: 'KSMSCANS',
    help: 'Times that KSM has looked at everything.',
    source: '/sys/kernel/mm/ksm/full_scans',
    unit: 'count',
    kind: 'gauge',
    needs: ['ksm'],
    read: ksm('full_scans'),
  },
  ksm_scanned: {
    title: 'KSMSCAN',
    help: 'What KSM has scanned.',
    source: '/sys/kernel/mm/ksm/pages_scanned x page size',
    unit: 'bytes',
    kind: 'counter',
    needs: ['ksm'],
    read: (host, sample) => times(ksm('pages_scanned')(host, sample), sample.pageSize),
  },
  ksm_scan_ceiling: {
    title: 'KSMCEIL',
    help: 'Most that KSM can scan a second at its present settings.',
    source: '/sys/kernel/mm/ksm pages_to_scan x page size / sleep_millisecs',
    unit: 'bytes_per_second',
    kind: 'gauge',
    needs: ['ksm'],
    read: ksmScanCeiling,
  },
  swaps_size: {
    title: 'SWAPSIZE',
    help: 'Size of the swap areas in use, summed.',
    source: '/proc/swaps',
    unit: 'bytes',
    kind: 'gauge',
    needs: ['swaps'],
    read: swapSize,
  },
  load1: {
    title: 'LOAD1',
    help: 'Tasks running or waiting, mean of the last minute.',
    source: '/proc/loadavg',
    unit: 'count',
    kind: 'gauge',
    read: host => host.loadavg?.['load1'],
  },
  load5: {
    title: 'LOAD5',
    help: 'Tasks running or waiting, mean of the last five minutes.',
    source: '/proc/loadavg',
    unit: 'count',
    kind: 'gauge',
    read: host => host.loadavg?.['load5'],
  },
  load15: {
    title: 'LOAD15',
    help: 'Tasks running or waiting, mean of the last fifteen minutes.',
    source: '/proc/loadavg',
    unit: 'count',
    kind: 'gauge',
    read: host => host.loadavg?.['load15'],
  },
  uptime: {
    title: 'UPTIME',
    help: 'Time since boot.',
    source: '/proc/uptime',
    unit: 'seconds',
    kind: 'gauge',
    read: host => host.uptime,
  },
  guests: {
    title: 'GUESTS',
    help: 'Guests found.',
    source: 'processes',
    unit: 'count',
    kind: 'gauge',
    read: (_host, sample) => sample.guests.length,
  },
  guests_mem_max: {
    title: 'SUMMAX',
    help: 'Most that all guests together may claim.',
    source: 'sum of mem_max',
    unit: 'bytes',
    kind: 'gauge',
    read: overGuests(guestFields.mem_max.read),
  },
  guests_actual: {
    title: 'SUMACT',
    help: 'What all guests together have been given now: all that is plugged into them, less what their balloons hold.',
    source: 'sum of mem_size, less what balloons hold',
    unit: 'bytes',
    kind: 'gauge',
    read: overGuests(given),
  },
  guests_held: {
    title: 'SUMHELD',
    help: 'What the host holds for all guests together.',
    source: 'sum of held',
    unit: 'bytes',
    kind: 'gauge',
    needs: ['ksm', 'guest_ksm_stat', 'pools'],
    most: 'guests_held_most',
    read: overGuests(guestFields.held.read),
  },
  guests_held_most: {
    title: 'SUMMOST',
    help: 'The most that the host can hold for all guests together, where how much it is can’t be told.',
    source: 'sum of held, or held_most',
    unit: 'bytes',
    kind: 'gauge',
    needs: ['ksm', 'guest_ksm_stat', 'pools'],
    read: (host, sample) =>
      overGuests(guestFields.held.read)(host, sample) === undefined
        ? overGuests((guest, all) => guestHeld(guest, all)?.bytes)(host, sample)
        : undefined,
  },
  ...activityFields,
} as const satisfies Record<string, HostField>;

export type HostFieldId = keyof typeof hostFields;
