import type { Backing, GuestSample } from '../sample.ts';
import { kindOf } from '../vmm/kinds.ts';
import { balloonMaximum, isUnseen, memSize, mostMemory, ramByKind } from '../vmm/memory.ts';
import { isMigrating } from '../vmm/qemu/migration.ts';
import { ageOf, fromTheFuture } from './age.ts';
import type { GuestField } from './field.ts';
import { guestHeld } from './held.ts';
import { kvmFields } from './kvm.ts';
import { whyNotMerged } from './mergeable.ts';
import { estimateMigration } from './migration.ts';

type Read = GuestField['read'];

const status =
  (key: string): Read =>
  guest =>
    guest.process.status?.[key];

/** Said when the host's side of a guest can't be read. */
const noProcess = (guest: GuestSample): string =>
  guest.process.status ? 'this kernel does not tell it' : 'its process could not be read';

/** Of guests under SEV-SNP and TDX. */
const unseen = 'its memory is in a guest_memfd: no counter of its process tells of that';

const heldWhy = (guest: GuestSample): string => {
  const { status } = guest.process;
  if (!status) return noProcess(guest);
  if (isUnseen(guest)) return unseen;
  if (status['RssAnon'] === undefined) return 'this kernel tells no kinds of RAM of a process (4.5): at most VmRSS';
  return `${ksmStatWhy(guest)}: merged pages count in full`;
};

const ksmStatWhy = (guest: GuestSample): string =>
  guest.process.ksm_stat ? 'this kernel does not tell it' : 'needs root, and a kernel that tells it (5.19)';

/** Why nothing is known from inside the guest; ordered from the outside in. */
const insideWhy = (guest: GuestSample): string => {
  const { monitor } = guest;
  if (!monitor.balloon) return monitor.reason ?? 'its monitor has not answered yet';
  if (!monitor.balloon.device) return noBalloon(guest);
  if (monitor.balloon.stats) return 'its balloon driver does not report this';
  if (monitor.balloon.pollingInterval === 0) return 'statistics are off: no polling interval is set';
  return 'its balloon driver has never reported: not loaded, or still booting';
};

const noBalloon = (guest: GuestSample): string => {
  const { balloon } = kindOf(guest);
  return `it has no balloon device: ${'unable' in balloon ? balloon.unable : balloon.missing}`;
};

const actualWhy = (guest: GuestSample): string => {
  const { balloon } = guest.monitor;
  if (!balloon) return insideWhy(guest);
  return balloon.device ? 'its VMM does not tell it' : noBalloon(guest);
};

const stat =
  (key: string): ((guest: GuestSample) => number | undefined) =>
  guest =>
    guest.monitor.balloon?.stats?.values[key];

/** The guest's counters move when its driver reports, so a rate is taken between its last two reports. */
const statRate =
  (key: string) =>
  (guest: GuestSample): number | undefined => {
    const { stats, earlier } = guest.monitor.balloon ?? {};
    const now = stats?.values[key];
    const before = earlier?.values[key];
    if (!stats || !earlier || now === undefined || before === undefined) return undefined;
    const seconds = stats.lastUpdate - earlier.lastUpdate;
    return seconds > 0 && now >= before ? (now - before) / seconds : undefined;
  };

/** RAM as the guest counts it, no more than QEMU says that it has: bytes. */
const believedTotal = (guest: GuestSample): number | undefined => {
  const total = stat('stat-total-memory')(guest);
  const size = guest.monitor.memory ? memSize(guest) : undefined;
  return total === undefined || size === undefined ? total : Math.min(total, size);
};

/**
 * What the guest itself counts, its balloon not: bytes. With deflate-on-oom Linux's driver leaves its total as it is, so
 * all that the balloon holds looks used; drivers/virtio/virtio_balloon.c: fill_balloon(). An old driver that does not know
 * it lowers the total all the same, as far as can be told from numbers: then nothing must be taken off twice.
 */
