import { isMigrating } from '../../fields/migration.ts';
import { guestById } from '../../guests.ts';
import { known } from '../../known.ts';
import type { GuestModel } from '../../model.ts';
import type { GuestId } from '../../sample.ts';
import { formatDuration, longBytes, MiB, parseBytes, parseSeconds } from '../../units.ts';
import type { Action, Step } from '../action.ts';
import { findGuest, refuse, refuseGone, unmanageable } from './guest.ts';
import {
  cancelStep,
  checkLibvirtUri,
  libvirtEffect,
  libvirtUriHelp,
  libvirtWarnings,
  migrateSteps,
} from './migrate-libvirt.ts';

interface MigrateInput {
  readonly guest: GuestId;
  readonly uri: string;
  /** Bytes a second. */
  readonly bandwidth?: number;
  /** Seconds. */
  readonly downtime?: number;
}

/** QEMU's own limit where none was set, bytes a second: 1 Gbit/s, since 5.2. */
const usualBandwidth = 128 * MiB;
/** QEMU's own limit where none was set, seconds. */
const usualDowntime = 0.3;
/** QEMU takes at most 2000 s (MAX_MIGRATE_DOWNTIME_SECONDS). */
const longestDowntime = 2000;

const uriHelp = 'use tcp:HOST:PORT or unix:/PATH of a QEMU that waits there (-incoming)';

/**
 * Only addresses: QEMU would also run a program (`exec:`) or write into an open descriptor (`fd:`).
 * @throws Error that says what is wrong.
 */
export const checkUri = (uri: string): void => {
  if (/^unix:\/[^\0]+$/.test(uri)) {
    if (Buffer.byteLength(uri) - 'unix:'.length > 107) throw new Error(`${uri}: a socket's path has at most 107 bytes`);
    return;
  }
  const tcp = /^tcp:(?:\[[0-9a-f:.]+(?:%[\w.-]+)?\]|[\w.-]+):(\d{1,5})$/i.exec(uri);
  const port = Number(tcp?.[1]);
  if (!tcp || port < 1 || port > 65_535) throw new Error(`'${uri}' is nowhere to migrate to: ${uriHelp}`);
};

/** Why this guest can't be migrated now. */
const impossible = (guest: GuestModel): string | undefined => {
  const { status, migration } = guest.sample.monitor;
  if (status === 'postmigrate') return 'it was migrated already and stands still here: quit ends it';
  if (status === 'inmigrate') return 'it is the destination of a migration itself';
  if (isMigrating(migration)) return 'it is migrating already: migrate-cancel stops that';
  if (migration?.blocked) return `QEMU can't migrate it: ${migration.blocked.join('; ')}`;
  return undefined;
};

const qmp = (guest: GuestModel, command: string, args: Readonly<Record<string, unknown>>): Step => ({
  kind: 'qmp',
  guest: guest.id,
  name: guest.name,
  command,
  arguments: args,
});

/** The domain of libvirt's that the guest is; `undefined` when kvmtop asks QEMU itself. */
const domainOf = ({ sample }: GuestModel): string | undefined =>
  sample.manager === 'libvirt' ? sample.launch.uuid : undefined;

/** By QEMU itself; `bandwidth` in bytes a second, `downtime` in seconds. */
const qemuSteps = (guest: GuestModel, { uri, bandwidth, downtime }: MigrateInput): readonly Step[] => {
  const limits = {
    ...known({ 'max-bandwidth': bandwidth }),
    ...(downtime === undefined ? {} : { 'downtime-limit': Math.round(downtime * 1000) }),
  };
  return [
    ...(Object.keys(limits).length > 0 ? [qmp(guest, 'migrate-set-parameters', limits)] : []),
    qmp(guest, 'migrate', { uri }),
  ];
};

/** What goes over the network, and for how long. libvirt lifts QEMU's own limit. */
const networkEffect = (guest: GuestModel, bandwidth: number | undefined, byLibvirt: boolean): string => {
  const size = guest.values.balloon_actual ?? guest.values.mem_size;
  const rate = bandwidth ?? (byLibvirt ? undefined : usualBandwidth);
  if (rate === undefined) return `network: up to ${longBytes(size)}, as fast as it goes`;
  const usual = bandwidth === undefined ? ' (QEMU’s own limit, unless another was set)' : '';
  const time =
    size === undefined
      ? ''
      : `: at most ${formatDuration(Math.ceil(size / rate))}, and what the guest writes meanwhile once more`;
  return `network: up to ${longBytes(size)} at ${longBytes(rate)}/s${usual}${time}`;
};

