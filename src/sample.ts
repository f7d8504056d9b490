/**
 * A Sample is one raw look at the world: the numbers of the kernel and of the guests' monitors under their own names.
 * It is plain data (JSON-safe), is what a recording stores, and knows nothing of how it is shown.
 *
 * Units: every quantity that its source gives in kB, pages of a known size or MiB is converted to bytes when it is
 * parsed; times are seconds. Counts, and counters in pages of /proc/vmstat, stay as they are (`pageSize` is here).
 * A number that could not be read is absent, never 0.
 */

export type Numbers = Readonly<Record<string, number>>;

/** Files that mix numbers and words, such as KSM's `advisor_mode` or THP's `enabled` (its chosen word). */
export type Values = Readonly<Record<string, number | string>>;

export interface Sample {
  readonly version: 1;
  /** Wall clock, seconds since 1970. */
  readonly time: number;
  /** The host's monotonic clock, seconds since it booted, or about; only differences within one boot mean anything. */
  readonly monotonic: number;
  /**
   * How long after `monotonic` counters were read, by what their fields need: seconds, to the millisecond. One look takes its
   * time, the first most of all. What is absent was read at once.
   */
  readonly late?: Numbers;
  /** Bytes in a base page. */
  readonly pageSize: number;
  readonly host: HostSample;
  readonly guests: readonly GuestSample[];
  readonly problems: readonly Problem[];
  /** Guests that kvmtop had libvirt migrate and that have arrived: libvirt has ended them here. Absent when there are none. */
  readonly migrated?: readonly GuestId[];
}

/** Something that could not be read, and what the operator can do about it. */
export interface Problem {
  /** What was read: a path, or `guest NAME`. */
  readonly source: string;
  readonly message: string;
}

export interface HostSample {
  readonly hostname?: string;
  /** Kernel release, from /proc/sys/kernel/osrelease. */
  readonly kernel?: string;
  /** /proc/uptime, seconds. */
  readonly uptime?: number;
  /** /proc/loadavg: `load1`, `load5`, `load15`, `running`, `total`, `last_pid`. */
  readonly loadavg?: Numbers;
  /** /proc/meminfo; kB lines in bytes, `HugePages_*` in pages. */
  readonly meminfo?: Numbers;
  /** /proc/spl/kstat/zfs/arcstats: `size`, `c_min`, … Bytes and events; absent where there is no ZFS. */
  readonly arc?: Numbers;
  /** /proc/vmstat as it is: pages and events. */
  readonly vmstat?: Numbers;
  /** /proc/zoneinfo: `pagesets count`, the free pages that processors hold ready, of all of them and all zones together. */
  readonly zoneinfo?: Numbers;
  readonly swaps?: readonly SwapSample[];
  /** /proc/pressure/{memory,cpu,io}: keys such as `some avg10` (percent) and `some total` (seconds). */
  readonly pressure?: { readonly memory?: Numbers; readonly cpu?: Numbers; readonly io?: Numbers };
  /** /sys/kernel/mm/ksm/*; `advisor_mode` is the chosen word. Counts are pages. */
  readonly ksm?: Values;
  readonly pools?: readonly PoolSample[];
  readonly nodes?: readonly NodeSample[];
  /** /sys/module/zswap/parameters/*; Y and N are 1 and 0. */
  readonly zswap?: Values;
  readonly zram?: readonly ZramSample[];
  /** Under their sysctl names, such as `vm.swappiness`; in the sysctl's own unit. */
  readonly sysctls?: Numbers;
  /** /sys/kernel/mm/transparent_hugepage: `enabled`, `defrag`, `shmem_enabled` (chosen words), `khugepaged/…` numbers. */
  readonly thp?: Values;
  /** The files of `settingsFiles` that are there, by path, as text; absent when they were not looked at. */
  readonly settings?: Readonly<Record<string, string>>;
  /** /proc/stat: `user`, `nice`, `system`, … of all processors (clock ticks), `intr`, `ctxt`, `procs_running`, `procs_blocked`. */
  readonly stat?: Numbers;
  /** Every process that has memory of its own, guests' too; kernel threads have none. */
  readonly processes?: readonly HostProcess[];
  readonly kvm?: KvmSample;
}

