import { balloonHolds, balloonOnly, notByLibvirt } from '../common.ts';
import type { VmmKind } from '../kind.ts';
import { crosvmDialect } from './dialect.ts';
import { readLaunch } from './launch.ts';

export const crosvm: VmmKind = {
  title: 'crosvm',
  program: { names: /^crosvm/, alone: false },
  started: readLaunch,

  monitor: {
    by: 'client',
    program: 'crosvm',
    dialect: crosvmDialect,
    // crosvm answers once the guest has, and what is asked meanwhile waits behind.
    late: 'its guest does not answer: its balloon driver is not loaded, or it is suspended or still booting',
    start: 'start it with --socket /run/NAME.sock',
    busy: () => 'inside the guest: modprobe virtio_balloon; kvmtop tries again by itself',
  },

  balloon: {
    // It takes the balloon's size, which is what the guest does not have.
    step: (guest, bytes) => ({
      kind: 'client',
      guest: guest.id,
      name: guest.name,
      words: ['crosvm', 'balloon', String(balloonHolds(guest, bytes)), guest.monitor.path ?? ''],
      purpose: { kind: 'balloon', target: bytes },
    }),
    missing: 'start it without --no-balloon',
    unknownSize: () => 'its size is not known: its configuration can’t be read, and crosvm does not tell',
  },
  polling: { unable: 'a guest of crosvm reports whenever it is asked: it has no interval' },
  virtioMem: balloonOnly,
  migrate: balloonOnly,
  migrateCancel: balloonOnly,
  end: balloonOnly,
  merging: { unable: 'crosvm offers no memory to KSM' },
  unlimited: notByLibvirt,
};
