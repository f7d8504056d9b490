import { MiB } from '../../units.ts';
import { balloonHolds, balloonOnly, notByLibvirt } from '../common.ts';
import type { VmmKind } from '../kind.ts';
import { firecrackerDialect } from './dialect.ts';
import { readLaunch } from './launch.ts';

export const firecracker: VmmKind = {
  title: 'Firecracker',
  program: { names: /^firecracker/, alone: false },

  started: readLaunch,

  monitor: { by: 'http', dialect: firecrackerDialect, start: 'start it with --api-sock /run/NAME.socket' },

  balloon: {
    // It takes the balloon's size, not the guest's, in MiB. Rounded down: what is left over stays the guest's.
    step: (guest, bytes) => ({
      kind: 'api',
      guest: guest.id,
      name: guest.name,
      method: 'PATCH',
      path: '/balloon',
      body: { amount_mib: Math.floor(balloonHolds(guest, bytes) / MiB) },
      purpose: { kind: 'balloon', target: bytes },
    }),
    missing: 'give it one with statistics before it starts (PUT /balloon)',
    unknownSize: ({ monitor }) =>
      monitor.balloon?.pollingInterval === 0
        ? 'Firecracker tells its size only with a statistics interval, which must be set before it starts'
        : 'its size is not known yet: wait for its monitor',
  },
  polling: { unable: 'Firecracker’s statistics are switched on before it starts (stats_polling_interval_s)' },
  virtioMem: balloonOnly,
  migrate: balloonOnly,
  migrateCancel: balloonOnly,
  end: balloonOnly,
  merging: { unable: 'Firecracker offers no memory to KSM' },
  unlimited: notByLibvirt,
};
