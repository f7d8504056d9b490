import { known } from '../../known.ts';
import type { Model } from '../../model.ts';
import { formatDuration } from '../../units.ts';
import type { Remark, Rule } from '../finding.ts';
import { above } from './limit.ts';
import { counted, namesOf } from './names.ts';

export const monitorsBusy: Rule = {
  id: 'monitors-busy',
  word: 'no answer',
  title: 'Monitors that do not answer',
  help:
    'The monitors of some guests have not answered for a minute and more: another client holds them, or QEMU hangs. Their ' +
    'numbers are old, and nothing can be asked of them. A warning where it is a quarter of all.',
  strategy: 'repair',
  severities: ['warning', 'notice'],
  sustain: 60,
  check: window =>
    (window.at(-1)?.guests ?? []).flatMap(({ id, sample, values }) =>
      sample.monitor.state === 'busy'
        ? [
            {
              subject: sample.name,
              guest: id,
              severity: 'notice',
              text: '',
              numbers: known({ monitor_age: values.monitor_age }),
            },
          ]
        : [],
    ),
  gather(held, { guests }) {
    const busy = held.length;
    const ages = held.flatMap(({ numbers }) => numbers['monitor_age'] ?? []);
    const one = busy === 1;
    const longest =
      ages.length === 0 ? '' : `, ${one ? '' : 'one '}for ${formatDuration(Math.round(Math.max(...ages)))}`;
    const names = namesOf(held.map(({ subject }) => ({ name: subject })));
    return {
      subject: 'monitors',
      severity: busy >= guests.length / 4 && !one ? 'warning' : 'notice',
      text: `${counted(busy, 'monitor')} of ${guests.length} ${one ? 'does' : 'do'} not answer${longest}: ${names}. What is shown of ${one ? 'its guest' : 'their guests'} is from before.`,
      numbers: known({ busy, guests: guests.length }),
      advice:
        'Look who else is connected (ss -xp), and whether that QEMU hangs (state D); kvmtop asks ever less often meanwhile.',
    };
  },
};

/** Seconds: older numbers mislead, and statistics count as stale soon. */
const old = 8;

/** Ages of the answers of those that are asked, the newest first. A QEMU that a signal has stopped is not. */
const agesOf = ({ guests }: Model): readonly number[] =>
  guests
    .flatMap(({ state, sample, values }) =>
      sample.monitor.state === 'ok' && state !== 'stopped' ? (values.monitor_age ?? []) : [],
    )
    .sort((one, other) => one - other);

export const monitorsSlow: Rule = {
  id: 'monitors-slow',
  word: 'slow',
  title: 'Asking all monitors takes long',
  help: 'Half of the answers are older than 8 s, and older than two looks: there are more monitors, or slower ones, than can be asked in time.',
  strategy: 'repair',
  severities: ['notice'],
  sustain: 20,
  check(window, _thresholds, stands): readonly Remark[] {
    const model = window.at(-1);
    const ages = model ? agesOf(model) : [];
    // Half of the guests have at most this: not one that is slow, but the round itself.
    const age = ages[Math.floor(ages.length / 2)];
    if (!model || !above(age, Math.max(old, 2 * (model.interval ?? 0)), stands('monitors'))) return [];
    return [
      {
        subject: 'monitors',
        severity: 'notice',
        text: `Half of the ${counted(ages.length, 'guest')} have not answered for ${formatDuration(Math.round(age))} or longer: there are more monitors, or slower ones, than can be asked in time.`,
        numbers: known({ monitor_age: age, guests: ages.length }),
        advice:
          'Look whether processors or disks hold up the QEMUs (load, state D); and at the age of its numbers before acting on a guest.',
      },
    ];
  },
};
