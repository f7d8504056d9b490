import type { Backing, GuestSample, LaunchSample, MemoryPart } from '../sample.ts';
import { longBytes, MiB } from '../units.ts';
import { type Amounts, amountsOf, backends, kindsOf } from './backing.ts';

/** How much memory a guest has, can have, what of it is its balloon's, and whether the host gets that back. Pure. */

/** What its monitor does not tell is what it was started with. Bytes. */
const started = ({ parts = [] }: LaunchSample, use: MemoryPart['use'], key: 'size' | 'requested' = 'size'): number =>
  parts.reduce((sum, part) => sum + (part.use === use ? (part[key] ?? 0) : 0), 0);

/**
 * RAM in plugged DIMMs, which QEMU's balloon counts as it does boot memory; virtio-mem it leaves out
 * (hw/virtio/virtio-balloon.c: get_current_ram_size()). A QEMU that tells no devices is too old for virtio-mem. Bytes.
 */
const dimms = ({ monitor: { memory, memoryDevices }, launch }: GuestSample): number => {
  if (!memoryDevices) return memory ? (memory['plugged-memory'] ?? 0) : started(launch, 'dimm');
  return memoryDevices.reduce((sum, { type, values }) => sum + (type === 'dimm' ? (values['size'] ?? 0) : 0), 0);
};

/** The most that its virtio-mem devices can plug. Bytes. */
const room = ({ monitor: { memoryDevices }, launch }: GuestSample): number =>
  memoryDevices
    ? memoryDevices.reduce((sum, { type, values }) => sum + (type === 'virtio-mem' ? (values['max-size'] ?? 0) : 0), 0)
    : started(launch, 'virtio-mem');

/**
 * All that a guest's balloon can leave it: boot memory and DIMMs, without what virtio-mem plugged. Never less than it has
 * now, whatever is not known of it: giving all of it back takes nothing. Bytes.
 */
export const balloonMaximum = (guest: GuestSample): number | undefined => {
  const { monitor, launch } = guest;
  const base = monitor.memory?.['base-memory'] ?? launch.size;
  return base === undefined ? undefined : Math.max(base + dimms(guest), monitor.balloon?.actual ?? 0);
};

/** Plugged like memory, and none of the guest's RAM: QEMU counts it as plugged all the same. */
const disks: ReadonlySet<string> = new Set(['nvdimm', 'virtio-pmem']);

/** What is plugged now, from the monitor; else what the command line gave it. Bytes. */
export const memSize = ({ monitor: { memory, memoryDevices = [] }, launch }: GuestSample): number | undefined => {
  const base = memory?.['base-memory'];
  if (base === undefined)
    return launch.size === undefined
      ? undefined
      : launch.size + started(launch, 'dimm') + started(launch, 'virtio-mem', 'requested');
  const kept = memoryDevices.reduce((sum, { type, values }) => sum + (disks.has(type) ? (values['size'] ?? 0) : 0), 0);
  return base + Math.max(0, (memory?.['plugged-memory'] ?? 0) - kept);
};

/**
 * Most that the guest can have. `maxmem` says so where it was chosen; as much as all of the host's RAM (`hostTotal`) is no
 * limit, and then it is what it has and what its virtio-mem can plug. Bytes.
 */
export const mostMemory = (guest: GuestSample, hostTotal: number | undefined): number | undefined => {
  const size = memSize(guest);
  const { maxmem, maxmemFormal } = guest.launch;
  // Kata gives the host's RAM in whole MiB.
  const limit = maxmemFormal || (hostTotal !== undefined && (maxmem ?? 0) > hostTotal - MiB) ? undefined : maxmem;
  if (size === undefined) return limit;
  return Math.max(size, (balloonMaximum(guest) ?? 0) + room(guest), limit ?? 0);
};

