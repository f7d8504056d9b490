import { known } from '../../known.ts';
import type { GuestSample } from '../../sample.ts';
import { MiB } from '../../units.ts';
import { notByLibvirt } from '../common.ts';
import type { MigrationLimits, VmmKind } from '../kind.ts';
import type { GuestStep, Purpose } from '../step.ts';
import { holderOf } from './holder.ts';
import { readLaunch } from './launch.ts';
import { addresses, checkUri } from './migrate.ts';

const qmp = (
  { id: guest, name }: GuestSample,
  command: string,
  args: Readonly<Record<string, unknown>>,
  purpose?: Purpose,
): GuestStep => ({ kind: 'qmp', guest, name, command, arguments: args, ...known({ purpose }) });

const setLimits = (guest: GuestSample, { bandwidth, downtime }: MigrationLimits): GuestStep =>
  qmp(
    guest,
    'migrate-set-parameters',
    known({
      'max-bandwidth': bandwidth,
      'downtime-limit': downtime === undefined ? undefined : Math.round(downtime * 1000),
    }),
  );

/** What QEMU can do when it is asked itself. All of it: managers above differ in some. */
export const qemu = {
  title: 'QEMU',
  // Wrapped ones are NixOS's, qemu-lite-system-x86_64 is Kata's. `qemu-img`, `qemu-nbd`, `qemu-ga` and user-mode `qemu-x86_64` are no guests.
  program: { names: /^\.?(qemu(-[a-z]+)?-system-[\w.+-]+|qemu-kvm[\w.+-]*|kvm|qemu)(-wrapped)?$/, alone: true },
  started: readLaunch,
  monitor: {
    by: 'qmp',
    start: 'start it with -qmp unix:/run/NAME.qmp,server=on,wait=off',
    busy: path => {
      const holder = holderOf(path);
      return holder
        ? `nothing is wrong: ${holder.name} keeps it open, so leave that client alone; its memory is changed by ${holder.resize}`
        : `ss -xp tells who holds ${path}: a manager that runs the guest is to be left alone, any other client may be ended; kvmtop tries again by itself`;
    },
  },

  balloon: {
    step: (guest, bytes) => qmp(guest, 'balloon', { value: bytes }, { kind: 'balloon', target: bytes }),
    missing: 'start it with -device virtio-balloon-pci',
    unknownSize: () => 'its size is not known yet: wait for its monitor',
  },

  polling: {
    step: (guest, seconds) => {
      const path = guest.monitor.balloon?.path;
      if (path === undefined) return undefined;
      return qmp(guest, 'qom-set', { path, property: 'guest-stats-polling-interval', value: seconds });
    },
  },

  virtioMem: {
    step: (guest, _device, path, bytes) => qmp(guest, 'qom-set', { path, property: 'requested-size', value: bytes }),
  },

  migrate: {
    addresses,
    check: checkUri,
    steps: (guest, { uri, ...limits }) => [
      ...(limits.bandwidth === undefined && limits.downtime === undefined ? [] : [setLimits(guest, limits)]),
      qmp(guest, 'migrate', { uri }, { kind: 'migrate' }),
    ],
    limit: setLimits,
    // Since 5.2: 1 Gbit/s.
    usualBandwidth: 128 * MiB,
    effect: () => 'host: keeps its RAM until the source is ended with quit',
    warnings: ['the QEMU that waits there must have the same machine, devices and memory'],
    leaves: false,
  },
  migrateCancel: {
    step: guest => qmp(guest, 'migrate_cancel', {}, { kind: 'migrate-cancel' }),
  },

  end: {
    step: guest => qmp(guest, 'quit', {}),
    refusal: () => undefined,
  },

  merging: { off: 'its memory is not offered to KSM: it was started with mem-merge=off (merge=off)' },
  unlimited: notByLibvirt,
} satisfies VmmKind;
