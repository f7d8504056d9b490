import { known } from '../known.ts';
import type { BalloonStats, GuestSample, MonitorSample, Numbers } from '../sample.ts';
import { MiB } from '../units.ts';
import { bootedFor, type Guest } from './guest.ts';
import { wholePages } from './inside.ts';
import { ksmStatOf } from './ksm.ts';

/** Seconds from a guest's start to its monitor's first answer. */
const untilAnswer = 2;
const balloonPath = '/machine/peripheral/balloon0';

/** Field 22 of /proc/PID/stat: ticks of 1/100 s since boot. */
const starttimeOf = (guest: Guest): number => Math.round((bootedFor + guest.born) * 100);

/** `PID.STARTTIME`, as of a real guest. */
export const guestId = (guest: Guest): string => `${guest.pid}.${starttimeOf(guest)}`;

/** What the host's files and QEMU's monitor say of a simulated guest. `time` is the scenario's, `wall` the wall clock; seconds. */
export const guestSample = (guest: Guest, time: number, wall: number): GuestSample => ({
  id: guestId(guest),
  pid: guest.pid,
  starttime: starttimeOf(guest),
  name: guest.spec.name,
  vmm: 'qemu',
  launch: {
    size: guest.spec.size,
    backend: 'anon',
    memLock: false,
    prealloc: false,
    accelerator: 'kvm',
    asyncPageFaults: true,
  },
  process: {
    state: 'S',
    status: statusOf(guest),
    stat: {
      minflt: Math.floor(guest.counters.minors),
      majflt: Math.floor(guest.counters.majors),
      utime: Math.floor(guest.counters.cpu * 0.85),
      stime: Math.floor(guest.counters.cpu * 0.15),
      num_threads: 6,
    },
    ksm_stat: ksmStatOf(guest),
  },
  monitor: monitorOf(guest, time, wall),
  ...known({ balloonTarget: guest.noted }),
});

const statusOf = (guest: Guest): Numbers => {
  const RssAnon = wholePages(guest.resident + guest.overhead);
  const RssFile = 22 * MiB;
  guest.peak = Math.max(guest.peak, RssAnon + RssFile);
  return {
    VmSize: guest.spec.size + 1400 * MiB,
    VmLck: 0,
    VmHWM: guest.peak,
    VmRSS: RssAnon + RssFile,
    RssAnon,
    RssFile,
    RssShmem: 0,
    VmPTE: wholePages(guest.pageTables),
    VmSwap: wholePages(guest.swapped),
    HugetlbPages: 0,
  };
};

/** With the balloon's size of then where it has moved since, as of a real guest. */
const statsOf = ({ stats, reported, inside }: Guest): BalloonStats | undefined =>
  stats && reported !== inside.actual ? { ...stats, actual: reported } : stats;

const monitorOf = (guest: Guest, time: number, wall: number): MonitorSample => {
  const { size } = guest.spec;
  const path = `/run/kvm/${guest.pid}.qmp`;
  if (time - guest.born < untilAnswer) return { state: 'unasked', path };
  return {
    state: 'ok',
    time: wall,
    path,
    qemuVersion: '9.2.4',
    status: 'running',
    memory: { 'base-memory': size, 'plugged-memory': 0 },
    balloon: {
      device: true,
      actual: guest.inside.actual,
      path: balloonPath,
      deflateOnOom: false,
      pollingInterval: guest.spec.silent ? 0 : 2,
      ...known({ stats: statsOf(guest) }),
      ...(guest.earlier ? { earlier: guest.earlier } : {}),
    },
    memdevs: [{ size, share: false, merge: true, prealloc: false }],
  };
};