export interface HostProcess {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, clock ticks since boot. */
  readonly starttime: number;
  /** What it calls itself, at most 15 characters: untrusted text. */
  readonly name: string;
  /** Its real user. */
  readonly uid?: number;
  /** That user's name in /etc/passwd. */
  readonly user?: string;
  /** /proc/PID/status; kB in bytes. */
  readonly status: Numbers;
  /** /proc/PID/stat: `minflt`, `majflt`, `utime`, `stime` (clock ticks), `num_threads`. */
  readonly stat: Numbers;
}

/** How KVM translates guest addresses, as far as the host tells. */
export interface KvmSample {
  /** Loaded modules, such as `kvm` and `kvm_intel`; a kernel with KVM built in has them too. */
  readonly modules: readonly string[];
  /** Their parameters, such as `kvm_intel.ept`; Y and N are 1 and 0. */
  readonly parameters: Values;
  /** Flags of the first processor in /proc/cpuinfo that matter for virtual machines: `ept`, `npt`, `hypervisor`, … */
  readonly flags?: readonly string[];
  /** /proc/cpuinfo `TLB size`: entries of the last level for 4 KiB pages. AMD's processors only. */
  readonly tlbEntries?: number;
  /** Whether KVM's statistics could be read; if not, why. `absent`: debugfs is there and has none, so KVM is not running. */
  readonly statistics: 'read' | 'denied' | 'unmounted' | 'uncaptured' | 'absent';
  /** By PID, /sys/kernel/debug/kvm/PID-FD/*: `pages_4k`, `pf_taken`, … Pages and events; of several VMs of a process the sum. */
  readonly vms: Readonly<Record<string, Numbers>>;
}

/** What kvmtop writes so that settings outlast a boot: read by systemd-sysctl and systemd-tmpfiles. */
export const sysctlsFile = '/etc/sysctl.d/90-kvmtop.conf';
export const tmpfilesFile = '/etc/tmpfiles.d/kvmtop.conf';
export const settingsFiles = [sysctlsFile, tmpfilesFile] as const;

export interface SwapSample {
  readonly path: string;
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  readonly used: number;
  readonly priority: number;
}

/** One hugepage pool: of the whole host, or (with `node`) of one NUMA node. */
export interface PoolSample {
  /** Bytes. */
  readonly pageSize: number;
  readonly node?: number;
  /** `nr_hugepages`, `free_hugepages`, `surplus_hugepages`; of the host also `resv_hugepages`, `nr_overcommit_hugepages`. In pages. */
  readonly counts: Numbers;
}

export interface NodeSample {
  readonly id: number;
  /** /sys/devices/system/node/nodeN/meminfo in bytes, `HugePages_*` in pages. */
  readonly meminfo: Numbers;
}

export interface ZramSample {
  readonly device: string;
  /** /sys/block/zramN/mm_stat, bytes: `orig_data_size`, `compr_data_size`, `mem_used_total`, `mem_limit`, … */
  readonly stat: Numbers;
}

/** `PID.STARTTIME`: a PID alone is reused. */
export type GuestId = string;

/** The kinds of VMMs; what each can do is in src/vmm/. `other`: one that kvmtop does not know. */
export type Vmm = 'qemu' | 'firecracker' | 'cloud-hypervisor' | 'crosvm' | 'other';

/** Who runs guests on a VMM, and may hold their monitors. */
export type Manager = 'libvirt' | 'proxmox';

export type Backend = 'anon' | 'shared' | 'hugetlb';

/**
 * Where the kernel counts memory: RssAnon; RssShmem (memfd, files on a tmpfs); RssFile (shared files on a disk);
 * HugetlbPages. What is private of a file is `anon`, since its pages become so when they are written.
 */
export type Backing = 'anon' | 'shmem' | 'file' | 'hugetlb';

