import { WordsError } from '../../errors.ts';
import { guestById } from '../../guests.ts';
import { known } from '../../known.ts';
import type { GuestId } from '../../sample.ts';
import { formatDuration, longBytes, parseBytes, parseSeconds } from '../../units.ts';
import type { MigrationLimits } from '../../vmm/kind.ts';
import { kindOf } from '../../vmm/kinds.ts';
import type { Action, Request } from '../action.ts';
import { findGuest, refuse, refuseGone, unmanageable } from './guest.ts';

interface LimitsInput extends MigrationLimits {
  readonly guest: GuestId;
}

/** QEMU takes at most 2000 s (MAX_MIGRATE_DOWNTIME_SECONDS). */
const longestDowntime = 2000;

/** `100M`, `100M/s`: bytes a second, 0 for no limit. @throws Error for what is no bandwidth */
export const bandwidthOf = (word: string): number => {
  const bandwidth = parseBytes(word.replace(/\/s$/, ''));
  if (bandwidth === undefined) throw new WordsError(`Not a bandwidth: '${word}'. Try 100M or 1G (per second)`);
  return bandwidth;
};

/** `300ms`, `2s`: seconds of the last pause. @throws Error for what is no downtime */
export const downtimeOf = (word: string): number => {
  const downtime = parseSeconds(word);
  if (!downtime || downtime < 0.001 || downtime > longestDowntime)
    throw new WordsError(`Not a downtime: '${word}'. Try 300ms or 2s, at most ${longestDowntime}s`);
  return downtime;
};

/** `2.00 MiB/s, a last pause of 0.3s`. */
export const describeLimits = ({ bandwidth, downtime }: MigrationLimits): string =>
  [
    ...(bandwidth === undefined ? [] : [bandwidth === 0 ? 'any bandwidth' : `${longBytes(bandwidth)}/s`]),
    ...(downtime === undefined ? [] : [`a last pause of ${formatDuration(downtime)}`]),
  ].join(', ');

/** The request that sets these, to the byte. */
export const limitsRequest = (guest: GuestId, { bandwidth, downtime }: MigrationLimits): Request => ({
  action: 'migration-limits',
  words: [
    guest,
    bandwidth === undefined ? '-' : `${bandwidth}B`,
    downtime === undefined ? '-' : `${Math.round(downtime * 1000)}ms`,
  ],
});

/** Sets how fast a guest is migrated, now or later. */
export const migrationLimits: Action<LimitsInput> = {
  id: 'migration-limits',
  title: 'Migration limits',
  help: 'Limit the BANDWIDTH and DOWNTIME of migrations, including one in progress; - keeps the current limit, and a bandwidth of 0 means no limit.',
  usage: 'GUEST BANDWIDTH|- [DOWNTIME|-]',
  example: 'web-1 500M',

  parse(model, words) {
    const [name, rate, pause = '-', ...rest] = words;
    if (name === undefined || rate === undefined || rest.length > 0 || (rate === '-' && pause === '-'))
      throw new WordsError(
        'migration-limits takes GUEST BANDWIDTH|- [DOWNTIME|-], such as: migration-limits web-1 500M',
      );
    return {
      guest: findGuest(model, name).id,
      ...known({
        bandwidth: rate === '-' ? undefined : bandwidthOf(rate),
        downtime: pause === '-' ? undefined : downtimeOf(pause),
      }),
    };
  },

  plan(model, { guest: id, ...limits }, request) {
    const guest = guestById(model, id);
    if (!guest) return refuseGone(request, 'Set the limits of a migration');
    const summary = `Limit migrations of ${guest.name} to ${describeLimits(limits)}`;
    const { migrate: ability } = kindOf(guest.sample);
    if ('unable' in ability) return refuse(request, summary, ability.unable);
    if (!ability.limit) return refuse(request, summary, 'libvirt sets these with each migration: give them to migrate');
    const problem = unmanageable(guest, ability);
    if (problem !== undefined) return refuse(request, summary, problem);
    const before = guest.sample.monitor.migrationLimits;
    return {
      request,
      subject: guest.name,
      summary,
      steps: [ability.limit(guest.sample, limits)],
      effect: ['host: no memory moves; a migration that is under way goes on by these'],
      warnings: [],
      ...(before ? { undo: limitsRequest(id, before) } : {}),
    };
  },
};
