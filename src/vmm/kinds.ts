import { own } from '../own.ts';
import type { GuestSample, Manager, Vmm } from '../sample.ts';
import { cloudHypervisor } from './cloud-hypervisor/kind.ts';
import { crosvm } from './crosvm/kind.ts';
import { firecracker } from './firecracker/kind.ts';
import type { Abilities, VmmKind } from './kind.ts';
import { libvirt } from './libvirt/kind.ts';
import { other } from './other/kind.ts';
import { proxmox } from './proxmox/kind.ts';
import { qemu } from './qemu/kind.ts';

/** Every VMM: a line each. What a new one lacks, the compiler tells. */
export const vmms: Readonly<Record<Vmm, VmmKind>> = {
  qemu,
  firecracker,
  'cloud-hypervisor': cloudHypervisor,
  crosvm,
  other,
} satisfies Record<Vmm, VmmKind>;

/** Managers above QEMU that change what can be done, or how. */
const managers: Readonly<Record<Manager, Abilities>> = { libvirt, proxmox } satisfies Record<Manager, Abilities>;

/** The one place where it is told by whom a guest is run. A recording may name a kind that this kvmtop does not know. */
export const kindOf = ({ vmm, manager }: Pick<GuestSample, 'vmm' | 'manager'>): Abilities => {
  const above = manager === undefined ? undefined : own(managers, manager);
  return above ?? own(vmms, vmm) ?? other;
};

/** Asked of every process of the host. */
const names = (Object.keys(vmms) as Vmm[]).map(vmm => ({ vmm, pattern: vmms[vmm].program.names }));

/** The kind of a program, by the name of its file; `undefined` for what need not be one. */
export const vmmNamed = (program: string): Vmm | undefined => names.find(({ pattern }) => pattern.test(program))?.vmm;
