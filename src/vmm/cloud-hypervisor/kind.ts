import { balloonHolds, balloonOnly, notByLibvirt } from '../common.ts';
import type { VmmKind } from '../kind.ts';
import { cloudHypervisorDialect } from './dialect.ts';
import { readLaunch } from './launch.ts';

export const cloudHypervisor: VmmKind = {
  title: 'Cloud Hypervisor',
  program: { names: /^cloud-hypervisor/, alone: false },

  started: readLaunch,

  monitor: { by: 'http', dialect: cloudHypervisorDialect, start: 'start it with --api-socket /run/NAME.sock' },

  balloon: {
    // It takes the balloon's size, which is what the guest does not have.
    step: (guest, bytes) => ({
      kind: 'api',
      guest: guest.id,
      name: guest.name,
      method: 'PUT',
      path: '/api/v1/vm.resize',
      body: { desired_balloon: balloonHolds(guest, bytes) },
      purpose: { kind: 'balloon', target: bytes },
    }),
    missing: 'start it with --balloon size=0',
    unknownSize: () => 'its size is not known yet: wait for its monitor',
  },
  polling: { unable: 'Cloud Hypervisor has no statistics from inside a guest' },
  virtioMem: balloonOnly,
  migrate: balloonOnly,
  migrateCancel: balloonOnly,
  end: balloonOnly,
  merging: { off: 'its memory is not offered to KSM: start it with mergeable=on' },
  unlimited: notByLibvirt,
};
