import { balloonHolds, balloonOnly, notByLibvirt } from '../common.ts';
import type { VmmKind } from '../kind.ts';
import { nameOf, optionOf, placesOf } from '../launch.ts';
import { cloudHypervisorDialect } from './dialect.ts';

/** Its API's socket as the process knows it; `undefined` when it was handed over as an open descriptor. */
const socketOf = (words: readonly string[]): string | undefined => {
  const given = optionOf(words, '--api-socket');
  return given?.startsWith('fd=') ? undefined : given?.replace(/^path=/, '');
};

export const cloudHypervisor: VmmKind = {
  title: 'Cloud Hypervisor',
  program: { names: /^cloud-hypervisor/, alone: false },

  started: view => ({
    name: nameOf(view, '--id'),
    expected: {},
    ...placesOf(view, socketOf(view.words.slice(1)), 'an API socket'),
  }),

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
