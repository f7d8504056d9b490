import type { HostSample, Numbers } from '../sample.ts';
import { MiB } from '../units.ts';
import { bootedFor } from './guest.ts';
import { pageSize, wholePages } from './inside.ts';
import { identity, sysctls, thp, zswap } from './settings.ts';
import type { World } from './world.ts';

/** How what the host itself uses is made up; the rest is what no counter explains. */
const own = {
  anon: 0.65,
  shmem: 0.02,
  slabReclaimable: 0.12,
  slabUnreclaimable: 0.1,
  pageTables: 0.01,
  kernelStack: 0.005,
} as const;

/** What the kernel's files say of the simulated host, those that matter here. */
export const hostSample = (world: World): HostSample => {
  const meminfo = meminfoOf(world);
  const used = (meminfo['SwapTotal'] ?? 0) - (meminfo['SwapFree'] ?? 0);
  return {
    ...identity,
    hostname: 'simulated',
    uptime: bootedFor + world.time,
    meminfo,
    vmstat: vmstatOf(world, meminfo),
    swaps: [{ path: '/dev/dm-1', type: 'partition', size: meminfo['SwapTotal'] ?? 0, used, priority: -2 }],
    pressure: {
      memory: world.meters.pressure.memory.numbers,
      cpu: world.meters.pressure.cpu.numbers,
      io: world.meters.pressure.io.numbers,
    },
    ksm: world.ksm.values(world.guests),
    pools: [],
    nodes: [],
    zswap,
    zram: [],
    sysctls: { ...sysctls, 'vm.min_free_kbytes': Math.floor(world.marks.min / 1024), 'vm.nr_hugepages': 0 },
    thp,
  };
};

const meminfoOf = (world: World): Numbers => {
  const { scenario, guests, cache } = world;
  const sum = (amount: (guest: (typeof guests)[number]) => number): number =>
    guests.reduce((total, guest) => total + amount(guest), 0);
  const part = (of: keyof typeof own): number => wholePages(own[of] * world.own);
  const swapped = wholePages(world.swapped);
  const shmem = part('shmem');
  const files = wholePages(cache);
  const anon = Math.max(0, wholePages(part('anon') + sum(guest => guest.resident + guest.overhead) - world.saved));
  const tables = wholePages(sum(guest => guest.pageTables));
  return {
    MemTotal: scenario.host.memory,
    MemFree: Math.max(0, wholePages(world.free)),
    MemAvailable: wholePages(world.available),
    Buffers: 0,
    Cached: files + shmem,
    SwapCached: 0,
    'Active(anon)': wholePages(anon * 0.6),
    'Inactive(anon)': anon - wholePages(anon * 0.6),
    'Active(file)': wholePages(files * 0.5),
    'Inactive(file)': files - wholePages(files * 0.5),
    SwapTotal: scenario.host.swap,
    SwapFree: scenario.host.swap - swapped,
    Dirty: 0,
    Writeback: 0,
    AnonPages: anon,
    Mapped: shmem,
    Shmem: shmem,
    Slab: part('slabReclaimable') + part('slabUnreclaimable'),
    SReclaimable: part('slabReclaimable'),
    SUnreclaim: part('slabUnreclaimable'),
    KernelStack: part('kernelStack'),
    PageTables: part('pageTables') + tables,
    SecPageTables: tables,
    CommitLimit: wholePages(scenario.host.memory / 2) + scenario.host.swap,
    Committed_AS: wholePages(world.own + sum(guest => guest.spec.size + 300 * MiB)),
    HugePages_Total: 0,
    HugePages_Free: 0,
    HugePages_Rsvd: 0,
    HugePages_Surp: 0,
    Hugepagesize: 2 * MiB,
    Hugetlb: 0,
  };
};

const vmstatOf = (world: World, meminfo: Numbers): Numbers => {
  const { refaults, ...events } = Object.fromEntries(
    Object.entries(world.meters.counters).map(([key, value]) => [key, Math.floor(value)]),
  );
  const cached = (meminfo['Cached'] ?? 0) + (meminfo['MemFree'] ?? 0);
  return {
    nr_free_pages: (meminfo['MemFree'] ?? 0) / pageSize,
    nr_anon_pages: (meminfo['AnonPages'] ?? 0) / pageSize,
    nr_dirty_threshold: Math.floor((cached * 0.2) / pageSize),
    nr_dirty_background_threshold: Math.floor((cached * 0.1) / pageSize),
    workingset_refault_file: refaults ?? 0,
    ...events,
  };
};