/** A part of a guest's RAM, as it was started. */
export interface MemoryPart {
  /** `base`: it boots with it, of a guest with several nodes one for each. */
  readonly use: 'base' | 'dimm' | 'virtio-mem';
  /** Of its device, as the operator gave it. */
  readonly id?: string;
  readonly kind: Backing;
  /** Bytes; of a virtio-mem the most that it can plug. Absent where it is QEMU's own default. */
  readonly size?: number;
  /** Of a virtio-mem: what it was asked for at the start, bytes. */
  readonly requested?: number;
  /** false: KSM is not offered it. */
  readonly merge?: false;
}

export interface GuestSample {
  readonly id: GuestId;
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, clock ticks since boot. */
  readonly starttime: number;
  /** As given by the operator or its tool: untrusted text. */
  readonly name: string;
  readonly vmm: Vmm;
  /** Who runs it, where that is known. */
  readonly manager?: Manager;
  readonly launch: LaunchSample;
  readonly process: ProcessSample;
  readonly monitor: MonitorSample;
  /** What kvmtop itself asked of the balloon in this session, bytes: QEMU does not tell its target. */
  readonly balloonTarget?: number;
}

/** What the command line (or the monitor, where it knows better) says of a guest's memory. */
export interface LaunchSample {
  readonly uuid?: string;
  /** `-m size`, bytes. */
  readonly size?: number;
  /** `-m maxmem=`, bytes. */
  readonly maxmem?: number;
  /** `maxmem` is what the guest's manager always gives, and no limit that anybody chose. */
  readonly maxmemFormal?: true;
  /** What it has from its start, without what was plugged later. */
  readonly parts?: readonly MemoryPart[];
  readonly backend?: Backend;
  readonly memLock?: boolean;
  /** What pins all of its RAM: a device that reaches it by DMA, such as `vfio-pci`. */
  readonly pinnedBy?: string;
  /** What keeps its memory from the host: `SEV`, `TDX`, … */
  readonly confidential?: string;
  readonly prealloc?: boolean;
  /** false: `-machine mem-merge=off`, so KSM is offered none of it. */
  readonly memMerge?: boolean;
  /** `-accel`: `kvm`, `tcg`, …; of several the one that was taken, where that is seen. */
  readonly accelerator?: string;
  /** Whether KVM offers it asynchronous page faults, so that it may run on while the host swaps a page in. */
  readonly asyncPageFaults?: boolean;
  /** Proxmox's number of the guest, from `-id`. */
  readonly vmid?: number;
}

/** The host's side of a guest; a part is absent when it was not asked for or could not be read. */
export interface ProcessSample {
  /** Field 3 of /proc/PID/stat: `R`, `S`, `T` stopped by a signal, … */
  readonly state?: string;
  /** /proc/PID/status; kB in bytes. */
  readonly status?: Numbers;
  /** /proc/PID/stat: `minflt`, `majflt`, `utime`, `stime` (clock ticks), `num_threads`. */
  readonly stat?: Numbers;
  /** /proc/PID/ksm_stat: `ksm_merging_pages` (before Linux 6.4 from a file of its own), `ksm_process_profit` (bytes), … */
  readonly ksm_stat?: Numbers;
  /** /proc/PID/smaps_rollup in bytes: expensive, on request only. */
  readonly smaps_rollup?: Numbers;
  /** Wall clock seconds at which `smaps_rollup` was read; it is kept until it is read again. */
  readonly smaps_time?: number;
  /** /proc/PID/numa_maps summed, bytes on each node as `N0`, `N1`, …: expensive, on request only. */
  readonly numa_maps?: Numbers;
  /** Wall clock seconds at which `numa_maps` was read; it is kept until it is read again. */
  readonly numa_time?: number;
}

/**
 * ok: answered in its last round; busy: did not, its last values are kept; none: has no monitor that can be used;
 * libvirt: run by libvirt, which holds it and can't be asked; denied: no privilege; unasked: not reached yet; bug: kvmtop
 * itself failed at what it answered, its last values are kept.
 */
