import { isMigrating } from '../fields/migration.ts';
import type { GuestModel } from '../model.ts';
import type { GuestId } from '../sample.ts';
import { formatDuration, longBytes, MiB, parseBytes, parseSeconds } from '../units.ts';
import type { Action, Step } from './action.ts';
import { findGuest, refuse, unanswered } from './guest.ts';

interface MigrateInput {
  readonly guest: GuestId;
  readonly uri: string;
  /** Bytes a second. */
  readonly bandwidth?: number;
  /** Seconds. */
  readonly downtime?: number;
}

/** QEMU's own limits where none was set: 128 MiB/s (1 Gbit/s, since 5.2) and 300 ms. */
const usualBandwidth = 128 * MiB;
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

/** Sends a guest to another QEMU while it runs. */
export const migrate: Action<MigrateInput> = {
  id: 'migrate',
  title: 'Migrate',
  help: 'Send a guest to a QEMU that waits for it at tcp:HOST:PORT or unix:/PATH; at most BANDWIDTH a second, and a last pause of at most DOWNTIME.',
  usage: 'GUEST URI [BANDWIDTH] [DOWNTIME]',
  example: 'web-1 tcp:10.0.0.2:4444 500M 300ms',

  parse(model, words) {
    const [name, uri, rate, pause, ...rest] = words;
    if (name === undefined || uri === undefined || rest.length > 0)
      throw new Error('migrate takes GUEST URI [BANDWIDTH] [DOWNTIME], such as: migrate web-1 tcp:10.0.0.2:4444 500M');
    const guest = findGuest(model, name);
    checkUri(uri);
    const bandwidth = rate === undefined ? undefined : parseBytes(rate.replace(/\/s$/, ''));
    if (rate !== undefined && !bandwidth) throw new Error(`'${rate}' is no bandwidth: use 100M, or 1G, a second`);
    const downtime = pause === undefined ? undefined : parseSeconds(pause);
    if (pause !== undefined && (!downtime || downtime < 0.001 || downtime > longestDowntime))
      throw new Error(`'${pause}' is no downtime: use 300ms, or 2s, at most ${longestDowntime}s`);
    return {
      guest: guest.id,
      uri,
      ...(bandwidth === undefined ? {} : { bandwidth }),
      ...(downtime === undefined ? {} : { downtime }),
    };
  },

  plan(model, { guest: id, uri, bandwidth, downtime }, request) {
    const guest = model.guests.find(one => one.id === id);
    if (!guest) return refuse(request, 'Migrate a guest', 'the guest is gone: it ended, or was restarted');
    const summary = `Migrate ${guest.name} to ${uri}`;
    const problem = unanswered(guest, 'virsh migrate --live') ?? impossible(guest);
    if (problem !== undefined) return refuse(request, summary, problem);
    const limits = {
      ...(bandwidth === undefined ? {} : { 'max-bandwidth': bandwidth }),
      ...(downtime === undefined ? {} : { 'downtime-limit': Math.round(downtime * 1000) }),
    };
    const size = guest.values.balloon_actual ?? guest.values.mem_size;
    const rate = bandwidth ?? usualBandwidth;
    return {
      request,
      subject: guest.name,
      summary,
      steps: [
        ...(Object.keys(limits).length > 0 ? [qmp(guest, 'migrate-set-parameters', limits)] : []),
        qmp(guest, 'migrate', { uri }),
      ],
      effect: [
        `network: up to ${longBytes(size)} at ${longBytes(rate)}/s${bandwidth === undefined ? ' (QEMU’s own limit, unless another was set)' : ''}${size === undefined ? '' : `: at most ${formatDuration(Math.ceil(size / rate))}, and what the guest writes meanwhile once more`}`,
        `guest: runs on here until the last ${formatDuration(downtime ?? usualDowntime)}, then there`,
        'host: keeps its RAM until the source is ended with quit',
      ],
      warnings: [
        'the QEMU that waits there must have the same machine, devices and memory',
        ...(uri.startsWith('tcp:') ? ['the guest’s memory goes over the network as it is, not encrypted'] : []),
        ...(guest.state === 'paused' ? ['the guest is paused, and will be there too'] : []),
      ],
      undo: { action: 'migrate-cancel', words: [guest.id] },
      follow: [{ kind: 'migration', guest: guest.id, name: guest.name, target: 'completed' }],
    };
  },

  hint: (model, [name]) => `${findGuest(model, name ?? '').name}: ${uriHelp}`,
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
    const guest = model.guests.find(one => one.id === id);
    if (!guest) return refuse(request, 'Cancel a migration', 'the guest is gone: it ended, or was restarted');
    const summary = `Cancel the migration of ${guest.name}`;
    const problem = unanswered(guest, 'virsh domjobabort');
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
    return {
      request,
      subject: guest.name,
      summary,
      steps: [qmp(guest, 'migrate_cancel', {})],
      effect: [
        'guest: runs on here as before',
        'destination: the QEMU that waits there ends, and what was sent is lost',
      ],
      warnings: [],
      follow: [{ kind: 'migration', guest: guest.id, name: guest.name, target: 'cancelled' }],
    };
  },
};
