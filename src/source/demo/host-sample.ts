import type { HostSample, NodeSample, Numbers, PoolSample } from '../../sample.ts';
import { identity, ksmSettings, sysctls, thp, zswap } from '../../simulator/settings.ts';
import { GiB, MiB } from '../../units.ts';
import { bootedFor, inPages, pageSize } from './guest.ts';
import { type DemoHost, memTotal, pools, swapTotal } from './host.ts';
import { kvmOf } from './kvm.ts';
import { processesOf } from './processes.ts';

type Parts = DemoHost['parts'];

/** What the kernel's files say of the simulated host, all of them. `time` in seconds from the demo's begin. */
export const hostSample = (host: DemoHost, time: number): HostSample => {
  const { parts } = host;
  const filled = pools.map(pool => poolSample(host, pool));
  const meminfo = meminfoOf(host, parts, filled);
  const [load1, load5, load15] = host.load.map(mean => Math.round(mean * 100) / 100) as [number, number, number];
  const used = swapTotal - (meminfo['SwapFree'] ?? 0);
  return {
    ...identity,
    uptime: Math.round((bootedFor + time) * 100) / 100,
    loadavg: {
      load1,
      load5,
      load15,
      running: Math.ceil(load1),
      total: 1180,
      last_pid: 2_418_733 + Math.floor(time * 3),
    },
    meminfo,
    vmstat: vmstatOf(host, parts, meminfo),
    zoneinfo: { 'pagesets count': (70 * MiB) / pageSize },
    swaps: [{ path: '/dev/dm-1', type: 'partition', size: swapTotal, used, priority: -2 }],
    pressure: {
      memory: host.pressure.memory.numbers,
      cpu: host.pressure.cpu.numbers,
      io: host.pressure.io.numbers,
    },
    ksm: {
      ...ksmSettings,
      full_scans: Math.floor(host.counters.full_scans),
      general_profit: parts.ksm.sharing * pageSize - parts.ksm.items * 64,
      ksm_zero_pages: 0,
      pages_scanned: host.counters.pages_scanned,
      pages_shared: parts.ksm.shared,
      pages_sharing: parts.ksm.sharing,
      pages_skipped: Math.floor(host.counters.pages_scanned * 0.7),
      ...unmerged(parts),
    },
    pools: [...filled, ...[0, 1].flatMap(node => filled.map(pool => poolOfNode(pool, node)))],
    nodes: [0, 1].map(node => nodeSample(meminfo, filled[0], node)),
    zswap,
    zram: [],
    sysctls,
    thp,
    stat: host.activity.stat,
    processes: processesOf(host.guests, time),
    kvm: kvmOf(host.guests),
  };
};

/** Pages that KSM looked at and did not merge: alone of their kind, or changing too fast. */
const unmerged = ({ ksm }: Parts) => {
  const rest = ksm.items - ksm.shared - ksm.sharing;
  const pages_volatile = Math.floor(rest * 0.12);
  return { pages_volatile, pages_unshared: rest - pages_volatile };
};

const poolSample = (host: DemoHost, pool: (typeof pools)[number]): PoolSample => {
  const users = host.guests.filter(guest => guest.spec.hugepage === pool.pageSize);
  const used = users.reduce((sum, guest) => sum + guest.touched, 0) / pool.pageSize;
  const promised = users.reduce((sum, guest) => sum + guest.spec.size, 0) / pool.pageSize;
  return {
    pageSize: pool.pageSize,
    counts: {
      free_hugepages: pool.pages - used,
      nr_hugepages: pool.pages,
      nr_hugepages_mempolicy: pool.pages,
      nr_overcommit_hugepages: 0,
      resv_hugepages: promised - used,
      surplus_hugepages: 0,
    },
  };
};

/** Node 0 has the odd page. */
const half = (count: number, node: number): number => (node === 0 ? Math.ceil(count / 2) : Math.floor(count / 2));

const poolOfNode = ({ pageSize: size, counts }: PoolSample, node: number): PoolSample => ({
  pageSize: size,
  node,
  counts: {
    free_hugepages: half(counts['free_hugepages'] ?? 0, node),
    nr_hugepages: half(counts['nr_hugepages'] ?? 0, node),
    surplus_hugepages: 0,
  },
});

