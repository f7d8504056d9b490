import { known } from '../../known.ts';
import type { HostProcess } from '../../sample.ts';
import { wander } from '../../simulator/chance.ts';
import { KiB, MiB } from '../../units.ts';
import { type DemoGuest, inPages } from './guest.ts';
import { statOf, statusOf } from './guest-sample.ts';

/** What runs beside the guests: name, user, anonymous and shared RAM and that of files, swap; in MiB. */
const services = [
  ['systemd', 0, 6, 0, 9, 1],
  ['systemd-journal', 0, 22, 96, 14, 0],
  ['libvirtd', 0, 31, 0, 24, 4],
  ['virtqemud', 0, 18, 0, 21, 0],
  ['prometheus', 998, 640, 0, 52, 12],
  ['node_exporter', 997, 19, 0, 11, 0],
  ['ceph-osd', 64_045, 880, 0, 30, 48],
  ['ovs-vswitchd', 991, 74, 2, 13, 0],
  ['multipathd', 0, 22, 0, 9, 0],
  ['sshd', 0, 4, 0, 7, 1],
  ['chronyd', 996, 2, 0, 3, 0],
  ['cron', 0, 1, 0, 3, 0],
  ['postgres', 110, 38, 192, 20, 6],
  ['bash', 1000, 3, 0, 4, 0],
] as const;

const users: Readonly<Record<number, string>> = {
  0: 'root',
  110: 'postgres',
  1000: 'anna',
  64045: 'ceph',
  64055: 'libvirt-qemu',
};
const qemu = 64_055;

/** How far a service's memory goes up and down: part of it. */
const swing = 0.06;
/** In which time, seconds. */
const period = 45;

const ofGuest = (guest: DemoGuest): HostProcess => ({
  pid: guest.pid,
  starttime: guest.starttime,
  name: guest.spec.vmm === 'other' ? 'firecracker' : 'qemu-system-x86',
  uid: qemu,
  user: 'libvirt-qemu',
  status: statusOf(guest),
  stat: statOf(guest),
});

/** All processes of the simulated host, as /proc tells of them. `time` in seconds from the demo's begin. */
export const processesOf = (guests: readonly DemoGuest[], time: number): readonly HostProcess[] => [
  ...services.map(([name, uid, anon, shared, file, swapped], index): HostProcess => {
    const RssAnon = inPages(anon * MiB * (1 + swing * wander(index, 90_100, time, period)));
    const user = users[uid];
    return {
      pid: index === 0 ? 1 : 400 + index * 83,
      starttime: 120 + index * 40,
      name,
      uid,
      ...known({ user }),
      status: {
        VmRSS: RssAnon + (shared + file) * MiB,
        RssAnon,
        RssFile: file * MiB,
        RssShmem: shared * MiB,
        VmPTE: inPages((anon + shared) * 2 * KiB + 96 * KiB),
        VmSwap: swapped * MiB,
        HugetlbPages: 0,
      },
      stat: { minflt: 52_000 + index * 900, majflt: 40 + index * 7, num_threads: 1 + (index % 5) * 6 },
    };
  }),
  ...guests.map(ofGuest),
];