/** What its balloon keeps from the guest. Bytes. */
export const withheld = (guest: GuestSample): number | undefined => {
  const maximum = balloonMaximum(guest);
  const actual = guest.monitor.balloon?.actual;
  return maximum === undefined || actual === undefined ? undefined : maximum - actual;
};

/** What the guest has: all that is plugged, less what its balloon keeps from it. Bytes. */
export const given = (guest: GuestSample): number | undefined => {
  const size = memSize(guest);
  return size === undefined ? guest.monitor.balloon?.actual : Math.max(0, size - (withheld(guest) ?? 0));
};

/** Its RAM that is plugged now, by kind: bytes. `undefined` where its size is not known, or nothing of its kinds. */
export const ramByKind = (guest: GuestSample): Amounts | undefined => amountsOf(guest, memSize(guest));

/** What its RAM is made of; empty where that is not known. */
export const ramKinds = (guest: GuestSample): ReadonlySet<Backing> => kindsOf(guest, ramByKind(guest));

/** One word for that; `mixed` where one would not do. */
export const backendWord = (guest: GuestSample): string => {
  const words = new Set([...ramKinds(guest)].map(kind => backends[kind]));
  return words.size > 1 ? 'mixed' : (guest.launch.backend ?? 'unknown');
};

/** Whether all of its RAM is in hugepages. */
export const allHugepages = (guest: GuestSample): boolean => {
  const kinds = ramKinds(guest);
  return kinds.size === 1 && kinds.has('hugetlb');
};

/** Its RAM that is in no hugepages, which is all that the host could get back. Bytes. */
export const ordinaryRam = (guest: GuestSample): number | undefined => {
  const size = memSize(guest);
  return size === undefined ? undefined : size - (ramByKind(guest)?.hugetlb ?? 0);
};

/** Who has this part of its memory pinned or locked has all of it so: pages that are not mapped yet are missing. */
const nearlyAll = 0.9;

/** Pinned or locked as the host sees it: by a device that was plugged in later, too. */
const seenKept = (guest: GuestSample): string | undefined => {
  const size = memSize(guest);
  const { VmPin: pinned = 0, VmLck: locked = 0 } = guest.process.status ?? {};
  if (size === undefined || size === 0) return undefined;
  if (pinned >= nearlyAll * size) return 'its memory is pinned (VmPin)';
  return locked >= nearlyAll * size ? 'its memory is locked or pinned (VmLck)' : undefined;
};

/**
 * Why the host gets nothing back of what a balloon takes from this guest, as a clause; `undefined` where it does. QEMU accepts
 * the command, the guest loses the memory, and nothing is freed.
 */
export const whyKept = (guest: GuestSample): string | undefined => {
  const { memLock, pinnedBy, confidential } = guest.launch;
  if (allHugepages(guest)) return 'its memory is in hugepages';
  if (memLock) return 'its memory is locked (mem-lock)';
  if (pinnedBy !== undefined) return `its memory is pinned for a device (${pinnedBy})`;
  if (confidential !== undefined) return `its memory is kept from the host (${confidential})`;
  return seenKept(guest);
};

/**
 * That the host gets back only a part of what a balloon takes from this guest, as a clause: the guest chooses the pages.
 * `undefined` where it gets all, or nothing.
 */
export const whyPartlyKept = (guest: GuestSample): string | undefined => {
  const { hugetlb } = ramByKind(guest) ?? {};
  if (hugetlb === undefined || whyKept(guest) !== undefined) return undefined;
  return `${longBytes(hugetlb)} of its ${longBytes(memSize(guest))} are in hugepages`;
};

/** Kinds whose memory is in a guest_memfd: no counter of its process tells of it. */
const inGuestMemfd = new Set(['SEV-SNP', 'TDX', 'CCA']);

/** Whether the host does not tell how much of its memory the guest has touched. */
export const isUnseen = ({ launch: { confidential } }: GuestSample): boolean =>
  confidential !== undefined && inGuestMemfd.has(confidential);
