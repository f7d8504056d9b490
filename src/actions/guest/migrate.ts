import { WordsError } from '../../errors.ts';
import { guestById } from '../../guests.ts';
import { known } from '../../known.ts';
import type { GuestModel } from '../../model.ts';
import type { GuestId } from '../../sample.ts';
import { formatDuration, longBytes } from '../../units.ts';
import type { Migrating, MigrationOrder } from '../../vmm/kind.ts';
import { kindOf } from '../../vmm/kinds.ts';
import { given } from '../../vmm/memory.ts';
import { isMigrating } from '../../vmm/qemu/migration.ts';
import type { Action, Plan } from '../action.ts';
import { findGuest, refuse, refuseGone, unmanageable } from './guest.ts';
import { bandwidthOf, describeLimits, downtimeOf } from './migration-limits.ts';

interface MigrateInput extends MigrationOrder {
  readonly guest: GuestId;
}

/** QEMU's own limit of the last pause where none was set, seconds. */
const usualDowntime = 0.3;

/** Why this guest can't be migrated now. */
const impossible = (guest: GuestModel): string | undefined => {
  const { status, migration } = guest.sample.monitor;
  if (status === 'postmigrate') return 'it was migrated already and stands still here: quit ends it';
  if (status === 'inmigrate') return 'it is the destination of a migration itself';
  if (isMigrating(migration)) return 'it is migrating already: migrate-cancel stops that';
  if (migration?.blocked) return `QEMU can't migrate it: ${migration.blocked.join('; ')}`;
  return undefined;
};

/** What goes over the network, and for how long. */
const networkEffect = (
  guest: GuestModel,
  bandwidth: number | undefined,
  { usualBandwidth, otherLimit }: Pick<Migrating, 'usualBandwidth' | 'otherLimit'>,
): string => {
  const size = given(guest.sample);
  const set = guest.sample.monitor.migrationLimits?.bandwidth;
  const rate = bandwidth ?? set ?? usualBandwidth;
  // QEMU takes 0 for no limit at all.
  if (!rate)
    return `network: up to ${longBytes(size)}, as fast as it goes${otherLimit === undefined ? '' : `, unless ${otherLimit} limited it`}`;
  const whose = set === undefined ? ' (QEMU’s own limit, unless another was set)' : ' (the limit that is set)';
  const usual = bandwidth === undefined ? whose : '';
  const time =
    size === undefined
      ? ''
      : `: at most ${formatDuration(Math.ceil(size / rate))}, and what the guest writes meanwhile once more`;
  return `network: up to ${longBytes(size)} at ${longBytes(rate)}/s${usual}${time}`;
};

/** What is to be put back afterwards; `undefined` where it sets nothing, or nobody knows what was set before. */
const lentLimits = (guest: GuestModel, { bandwidth, downtime }: MigrateInput): Plan['limits'] => {
  const { migrationLimits: before } = guest.sample.monitor;
  const was = known({
    bandwidth: bandwidth === undefined ? undefined : before?.bandwidth,
    downtime: downtime === undefined ? undefined : before?.downtime,
  });
  return Object.keys(was).length === 0 ? undefined : { guest: guest.id, was, set: known({ bandwidth, downtime }) };
};

/** Sends a guest to another QEMU while it runs. */
export const migrate: Action<MigrateInput> = {
  id: 'migrate',
  title: 'Migrate',
  help: 'Migrate a guest to a QEMU that is listening at tcp:HOST:PORT or unix:/PATH, or a libvirt guest to qemu+ssh://HOST/system; at most BANDWIDTH per second, with a pause of at most DOWNTIME at the end.',
  usage: 'GUEST URI [BANDWIDTH] [DOWNTIME]',
  example: 'web-1 tcp:10.0.0.2:4444 500M 300ms',

  parse(model, words) {
    const [name, uri, rate, pause, ...rest] = words;
    if (name === undefined || uri === undefined || rest.length > 0)
      throw new WordsError(
        'migrate takes GUEST URI [BANDWIDTH] [DOWNTIME], such as: migrate web-1 tcp:10.0.0.2:4444 500M',
      );
    const guest = findGuest(model, name);
    const { migrate: ability } = kindOf(guest.sample);
    if (!('unable' in ability)) ability.check(uri);
    const bandwidth = rate === undefined ? undefined : bandwidthOf(rate);
    if (bandwidth === 0) throw new WordsError(`Not a bandwidth: '${rate}'. Try 100M or 1G (per second)`);
    const downtime = pause === undefined ? undefined : downtimeOf(pause);
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
    const { migrate: ability } = kindOf(guest.sample);
    if ('unable' in ability) return refuse(request, summary, ability.unable);
    const problem = unmanageable(guest, ability) ?? impossible(guest);
    if (problem !== undefined) return refuse(request, summary, problem);
    const limits = ability.limit && lentLimits(guest, input);
    const local = uri.startsWith('unix:') || uri.startsWith('qemu+unix:');
    return {
      request,
      subject: guest.name,
      summary,
      steps: ability.steps(guest.sample, input),
      effect: [
        networkEffect(guest, bandwidth, ability),
        `guest: runs on here until the last ${formatDuration(downtime ?? guest.sample.monitor.migrationLimits?.downtime ?? usualDowntime)}, then there`,
        ability.effect(guest.values.rss),
        ...(limits ? [`guest: its own limits (${describeLimits(limits.was)}) are put back once that has ended`] : []),
      ],
      warnings: [
        ...ability.warnings,
        ...(downtime === undefined || limits || !ability.stays ? [] : [ability.stays(formatDuration(downtime))]),
        ...(local ? [] : ['the guest’s memory goes over the network as it is, not encrypted']),
        ...(guest.state === 'paused' ? ['the guest is paused, and will be there too'] : []),
      ],
      undo: { action: 'migrate-cancel', words: [guest.id] },
      ...known({ limits }),
      follow: [
        {
          kind: 'migration',
          guest: guest.id,
          name: guest.name,
          target: 'completed',
          ...(ability.leaves ? { leaves: true } : {}),
        },
      ],
    };
  },

  hint(model, [word]) {
    const { name, sample } = findGuest(model, word ?? '');
    const { migrate: ability } = kindOf(sample);
    return `${name}: ${'unable' in ability ? ability.unable : ability.addresses}`;
  },
};

/** Stops a migration that is under way. */
export const migrateCancel: Action<GuestId> = {
  id: 'migrate-cancel',
  title: 'Cancel migration',
  help: 'Cancel the migration of a guest: it keeps running here, and the waiting QEMU on the other host ends.',
  usage: 'GUEST',
  example: 'web-1',

  parse(model, words) {
    const [name, ...rest] = words;
    if (name === undefined || rest.length > 0) throw new WordsError('migrate-cancel takes GUEST');
    return findGuest(model, name).id;
  },

  plan(model, id, request) {
    const guest = guestById(model, id);
    if (!guest) return refuseGone(request, 'Cancel a migration');
    const summary = `Cancel the migration of ${guest.name}`;
    const { migrateCancel: ability } = kindOf(guest.sample);
    if ('unable' in ability) return refuse(request, summary, ability.unable);
    const problem = unmanageable(guest, ability);
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
      steps: [ability.step(guest.sample)],
      effect: [
        'guest: runs on here as before',
        'destination: the QEMU that waits there ends, and what was sent is lost',
      ],
      warnings: [],
      follow: [{ kind: 'migration', guest: guest.id, name: guest.name, target: 'cancelled' }],
    };
  },
};
