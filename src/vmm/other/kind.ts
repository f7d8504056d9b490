import { notByLibvirt } from '../common.ts';
import type { VmmKind } from '../kind.ts';
import { nameOf } from '../launch.ts';

const unseen = 'its monitor is not QEMU: only its process can be seen';
const nothing = { unable: unseen };

/** A VMM that kvmtop does not know: a process with a KVM virtual machine. */
export const other: VmmKind = {
  title: 'its VMM',
  program: { names: /^(lkvm|dragonball|openvmm)/, alone: false },
  started: view => ({ name: nameOf(view, '--id'), expected: {}, places: [] }),
  monitor: { by: 'nothing', reason: unseen },
  balloon: nothing,
  polling: nothing,
  virtioMem: nothing,
  migrate: nothing,
  migrateCancel: nothing,
  end: nothing,
  merging: { off: 'its memory is not offered to KSM' },
  unlimited: notByLibvirt,
};
