import { statsStale } from '../../actions/balloon/rails.ts';
import type { GuestModel, Model } from '../../model.ts';
import { formatDuration } from '../../units.ts';
import type { Remark, Rule } from '../finding.ts';
import { offer } from './fix.ts';
import { isRunning } from './names.ts';
import { known } from './numbers.ts';

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

const reported = ({ sample }: GuestModel): boolean => sample.monitor.balloon?.stats !== undefined;

export const statisticsOff: Rule = {
  id: 'statistics-off',
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
  title: 'Balloon driver does not answer',
  help:
    'The guest has a balloon device and is asked for statistics, but has never reported in a minute: its driver ' +
    '(virtio_balloon) is not loaded, or it hangs at boot. Its balloon can neither shrink nor grow then.',
  strategy: 'repair',
  severities: ['notice'],
  sustain: 60,
  check: window =>
    each(window, (_model, guest) => {
      const { stats_interval: interval, balloon_actual: actual } = guest.values;
      if (reported(guest) || interval === undefined || interval <= 0) return undefined;
      return {
        severity: 'notice',
        text: 'It has a balloon device, but its driver has never reported: what it uses is unknown, and its balloon does not move.',
        numbers: known({ stats_interval: interval, balloon_actual: actual }),
        advice:
          'Load virtio_balloon in the guest (modprobe virtio_balloon; on Windows, install the Balloon driver and its service).',
      };
    }),
};

export const statisticsFrozen: Rule = {
  id: 'statistics-frozen',
  title: 'Guest statistics are frozen',
  help:
    'A running guest that is asked for statistics has not reported for longer than is set (statistics.stale_seconds) and three of its intervals. ' +
    'A guest that thrashes or hangs stops first, so its last numbers are not what is now.',
  strategy: 'repair',
  severities: ['warning'],
  sustain: 5,
  check: (window, { limits }) =>
    each(window, (_model, guest) => {
      const { stats_interval: interval, stats_age: age } = guest.values;
      if (statsStale(guest, limits) !== true || interval === undefined || interval <= 0) return undefined;
      return {
        severity: 'warning',
        text: `It last reported its memory ${formatDuration(age)} ago, though it is asked every ${formatDuration(interval)}: it thrashes, hangs, or its driver was unloaded. What is shown of its inside is from then.`,
        numbers: known({ stats_age: age, stats_interval: interval }),
        advice: 'Look at the guest itself (its console, its load); do not shrink its balloon meanwhile.',
      };
    }),
};
