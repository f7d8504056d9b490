import type { Abilities } from '../kind.ts';
import { qemu } from '../qemu/kind.ts';

/** Proxmox leaves a guest's monitor to whoever asks, and balances balloons by it itself. */
export const proxmox: Abilities = {
  ...qemu,
  monitor: { by: 'qmp', busy: qemu.monitor.busy },
  balloon: { ...qemu.balloon, rival: 'Proxmox may balance this guest too, and set another size' },
};