/** Sends a guest to another QEMU while it runs. */
export const migrate: Action<MigrateInput> = {
  id: 'migrate',
  title: 'Migrate',
  help: 'Send a guest to a QEMU that waits for it at tcp:HOST:PORT or unix:/PATH, one of libvirt’s to the libvirt at qemu+ssh://HOST/system; at most BANDWIDTH a second, and a last pause of at most DOWNTIME.',
  usage: 'GUEST URI [BANDWIDTH] [DOWNTIME]',
  example: 'web-1 tcp:10.0.0.2:4444 500M 300ms',

  parse(model, words) {
    const [name, uri, rate, pause, ...rest] = words;
    if (name === undefined || uri === undefined || rest.length > 0)
      throw new Error('migrate takes GUEST URI [BANDWIDTH] [DOWNTIME], such as: migrate web-1 tcp:10.0.0.2:4444 500M');
    const guest = findGuest(model, name);
    if (guest.sample.manager === 'libvirt') checkLibvirtUri(uri);
    else checkUri(uri);
    const bandwidth = rate === undefined ? undefined : parseBytes(rate.replace(/\/s$/, ''));
    if (rate !== undefined && !bandwidth) throw new Error(`'${rate}' is no bandwidth: use 100M, or 1G, a second`);
    const downtime = pause === undefined ? undefined : parseSeconds(pause);
    if (pause !== undefined && (!downtime || downtime < 0.001 || downtime > longestDowntime))
      throw new Error(`'${pause}' is no downtime: use 300ms, or 2s, at most ${longestDowntime}s`);
    return {
      guest: guest.id,
      uri,
      ...known({ bandwidth, downtime }),
    };
  },

  plan(model, input, request) {
    const { guest: id, uri, bandwidth, downtime } = input;
    const guest = guestById(model, id);
    if (!guest) return refuseGone(request, 'Migrate a guest');
    const summary = `Migrate ${guest.name} to ${uri}`;
    const problem = unmanageable(guest, 'virsh migrate --live') ?? impossible(guest);
    if (problem !== undefined) return refuse(request, summary, problem);
    const domain = domainOf(guest);
    const local = uri.startsWith('unix:') || uri.startsWith('qemu+unix:');
    return {
      request,
      subject: guest.name,
      summary,
      steps: domain === undefined ? qemuSteps(guest, input) : migrateSteps(guest, domain, input),
      effect: [
        networkEffect(guest, bandwidth, domain !== undefined),
        `guest: runs on here until the last ${formatDuration(downtime ?? usualDowntime)}, then there`,
        domain === undefined ? 'host: keeps its RAM until the source is ended with quit' : libvirtEffect(guest),
      ],
      warnings: [
        ...(domain === undefined
          ? ['the QEMU that waits there must have the same machine, devices and memory']
          : libvirtWarnings),
        ...(local ? [] : ['the guest’s memory goes over the network as it is, not encrypted']),
        ...(guest.state === 'paused' ? ['the guest is paused, and will be there too'] : []),
      ],
      undo: { action: 'migrate-cancel', words: [guest.id] },
      follow: [
        {
          kind: 'migration',
          guest: guest.id,
          name: guest.name,
          target: 'completed',
          ...(domain === undefined ? {} : { leaves: true }),
        },
      ],
    };
  },

  hint(model, [word]) {
    const { name, sample } = findGuest(model, word ?? '');
    return `${name}: ${sample.manager === 'libvirt' ? libvirtUriHelp : uriHelp}`;
  },
};

/** Stops a migration that is under way. */
export const migrateCancel: Action<GuestId> = {
  id: 'migrate-cancel',
  title: 'Cancel migration',
  help: 'Stop the migration of a guest: it runs on here, and the QEMU that waited there ends.',
  usage: 'GUEST',
  example: 'web-1',

  parse(model, words) {
    const [name, ...rest] = words;
    if (name === undefined || rest.length > 0) throw new Error('migrate-cancel takes GUEST');
    return findGuest(model, name).id;
  },

  plan(model, id, request) {
    const guest = guestById(model, id);
    if (!guest) return refuseGone(request, 'Cancel a migration');
    const summary = `Cancel the migration of ${guest.name}`;
    const problem = unmanageable(guest, 'virsh domjobabort');
    if (problem !== undefined) return refuse(request, summary, problem);
    const { migration, status } = guest.sample.monitor;
    if (!isMigrating(migration))
      return refuse(
        request,
        summary,
        status === 'postmigrate'
          ? 'it has ended: the guest runs at its destination'
          : `no migration is under way${migration ? `: the last one ${migration.status}` : ''}`,
      );
    if (migration?.status.startsWith('postcopy'))
      return refuse(request, summary, 'the guest runs at its destination already (postcopy): neither side is whole');
    const domain = domainOf(guest);
    return {
      request,
      subject: guest.name,
      summary,
      steps: [domain === undefined ? qmp(guest, 'migrate_cancel', {}) : cancelStep(guest, domain)],
      effect: [
        'guest: runs on here as before',
        'destination: the QEMU that waits there ends, and what was sent is lost',
      ],
      warnings: [],
      follow: [{ kind: 'migration', guest: guest.id, name: guest.name, target: 'cancelled' }],
    };
  },
};
