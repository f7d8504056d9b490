import type { GuestSample, MonitorSample } from '../sample.ts';

/** How much memory a guest has, can have, and what of it is its balloon's. Pure. */

/**
 * RAM in plugged DIMMs, which QEMU's balloon counts as it does boot memory; virtio-mem it leaves out
 * (hw/virtio/virtio-balloon.c: get_current_ram_size()). A QEMU that tells no devices is too old for virtio-mem. Bytes.
 */
const dimms = ({ memory, memoryDevices }: MonitorSample): number =>
  memoryDevices
    ? memoryDevices.reduce((sum, { type, values }) => sum + (type === 'dimm' ? (values['size'] ?? 0) : 0), 0)
    : (memory?.['plugged-memory'] ?? 0);

/**
 * All that a guest's balloon can leave it: boot memory and DIMMs, without what virtio-mem plugged. Never less than it has
 * now, whatever is not known of it: giving all of it back takes nothing. Bytes.
 */
export const balloonMaximum = ({ monitor, launch }: GuestSample): number | undefined => {
  const base = monitor.memory?.['base-memory'] ?? launch.size;
  return base === undefined ? undefined : Math.max(base + dimms(monitor), monitor.balloon?.actual ?? 0);
};

/** What is plugged now, from the monitor; else what the command line gave it. Bytes. */
export const memSize = ({ monitor: { memory }, launch }: GuestSample): number | undefined => {
  const base = memory?.['base-memory'];
  return base === undefined ? launch.size : base + (memory?.['plugged-memory'] ?? 0);
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
