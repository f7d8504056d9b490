import { known } from '../../known.ts';
import type { GuestSample } from '../../sample.ts';
import { KiB, longBytes, MiB } from '../../units.ts';
import type { Abilities } from '../kind.ts';
import { qemu } from '../qemu/kind.ts';
import type { GuestStep, Purpose } from '../step.ts';
import { addresses, checkLibvirtUri } from './migrate.ts';

const byHand = (command: string): string => `libvirt runs this guest and holds its monitor: use ${command}`;

/** A domain is named by its UUID; who has none is not asked for (`elsewhere`). `words`: with the UUID where it belongs. */
const virsh = (
  { id, name, launch }: GuestSample,
  words: (uuid: string) => readonly string[],
  purpose?: Purpose,
): GuestStep => ({ kind: 'virsh', guest: id, name, words: words(launch.uuid ?? ''), ...known({ purpose }) });

/** QEMU by libvirt, which holds its monitor and makes every change itself. */
export const libvirt: Abilities = {
  ...qemu,
  monitor: { by: 'libvirt' },

  balloon: {
    step: (guest, bytes) =>
      virsh(guest, uuid => ['setmem', uuid, String(Math.floor(bytes / KiB)), '--live'], {
        kind: 'balloon',
        target: Math.floor(bytes / KiB) * KiB,
      }),
    missing: 'give it <memballoon model="virtio"/> (virsh edit) and start it anew',
    unknownSize: qemu.balloon.unknownSize,
    elsewhere: byHand('virsh setmem'),
  },

  // The place of the device is libvirt's business.
  polling: {
    step: (guest, seconds) => virsh(guest, uuid => ['dommemstat', uuid, '--period', String(seconds), '--live']),
    elsewhere: byHand('virsh dommemstat --period'),
  },

  virtioMem: {
    // By libvirt's own alias of the device; one that has none is libvirt's alone.
    step: (guest, { id }, _path, bytes) =>
      virsh(guest, uuid => [
        'update-memory-device',
        uuid,
        ...['--alias', id ?? ''],
        ...['--requested-size', `${bytes / KiB}KiB`],
        '--live',
      ]),
    elsewhere: byHand('virsh update-memory-device'),
  },

  // By the two libvirtds between themselves (--p2p), so that it neither needs kvmtop to run on nor ends with it.
  migrate: {
    addresses,
    check: checkLibvirtUri,
    steps: (guest, { uri, bandwidth, downtime }) => {
      const milliseconds = downtime === undefined ? undefined : String(Math.round(downtime * 1000));
      const rate = bandwidth === undefined ? [] : ['--bandwidth', String(Math.max(1, Math.round(bandwidth / MiB)))];
      return [
        ...(milliseconds === undefined ? [] : [virsh(guest, uuid => ['migrate-setmaxdowntime', uuid, milliseconds])]),
        virsh(guest, uuid => ['migrate', '--live', '--p2p', uuid, uri, ...rate], { kind: 'migrate' }),
      ];
    },
    // libvirt lifts QEMU's own limit of the bandwidth; what was set in its place it tells nobody who may only read.
    otherLimit: 'virsh migrate-setspeed',
    effect: rss =>
      `host: gets back ${longBytes(rss)}: libvirt ends the guest here; its definition, if it has one, stays`,
    warnings: [
      'its disks must be on storage that both hosts have: libvirt copies none',
      'there it is gone once it shuts down, until it is defined there (virsh dumpxml, virsh define)',
    ],
    stays: downtime =>
      `where it does not get there, a last pause of ${downtime} stays set for its next migration: virsh migrate-setmaxdowntime sets another`,
    leaves: true,
    elsewhere: byHand('virsh migrate --live'),
  },
  migrateCancel: {
    step: guest => virsh(guest, uuid => ['domjobabort', uuid], { kind: 'migrate-cancel' }),
    elsewhere: byHand('virsh domjobabort'),
  },

  end: {
    // So that libvirt knows.
    step: guest => virsh(guest, uuid => ['destroy', uuid]),
    // Whoever runs guests by libvirt has its ways to shut one down; one that was migrated away has none left.
    refusal: ({ monitor: { status } }) =>
      status === 'postmigrate'
        ? undefined
        : `libvirt runs this guest, and it is ${status ?? 'in an unknown state'}: use virsh shutdown, or virsh destroy`,
    elsewhere: byHand('virsh destroy'),
  },

  heldByMigration: 'libvirt changes nothing of a guest that it migrates: wait until that has ended, or cancel it',
  unlimited: ({ monitor }) => monitor.reason ?? 'libvirt sets no such limit',
};