export const ownTotal = (guest: GuestSample): number | undefined => {
  const { balloon } = guest.monitor;
  const total = believedTotal(guest);
  if (total === undefined || !balloon?.deflateOnOom) return total;
  const maximum = balloonMaximum(guest);
  const size = memSize(guest);
  const actual = balloon.stats?.actual ?? balloon.actual;
  if (maximum === undefined || size === undefined || actual === undefined) return undefined;
  const held = Math.max(0, maximum - actual);
  return total > size - held ? total - held : total;
};

/** Total less what is free, with the page cache: bytes. A driver may report numbers of two moments, so never below 0. */
const usedWithCache = (guest: GuestSample): number | undefined => {
  const total = ownTotal(guest);
  const free = stat('stat-free-memory')(guest);
  return total === undefined || free === undefined ? undefined : Math.max(0, total - free);
};

/** Total less what is available: bytes. A small guest's kernel calls less available than is free; that is no use of it. */
const used = (guest: GuestSample): number | undefined => {
  const total = ownTotal(guest);
  const available = stat('stat-available-memory')(guest);
  if (total === undefined || available === undefined) return undefined;
  return Math.max(0, total - Math.max(available, stat('stat-free-memory')(guest) ?? 0));
};

/** Of all virtio-mem devices of the guest together; a part of one that QEMU did not tell makes it unknown. */
const virtioMem =
  (key: string): Read =>
  guest => {
    const devices = guest.monitor.memoryDevices?.filter(({ type }) => type === 'virtio-mem') ?? [];
    const parts = devices.map(({ values }) => values[key]);
    return parts.length === 0 || parts.includes(undefined)
      ? undefined
      : parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  };

const virtioMemWhy = (guest: GuestSample): string => {
  const { memoryDevices, reason } = guest.monitor;
  return memoryDevices ? 'it has no virtio-mem device' : (reason ?? 'its monitor does not tell it');
};

/** Known only while a migration is under way: what was left of an ended one is no news. */
const migrating =
  (of: (migration: NonNullable<GuestSample['monitor']['migration']>) => number | undefined): Read =>
  ({ monitor: { migration } }) =>
    migration && isMigrating(migration) ? of(migration) : undefined;

const migrationWhy = (guest: GuestSample): string =>
  isMigrating(guest.monitor.migration) ? 'QEMU does not tell it yet' : 'no migration is under way';

const noLimit = (guest: GuestSample): string => kindOf(guest).unlimited(guest);

const kindSource = 'command line (what was plugged later: as boot memory):';

const ofKind = (kind: Backing) =>
  ({
    unit: 'bytes',
    kind: 'gauge',
    read: (guest: GuestSample) => {
      const amounts = ramByKind(guest);
      return amounts && (amounts[kind] ?? 0);
    },
    why: () => 'what its memory is made of is not known',
  }) as const;

