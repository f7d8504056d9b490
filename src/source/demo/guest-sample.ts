import { known } from '../../known.ts';
import type { BalloonSample, GuestSample, MonitorSample, Numbers } from '../../sample.ts';
import { GiB, KiB, MiB } from '../../units.ts';
import { type DemoGuest, inPages, pageSize } from './guest.ts';
import { placementOf } from './kvm.ts';

/** What the host's files and the guests' monitors say of a simulated guest, under the kernel's and QEMU's names. */

/** Seconds from a guest's start to its monitor's first answer. */
const untilAnswer = 2;
/** Seconds from one time at which the flaky monitor is held by somebody else to the next. */
const flakyPeriod = 50;
/** How long it is held each time, at the end of the period. Seconds. */
const flakyBusy = 18;

/** `time` is the demo's, `wall` the wall clock; seconds. */
export const guestSample = (guest: DemoGuest, time: number, wall: number): GuestSample => {
  const { spec } = guest;
  guest.heard = monitorSample(guest, time, wall);
  const status = statusOf(guest);
  return {
    id: guest.id,
    pid: guest.pid,
    starttime: guest.starttime,
    name: guest.name,
    vmm: spec.vmm ?? 'qemu',
    ...(spec.manager ? { manager: spec.manager } : {}),
    launch: {
      size: spec.size,
      ...known({ maxmem: spec.maxmem }),
      backend: guest.backend,
      memLock: false,
      prealloc: spec.prealloc ?? false,
      ...(spec.vmm === 'other' ? {} : { accelerator: 'kvm', asyncPageFaults: spec.driver !== 'missing' }),
    },
    process: {
      status,
      stat: statOf(guest),
      ksm_stat: ksmStatOf(guest),
      smaps_rollup: rollupOf(guest, status),
      numa_maps: placementOf(guest),
    },
    monitor: guest.heard,
    ...known({ balloonTarget: guest.noted }),
  };
};

const monitorSample = (guest: DemoGuest, time: number, wall: number): MonitorSample => {
  const { spec, heard } = guest;
  const path =
    spec.manager === 'proxmox' ? '/var/run/qemu-server/104.qmp' : `/run/kvm/${guest.name.replaceAll(' ', '-')}.qmp`;
  const held = spec.monitor === 'flaky' && Math.abs(time) % flakyPeriod >= flakyPeriod - flakyBusy;
  if (held)
    return { ...heard, path, state: 'busy', reason: 'another client holds its monitor, or QEMU does not answer' };
  if (spec.monitor === 'none')
    return { state: 'none', reason: 'its monitor is not QEMU: only its process can be seen' };
  if (spec.monitor === 'libvirt') return { state: 'libvirt', reason: 'its monitor belongs to libvirt' };
  if (spec.monitor === 'denied')
    return { state: 'denied', path, reason: 'no privilege to connect to its monitor; run kvmtop as root' };
  if (time - guest.born < untilAnswer) return { state: 'unasked', path };
  return {
    state: 'ok',
    time: wall,
    path,
    qemuVersion: '9.2.4',
    status: spec.paused ? 'paused' : 'running',
    memory: { 'base-memory': spec.size, 'plugged-memory': 0 },
    balloon: balloonOf(guest),
    memdevs: [{ size: spec.size, share: guest.backend === 'shared', merge: true, prealloc: spec.prealloc ?? false }],
  };
};

const balloonOf = (guest: DemoGuest): BalloonSample => {
  if (guest.spec.driver === 'absent') return { device: false };
  return {
    device: true,
    actual: guest.actual,
    path: balloonPath,
    deflateOnOom: false,
    pollingInterval: guest.pollingInterval,
    ...(guest.stats ? { stats: guest.stats } : {}),
    ...(guest.earlier ? { earlier: guest.earlier } : {}),
  };
};

export const balloonPath = '/machine/peripheral/balloon0';

export const statusOf = (guest: DemoGuest): Numbers => {
  const RssFile = 22 * MiB;
  const RssShmem = guest.backend === 'shared' ? guest.resident : 0;
  const VmRSS = guest.rssAnon + RssFile + RssShmem;
  guest.peak = Math.max(guest.peak, VmRSS);
  const VmSize = guest.spec.size + 1400 * MiB;
  return {
    VmPeak: VmSize + 64 * MiB,
    VmSize,
    VmLck: 0,
    VmPin: 0,
    VmHWM: guest.peak,
    VmRSS,
    RssAnon: guest.rssAnon,
    RssFile,
    RssShmem,
    VmData: guest.spec.size + 700 * MiB,
    VmStk: 132 * KiB,
    VmExe: 6 * MiB,
    VmLib: 32 * MiB,
    VmPTE: guest.pageTables,
    VmSwap: guest.swapped,
    HugetlbPages: guest.backend === 'hugetlb' ? guest.touched : 0,
  };
};

export const statOf = (guest: DemoGuest): Numbers => {
  const { hostMinors, hostMajors, cpu } = guest.counters;
  return {
    minflt: hostMinors,
    majflt: hostMajors,
    utime: Math.floor(cpu * 0.85),
    stime: Math.floor(cpu * 0.15),
    num_threads: 4 + Math.ceil(guest.spec.size / (2 * GiB)),
  };
};

const ksmStatOf = (guest: DemoGuest): Numbers => ({
  ksm_rmap_items: guest.ksmItems,
  ksm_zero_pages: 0,
  ksm_merging_pages: guest.merged,
  ksm_process_profit: guest.merged * pageSize - guest.ksmItems * 64,
  ksm_merge_any: 0,
  ksm_mergeable: guest.backend === 'anon' ? 1 : 0,
});

const rollupOf = (guest: DemoGuest, status: Numbers): Numbers => {
  const { RssAnon = 0, VmRSS = 0, VmSwap = 0, RssShmem = 0 } = status;
  const merged = guest.merged * pageSize;
  return {
    Rss: VmRSS,
    Pss: VmRSS - inPages(merged / 2),
    Pss_Anon: RssAnon - inPages(merged / 2),
    Pss_Shmem: RssShmem,
    Private_Dirty: VmRSS - merged,
    Anonymous: RssAnon,
    KSM: merged,
    Swap: VmSwap,
  };
};