export type MonitorState = 'ok' | 'busy' | 'bug' | 'none' | 'libvirt' | 'denied' | 'unasked';

export interface MonitorSample {
  readonly state: MonitorState;
  /** Why `state` is not ok, in words. */
  readonly reason?: string;
  /** Wall clock seconds of the last whole answer; its age is that of all below. */
  readonly time?: number;
  readonly path?: string;
  readonly qemuVersion?: string;
  /** `query-kvm`: whether KVM runs it. */
  readonly kvm?: boolean;
  /** `query-status`: running, paused, postmigrate, prelaunch, … */
  readonly status?: string;
  /** `query-memory-size-summary`: `base-memory`, `plugged-memory`; bytes. */
  readonly memory?: Numbers;
  readonly balloon?: BalloonSample;
  /** `query-memdev`, as far as it concerns the balloon and KSM. */
  readonly memdevs?: readonly {
    readonly size: number;
    readonly share: boolean;
    readonly merge: boolean;
    readonly prealloc: boolean;
  }[];
  /** libvirt's limits on the guest's process, as far as they are set: `hard_limit`, `soft_limit`, `swap_hard_limit`; bytes. */
  readonly memtune?: Numbers;
  /** `query-memory-devices`: virtio-mem, DIMMs. */
  readonly memoryDevices?: readonly MemoryDeviceSample[];
  /** `query-migrate-parameters`: bytes a second (0: no limit), and of the last pause, seconds. */
  readonly migrationLimits?: { readonly bandwidth?: number; readonly downtime?: number };
  /** `query-migrate`, of the migration that is under way or was the last; absent when there was none. */
  readonly migration?: MigrationSample;
}

export interface MemoryDeviceSample {
  /** `virtio-mem`, `dimm`, `nvdimm`, … */
  readonly type: string;
  /** As the operator gave it. */
  readonly id?: string;
  /** QOM path of the memory behind it. */
  readonly memdev?: string;
  /** QOM path of the device itself, of a virtio-mem; absent when it could not be told. */
  readonly path?: string;
  /** `size`, `requested-size`, `max-size`, `block-size`, `memaddr` (bytes), `node`. */
  readonly values: Numbers;
}

export interface MigrationSample {
  /** setup, active, postcopy-active, completed, failed, cancelling, cancelled, … */
  readonly status: string;
  /** `error-desc`. */
  readonly error?: string;
  /** `blocked-reasons`: why this guest can't be migrated. */
  readonly blocked?: readonly string[];
  /** `total-time`, `expected-downtime`, `downtime`, `setup-time`: seconds. */
  readonly values: Numbers;
  /** `ram`: `total`, `remaining`, `transferred` (bytes), `mbps` (10^6 bit/s), `dirty-pages-rate` (pages of `page-size` a second), … */
  readonly ram: Numbers;
}

export interface BalloonSample {
  /** false: QEMU has no balloon device; then nothing below is there. */
  readonly device: boolean;
  /** `query-balloon`, bytes. */
  readonly actual?: number;
  /** What was asked of it, bytes; only VMMs other than QEMU tell. */
  readonly target?: number;
  /** QOM path of the device. */
  readonly path?: string;
  readonly deflateOnOom?: boolean;
  /** `guest-stats-polling-interval`, seconds; 0 is off. */
  readonly pollingInterval?: number;
  /** The guest's own statistics; absent until its driver reported once. */
  readonly stats?: BalloonStats;
  /** The report before `stats`, so that rates use the guest's own clock. */
  readonly earlier?: BalloonStats;
}

export interface BalloonStats {
  /** `last-update`, wall clock seconds of the host. */
  readonly lastUpdate: number;
  /** `stat-free-memory` and so on: bytes, faults and events. Those that QEMU gave as −1 or 2^64−1 are absent. */
  readonly values: Numbers;
  /** The balloon's `actual` when the guest reported, where it has moved since or while it did. Bytes. */
  readonly actual?: number;
}