/** What kvmtop knows of a guest. An entry here is all that a new number takes. */
export const guestFields = {
  mem_size: {
    title: 'SIZE',
    help: 'Memory plugged now: boot memory, DIMMs and virtio-mem.',
    source: 'QMP query-memory-size-summary base-memory + plugged-memory, else -m',
    unit: 'bytes',
    kind: 'gauge',
    read: memSize,
    why: () => 'neither its monitor nor its command line tells it',
  },
  mem_max: {
    title: 'MAX',
    help: 'Most the guest can have: maxmem, unless that is a formality, else its size and all that its virtio-mem can plug.',
    source:
      '-m maxmem (if less than the host’s RAM, and not Proxmox’s), else mem_size + virtio_mem_max - virtio_mem_size',
    unit: 'bytes',
    kind: 'gauge',
    read: (guest, sample) => mostMemory(guest, sample.host.meminfo?.['MemTotal']),
    why: () => 'neither its monitor nor its command line tells it',
  },
  ram_private: {
    title: 'PRIVATE',
    help: 'Of its size: private memory, which alone KSM can merge.',
    source: `${kindSource} memory-backend-ram, private files`,
    ...ofKind('anon'),
  },
  ram_shared: {
    title: 'SHARED',
    help: 'Of its size: shared memory (memfd, or files in memory).',
    source: `${kindSource} memory-backend-memfd, -shm, shared files on a tmpfs`,
    ...ofKind('shmem'),
  },
  ram_file: {
    title: 'INFILES',
    help: 'Of its size: shared files on a disk, which the host can write there.',
    source: `${kindSource} memory-backend-file,share=on`,
    ...ofKind('file'),
  },
  ram_hugepages: {
    title: 'INHUGE',
    help: 'Of its size: hugepages. A balloon frees none of that.',
    source: `${kindSource} hugetlb=on, files on a hugetlbfs; at least HugetlbPages`,
    ...ofKind('hugetlb'),
  },
  balloon_target: {
    title: 'TARGET',
    help: 'Size asked for by kvmtop in this session; QEMU can’t be asked what others wanted.',
    source: 'remembered; Firecracker GET /balloon, Cloud Hypervisor vm.info',
    unit: 'bytes',
    kind: 'gauge',
    read: guest => guest.monitor.balloon?.target ?? guest.balloonTarget,
    why: () => 'kvmtop has not set it, and its VMM does not tell it',
  },
  balloon_actual: {
    title: 'BALLOON',
    help: 'What its balloon leaves the guest of boot memory and DIMMs.',
    source:
      'QMP query-balloon actual; Firecracker GET /balloon/statistics, Cloud Hypervisor vm.info, crosvm balloon_stats',
    unit: 'bytes',
    kind: 'gauge',
    read: (guest: GuestSample) => guest.monitor.balloon?.actual,
    why: actualWhy,
  },
  guest_total: {
    title: 'GTOTAL',
    help: 'RAM as the guest’s kernel counts it; shrinks with the balloon unless it deflates on OOM.',
    source: 'QMP guest-stats stat-total-memory',
    unit: 'bytes',
    kind: 'gauge',
    read: stat('stat-total-memory'),
    why: insideWhy,
  },
  guest_free: {
    title: 'GFREE',
    help: 'RAM that nothing in the guest uses.',
    source: 'QMP guest-stats stat-free-memory',
    unit: 'bytes',
    kind: 'gauge',
    read: stat('stat-free-memory'),
    why: insideWhy,
  },
  guest_available: {
    title: 'GAVAIL',
    help: 'RAM that programs in the guest could still get without swapping.',
    source: 'QMP guest-stats stat-available-memory',
    unit: 'bytes',
    kind: 'gauge',
    read: stat('stat-available-memory'),
    why: insideWhy,
  },
  guest_caches: {
    title: 'GCACHE',
    help: 'The guest’s page cache.',
    source: 'QMP guest-stats stat-disk-caches',
    unit: 'bytes',
    kind: 'gauge',
    read: stat('stat-disk-caches'),
    why: insideWhy,
  },
  guest_used: {
    title: 'USED',
    help: 'What the guest itself needs: total less available, so page cache that it could drop is not in it.',
    source:
      'QMP guest-stats stat-total-memory - max(stat-available-memory, stat-free-memory), less the balloon with deflate-on-oom',
    unit: 'bytes',
    kind: 'gauge',
    read: used,
    why: insideWhy,
  },
  guest_used_cache: {
    title: 'USED+C',
    help: 'What the guest uses with its page cache: total less free.',
    source: 'QMP guest-stats stat-total-memory - stat-free-memory, less the balloon with deflate-on-oom',
    unit: 'bytes',
    kind: 'gauge',
    read: usedWithCache,
    why: insideWhy,
  },
  guest_swap_in: {
    title: 'GSWPIN',
    help: 'Read back from the guest’s own swap.',
    source: 'QMP guest-stats stat-swap-in',
    unit: 'bytes',
    kind: 'counter',
    read: stat('stat-swap-in'),
    rate: statRate('stat-swap-in'),
    why: insideWhy,
  },
  guest_swap_out: {
    title: 'GSWPOUT',
    help: 'Pushed out to the guest’s own swap.',
    source: 'QMP guest-stats stat-swap-out',
    unit: 'bytes',
    kind: 'counter',
    read: stat('stat-swap-out'),
    rate: statRate('stat-swap-out'),
    why: insideWhy,
  },
  guest_major_faults: {
    title: 'GMAJFLT',
    help: 'Page faults in the guest that had to wait for its disk.',
    source: 'QMP guest-stats stat-major-faults',
    unit: 'count',
    kind: 'counter',
    read: stat('stat-major-faults'),
    rate: statRate('stat-major-faults'),
    why: insideWhy,
  },
  guest_minor_faults: {
    title: 'GMINFLT',
    help: 'Page faults in the guest that needed no disk.',
    source: 'QMP guest-stats stat-minor-faults',
    unit: 'count',
    kind: 'counter',
    read: stat('stat-minor-faults'),
    rate: statRate('stat-minor-faults'),
    why: insideWhy,
  },
  guest_hugepage_fails: {
    title: 'GHUGEFAIL',
    help: 'Hugepages that a program in the guest asked for and its kernel did not have.',
    source: 'QMP guest-stats stat-htlb-pgfail',
    unit: 'count',
    kind: 'counter',
    read: stat('stat-htlb-pgfail'),
    rate: statRate('stat-htlb-pgfail'),
    why: insideWhy,
  },
  stats_age: {
    title: 'AGE',
    help: 'Time since the guest’s driver last reported; what is old is told, not trusted.',
    source: 'now - QMP guest-stats last-update',
    unit: 'seconds',
    kind: 'gauge',
    read: (guest, sample) => ageOf(sample.time, guest.monitor.balloon?.stats?.lastUpdate),
    why: guest => (guest.monitor.balloon?.stats ? `its last report ${fromTheFuture}` : insideWhy(guest)),
  },
  monitor_age: {
    title: 'MONAGE',
    help: 'Time since the guest’s monitor last answered.',
    source: 'kvmtop',
    unit: 'seconds',
    kind: 'gauge',
    read: (guest, sample) => ageOf(sample.time, guest.monitor.time),
    why: ({ monitor: { time, reason } }) => (time === undefined ? reason : `its last answer ${fromTheFuture}`),
  },
  stats_interval: {
    title: 'POLL',
    help: 'How often QEMU asks the guest’s driver; 0 is never.',
    source: 'QMP guest-stats-polling-interval',
    unit: 'seconds',
    kind: 'gauge',
    read: guest => guest.monitor.balloon?.pollingInterval,
    why: actualWhy,
  },
  held: {
    title: 'HELD',
    help: 'What the host holds for the guest: RAM (merged pages by share), page tables and swap.',
    source:
      '/proc/PID/status RssAnon + RssShmem + HugetlbPages + VmPTE + VmSwap, RssFile - VmExe - VmLib of memory in files on a disk, less its part of what KSM saves',
    unit: 'bytes',
    kind: 'gauge',
    needs: ['ksm', 'guest_ksm_stat', 'pools'],
    most: 'held_most',
    read: (guest, sample) => {
      const held = guestHeld(guest, sample);
      return held?.exact ? held.bytes : undefined;
    },
    why: heldWhy,
  },
  held_most: {
    title: 'HELDMOST',
    help: 'The most that the host can hold for the guest, where how much it is can’t be told.',
    source: '/proc/PID/status as for HELD, merged pages in full; before Linux 4.5 VmRSS + VmPTE + VmSwap',
    unit: 'bytes',
    kind: 'gauge',
    needs: ['ksm', 'guest_ksm_stat', 'pools'],
    read: (guest, sample) => {
      const held = guestHeld(guest, sample);
      return held?.exact === false ? held.bytes : undefined;
    },
    why: guest =>
      !guest.process.status ? noProcess(guest) : isUnseen(guest) ? unseen : 'what the host holds is known exactly',
  },
  rss: {
    title: 'RSS',
    help: 'RAM mapped by the guest’s process; merged pages counted in full, hugepages not at all.',
    source: '/proc/PID/status VmRSS',
    unit: 'bytes',
    kind: 'gauge',
    read: status('VmRSS'),
    why: noProcess,
  },
  rss_anon: {
    title: 'RSSANON',
    help: 'Its anonymous RAM, merged pages counted in full.',
    source: '/proc/PID/status RssAnon',
    unit: 'bytes',
    kind: 'gauge',
    read: status('RssAnon'),
    why: noProcess,
  },
  rss_shmem: {
    title: 'RSSSHM',
    help: 'Its shared RAM: guests on memfd or a shared file.',
    source: '/proc/PID/status RssShmem',
    unit: 'bytes',
    kind: 'gauge',
    read: status('RssShmem'),
    why: noProcess,
  },
  rss_file: {
    title: 'RSSFILE',
    help: 'Its RAM of mapped files: QEMU’s own code, and memory of the guest in files on a disk.',
    source: '/proc/PID/status RssFile',
    unit: 'bytes',
    kind: 'gauge',
    read: status('RssFile'),
    why: noProcess,
  },
  swap: {
    title: 'SWAP',
    help: 'What the host has swapped out of it.',
    source: '/proc/PID/status VmSwap',
    unit: 'bytes',
    kind: 'gauge',
    read: status('VmSwap'),
    why: noProcess,
  },
  hugetlb: {
    title: 'HUGETLB',
    help: 'RAM it has from the hugepage pools.',
    source: '/proc/PID/status HugetlbPages',
    unit: 'bytes',
    kind: 'gauge',
    read: status('HugetlbPages'),
    why: noProcess,
  },
  pte: {
    title: 'PTE',
    help: 'Page tables that the host keeps for it.',
    source: '/proc/PID/status VmPTE',
    unit: 'bytes',
    kind: 'gauge',
    read: status('VmPTE'),
    why: noProcess,
  },
  locked: {
    title: 'LOCKED',
    help: 'RAM locked against swapping.',
    source: '/proc/PID/status VmLck',
    unit: 'bytes',
    kind: 'gauge',
    read: status('VmLck'),
    why: noProcess,
  },
  ksm_merging: {
    title: 'KSM',
    help: 'RAM of the guest that KSM has merged with equal pages.',
    source: '/proc/PID/ksm_stat, or before Linux 6.4 ksm_merging_pages, x page size',
    unit: 'bytes',
    kind: 'gauge',
    needs: ['guest_ksm_stat'],
    read: (guest, sample) => {
      const pages = guest.process.ksm_stat?.['ksm_merging_pages'];
      return pages === undefined ? undefined : pages * sample.pageSize;
    },
    why: guest => whyNotMerged(guest) ?? ksmStatWhy(guest),
  },
  ksm_profit: {
    title: 'KSMPROF',
    help: 'What merging earns on this guest, less KSM’s records of it.',
    source: '/proc/PID/ksm_stat ksm_process_profit',
    unit: 'bytes',
    kind: 'gauge',
    needs: ['guest_ksm_stat'],
    read: guest => guest.process.ksm_stat?.['ksm_process_profit'],
    why: guest => whyNotMerged(guest) ?? ksmStatWhy(guest),
  },
  virtio_mem_size: {
    title: 'VMEM',
    help: 'Memory that virtio-mem has plugged into the guest; its driver may lag behind what is asked for.',
    source: 'QMP query-memory-devices virtio-mem size',
    unit: 'bytes',
    kind: 'gauge',
    read: virtioMem('size'),
    why: virtioMemWhy,
  },
  virtio_mem_requested: {
    title: 'VMEMREQ',
    help: 'What was asked of the guest’s virtio-mem, by whomever.',
    source: 'QMP query-memory-devices virtio-mem requested-size',
    unit: 'bytes',
    kind: 'gauge',
    read: virtioMem('requested-size'),
    why: virtioMemWhy,
  },
  virtio_mem_max: {
    title: 'VMEMMAX',
    help: 'Most that virtio-mem could plug.',
    source: 'QMP query-memory-devices virtio-mem max-size',
    unit: 'bytes',
    kind: 'gauge',
    read: virtioMem('max-size'),
    why: virtioMemWhy,
  },
  migration_remaining: {
    title: 'MIGLEFT',
    help: 'What a migration of the guest has still to send.',
    source: 'QMP query-migrate ram remaining',
    unit: 'bytes',
    kind: 'gauge',
    read: migrating(({ ram }) => ram['remaining']),
    why: migrationWhy,
  },
  migration_rate: {
    title: 'MIGRATE',
    help: 'How fast a migration of the guest sends.',
    source: 'QMP query-migrate ram mbps',
    unit: 'bytes_per_second',
    kind: 'gauge',
    read: migrating(migration => estimateMigration(migration).rate),
    why: migrationWhy,
  },
  migration_dirty_rate: {
    title: 'MIGDIRTY',
    help: 'How fast the guest writes again what was sent; from the send rate up, a migration does not end.',
    source: 'QMP query-migrate ram dirty-pages-rate x page-size, from the second round on',
    unit: 'bytes_per_second',
    kind: 'gauge',
    read: migrating(migration => estimateMigration(migration).dirtyRate),
    why: migrationWhy,
  },
  host_major_faults: {
    title: 'HMAJFLT',
    help: 'Page faults of the guest’s process that had to wait for the host’s disk: the host’s swapping, felt by the guest. Under KVM it is at least so many: what a kernel thread reads for the guest is not counted.',
    source: '/proc/PID/stat majflt',
    unit: 'count',
    kind: 'counter',
    needs: ['guest_stat'],
    read: guest => guest.process.stat?.['majflt'],
    why: noProcess,
  },
  host_minor_faults: {
    title: 'HMINFLT',
    help: 'Page faults of the guest’s process that needed no disk.',
    source: '/proc/PID/stat minflt',
    unit: 'count',
    kind: 'counter',
    needs: ['guest_stat'],
    read: guest => guest.process.stat?.['minflt'],
    why: noProcess,
  },
  cpu: {
    title: 'CPU',
    help: 'Processor time of the guest’s process; its rate 1 is one processor.',
    source: '/proc/PID/stat utime + stime (in 1/100 s)',
    unit: 'seconds',
    kind: 'counter',
    needs: ['guest_stat'],
    read: guest => {
      const own = guest.process.stat;
      return own?.['utime'] === undefined || own['stime'] === undefined
        ? undefined
        : (own['utime'] + own['stime']) / 100;
    },
    why: noProcess,
  },
  pss: {
    title: 'PSS',
    help: 'Its RAM with every shared page split among its users; slow to read, and it holds the guest’s memory map meanwhile.',
    source: '/proc/PID/smaps_rollup Pss',
    unit: 'bytes',
    kind: 'gauge',
    cost: 'high',
    read: guest => guest.process.smaps_rollup?.['Pss'],
    why: () => 'costly to read: p in the detail view measures it once',
  },
  pss_age: {
    title: 'PSSAGE',
    help: 'Time since PSS was measured.',
    source: 'kvmtop',
    unit: 'seconds',
    kind: 'gauge',
    read: (guest, sample) => ageOf(sample.time, guest.process.smaps_time),
    why: ({ process }) =>
      process.smaps_time === undefined ? 'PSS was not measured' : `its measurement ${fromTheFuture}`,
  },
  libvirt_hard_limit: {
    title: 'HARDLIM',
    help: 'Most RAM that libvirt lets the guest’s process have; above it the kernel kills the process.',
    source: 'virsh dumpxml memtune hard_limit',
    unit: 'bytes',
    kind: 'gauge',
    read: guest => guest.monitor.memtune?.['hard_limit'],
    why: noLimit,
  },
  libvirt_soft_limit: {
    title: 'SOFTLIM',
    help: 'RAM that libvirt would have the host leave to the guest’s process when it runs short.',
    source: 'virsh dumpxml memtune soft_limit',
    unit: 'bytes',
    kind: 'gauge',
    read: guest => guest.monitor.memtune?.['soft_limit'],
    why: noLimit,
  },
  ...kvmFields,
} as const satisfies Record<string, GuestField>;

export type GuestFieldId = keyof typeof guestFields;
