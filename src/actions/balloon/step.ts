import type { GuestModel } from '../../model.ts';
import { KiB, MiB } from '../../units.ts';
import type { Step } from '../action.ts';

/** All the memory that the balloon can take from, bytes; known wherever a balloon is. */
const wholeOf = ({ sample: { monitor, launch } }: GuestModel): number =>
  monitor.memory?.['base-memory'] ?? launch.size ?? 0;

/**
 * How its VMM is told that the guest is to have `bytes`. QEMU and libvirt (in KiB) take the guest's size; Firecracker (in
 * MiB) and Cloud Hypervisor take the balloon's, which is the rest.
 */
export const balloonStep = (guest: GuestModel, bytes: number): Step => {
  const { id, name, sample } = guest;
  const { uuid } = sample.launch;
  if (sample.manager === 'libvirt' && uuid !== undefined)
    return { kind: 'virsh', guest: id, name, words: ['setmem', uuid, String(Math.floor(bytes / KiB)), '--live'] };
  switch (sample.vmm) {
    case 'firecracker':
      return {
        kind: 'api',
        guest: id,
        name,
        method: 'PATCH',
        path: '/balloon',
        // Rounded down: what is left over stays the guest's.
        body: { amount_mib: Math.floor((wholeOf(guest) - bytes) / MiB) },
      };
    case 'cloud-hypervisor':
      return {
        kind: 'api',
        guest: id,
        name,
        method: 'PUT',
        path: '/api/v1/vm.resize',
        body: { desired_balloon: wholeOf(guest) - bytes },
      };
    default:
      return { kind: 'qmp', guest: id, name, command: 'balloon', arguments: { value: bytes } };
  }
};
