import { reportOf } from '../../actions/balloon/reports.ts';
import { fromTheFuture } from '../../fields/age.ts';
import { known } from '../../known.ts';
import type { GuestModel, Model } from '../../model.ts';
import { formatDuration } from '../../units.ts';
import type { Remark, Rule } from '../finding.ts';
import { offer } from './fix.ts';
import { isRunning } from './names.ts';

/** Seconds: what kvmtop itself asks for. */
const usualInterval = '2';

/** One remark for each running guest with a balloon device of which something is so. */
const each = (
  window: readonly Model[],
  tell: (model: Model, guest: GuestModel) => Omit<Remark, 'subject' | 'guest'> | undefined,
): readonly Remark[] => {
  const model = window.at(-1);
  if (!model) return [];
  return model.guests.flatMap((guest): readonly Remark[] => {
    if (!isRunning(guest) || guest.sample.monitor.balloon?.device !== true) return [];
    const told = tell(model, guest);
    return told ? [{ subject: guest.name, guest: guest.id, ...told }] : [];
  });
};

/** Numbers of its own that it reported; `undefined` where it never did. */
const reported = ({ sample }: GuestModel): number | undefined => {
  const stats = sample.monitor.balloon?.stats;
  return stats && Object.keys(stats.values).length;
};

export const statisticsOff: Rule = {
  id: 'statistics-off',
  word: 'stats off',
  title: 'Guest statistics are off',
  help:
    'QEMU does not ask the guest for its memory statistics (polling interval 0), so what the guest uses is unknown, or of ' +
    'long ago, and no balloon can be shrunk safely.',
  strategy: 'repair',
  severities: ['notice'],
  sustain: 10,
  check: window =>
    each(window, (model, guest) => {
      const { stats_interval: interval, stats_age: age } = guest.values;
      if (interval !== 0) return undefined;
      return {
        severity: 'notice',
        text: `Nobody asks for its statistics (polling interval 0): what it uses ${age === undefined ? 'is unknown' : `was last told ${formatDuration(age)} ago`}, so no size is known to be safe for its balloon.`,
        numbers: known({ stats_interval: interval, stats_age: age }),
        ...offer(model, { action: 'polling', words: [guest.id, usualInterval] }, { guest }),
      };
    }),
};

export const driverMissing: Rule = {
  id: 'driver-missing',
  word: 'no driver',
  title: 'Balloon driver does not answer',
  help:
    'The guest has a balloon device and is asked for statistics, but has reported none in a minute: its driver ' +
    '(virtio_balloon) is not loaded, or it hangs at boot, and its balloon can neither shrink nor grow then; or the driver answers ' +
    'without a number, as on Windows without the balloon service.',
  strategy: 'repair',
  severities: ['notice'],
  sustain: 60,
  check: (window, { limits }) =>
    each(window, (_model, guest) => {
      const { stats_interval: interval, balloon_actual: actual } = guest.values;
      const numbers = reported(guest);
      if (numbers || interval === undefined || interval <= 0) return undefined;
      if (numbers === 0 && reportOf(guest, limits) !== 'fresh') return undefined;
      return {
        severity: 'notice',
        text:
          numbers === undefined
            ? 'It has a balloon device, but its driver has never reported: what it uses is unknown, and its balloon does not move.'
            : 'Its balloon driver answers, but without a number: what it uses is unknown.',
        numbers: known({ stats_interval: interval, balloon_actual: actual }),
        advice:
          'Load virtio_balloon in the guest (modprobe virtio_balloon; on Windows, install the Balloon driver and its service).',
      };
    }),
};

export const statisticsFrozen: Rule = {
  id: 'statistics-frozen',
  word: 'no reports',
  title: 'Guest statistics are frozen',
  help:
    'A running guest that is asked for statistics has not reported for longer than is set (statistics.stale_seconds) and three of its intervals. ' +
    'A guest that thrashes or hangs stops first, so its last numbers are not what is now. Also where a report is dated in the future, ' +
    'so that how old it is is not known.',
  strategy: 'repair',
  severities: ['warning'],
  sustain: 5,
  check: (window, { limits }) =>
    each(window, (_model, guest) => {
      const { stats_interval: interval, stats_age: age } = guest.values;
      const report = reportOf(guest, limits);
      if (report === 'ahead')
        return {
          severity: 'warning',
          text: `Its last report ${fromTheFuture}.`,
          numbers: known({ stats_interval: interval }),
          advice: 'Look at the clock of this host (timedatectl); the next report puts it right.',
        };
      if (report !== 'stalled' || interval === undefined) return undefined;
      const then = reported(guest) ? ' What is shown of its inside is from then.' : '';
      return {
        severity: 'warning',
        text: `It last reported its memory ${formatDuration(age)} ago, though it is asked every ${formatDuration(interval)}: it thrashes, hangs, or its driver was unloaded.${then}`,
        numbers: known({ stats_age: age, stats_interval: interval }),
        advice: 'Look at the guest itself (its console, its load); do not shrink its balloon meanwhile.',
      };
    }),
};