const meminfoOf = (host: DemoHost, parts: Parts, filled: readonly PoolSample[]): Numbers => {
  const { dirty, writing } = host.writeback;
  const { anon, shmem, cache, free } = parts;
  const activeAnon = inPages(anon * 0.35);
  const activeFile = inPages(cache * 0.6);
  const inactiveAnon = anon + shmem - activeAnon;
  const inactiveFile = cache + parts.buffers - activeFile;
  const ordinary = host.guests.filter(guest => guest.backend !== 'hugetlb');
  const small = filled[0]?.counts;
  return {
    MemTotal: memTotal,
    MemFree: free,
    MemAvailable: inPages(free + 0.9 * cache + 0.8 * parts.slabReclaimable - 88 * MiB),
    Buffers: parts.buffers,
    Cached: cache + shmem,
    SwapCached: inPages(parts.swapped / 200),
    Active: activeAnon + activeFile,
    Inactive: inactiveAnon + inactiveFile,
    'Active(anon)': activeAnon,
    'Inactive(anon)': inactiveAnon,
    'Active(file)': activeFile,
    'Inactive(file)': inactiveFile,
    Unevictable: 18 * MiB,
    Mlocked: 18 * MiB,
    SwapTotal: swapTotal,
    SwapFree: swapTotal - parts.swapped - 96 * MiB,
    Zswap: 0,
    Zswapped: 0,
    Dirty: dirty,
    Writeback: writing,
    AnonPages: anon,
    Mapped: shmem + 140 * MiB,
    Shmem: shmem,
    KReclaimable: parts.slabReclaimable,
    Slab: parts.slabReclaimable + parts.slabUnreclaimable,
    SReclaimable: parts.slabReclaimable,
    SUnreclaim: parts.slabUnreclaimable,
    KernelStack: parts.kernelStack,
    PageTables: parts.pageTables,
    SecPageTables: parts.secPageTables,
    CommitLimit: inPages((memTotal - parts.hugetlb) / 2) + swapTotal,
    Committed_AS: ordinary.reduce((sum, guest) => sum + guest.spec.size + 300 * MiB, 3 * GiB),
    Percpu: 62 * MiB,
    AnonHugePages: Math.floor((anon * 0.5) / (2 * MiB)) * 2 * MiB,
    HugePages_Total: small?.['nr_hugepages'] ?? 0,
    HugePages_Free: small?.['free_hugepages'] ?? 0,
    HugePages_Rsvd: small?.['resv_hugepages'] ?? 0,
    HugePages_Surp: 0,
    Hugepagesize: 2 * MiB,
    Hugetlb: parts.hugetlb,
    DirectMap4k: 1340 * MiB,
    DirectMap2M: 20 * GiB,
    DirectMap1G: 108 * GiB,
  };
};

/** What a node's meminfo has in common with the host's. */
const nodeKeys = [
  'MemTotal',
  'MemFree',
  'Active',
  'Inactive',
  'Dirty',
  'Writeback',
  'AnonPages',
  'Shmem',
  'KernelStack',
  'PageTables',
  'Slab',
];

const nodeSample = (meminfo: Numbers, small: PoolSample | undefined, node: number): NodeSample => {
  const share = (bytes: number): number => half(bytes / pageSize, node) * pageSize;
  const numbers: Record<string, number> = {};
  for (const key of nodeKeys) numbers[key] = share(meminfo[key] ?? 0);
  const counts = small && poolOfNode(small, node).counts;
  return {
    id: node,
    meminfo: {
      ...numbers,
      MemUsed: (numbers['MemTotal'] ?? 0) - (numbers['MemFree'] ?? 0),
      FilePages: share((meminfo['Cached'] ?? 0) + (meminfo['Buffers'] ?? 0)),
      HugePages_Total: counts?.['nr_hugepages'] ?? 0,
      HugePages_Free: counts?.['free_hugepages'] ?? 0,
      HugePages_Surp: 0,
    },
  };
};

const vmstatOf = (host: DemoHost, parts: Parts, meminfo: Numbers): Numbers => {
  const { pages_scanned: _, full_scans: __, refaults, ...counters } = host.counters;
  const pages = (key: string): number => Math.floor((meminfo[key] ?? 0) / pageSize);
  const dirtyable = (parts.free + parts.cache) / pageSize;
  return {
    nr_free_pages: pages('MemFree'),
    nr_inactive_anon: pages('Inactive(anon)'),
    nr_active_anon: pages('Active(anon)'),
    nr_inactive_file: pages('Inactive(file)'),
    nr_active_file: pages('Active(file)'),
    nr_unevictable: pages('Unevictable'),
    nr_mlock: pages('Mlocked'),
    nr_slab_reclaimable: pages('SReclaimable'),
    nr_slab_unreclaimable: pages('SUnreclaim'),
    nr_anon_pages: pages('AnonPages'),
    nr_mapped: pages('Mapped'),
    nr_file_pages: pages('Cached') + pages('Buffers') + pages('SwapCached'),
    nr_dirty: pages('Dirty'),
    nr_writeback: pages('Writeback'),
    nr_shmem: pages('Shmem'),
    nr_page_table_pages: pages('PageTables'),
    nr_sec_page_table_pages: pages('SecPageTables'),
    nr_swapcached: pages('SwapCached'),
    nr_dirty_threshold: Math.floor(dirtyable * 0.2),
    nr_dirty_background_threshold: Math.floor(dirtyable * 0.1),
    ...counters,
    pgsteal_kswapd: Math.floor(counters.pgscan_kswapd * 0.8),
    pgsteal_direct: Math.floor(counters.pgscan_direct * 0.6),
    workingset_refault_anon: Math.floor(counters.pswpin * 0.3),
    workingset_refault_file: refaults,
    ...host.activity.vmstat,
    oom_kill: 0,
  };
};
