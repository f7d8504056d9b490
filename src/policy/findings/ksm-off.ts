import { whyNotMerged } from '../../fields/mergeable.ts';
import { known } from '../../known.ts';
import type { GuestModel } from '../../model.ts';
import { GiB, longBytes } from '../../units.ts';
import type { Rule } from '../finding.ts';
import { offer } from './fix.ts';
import { above } from './limit.ts';
import { counted, namesOf } from './names.ts';
import { offeredBy } from './offered.ts';
import { isTight } from './room.ts';

/** Guests that could have pages in common: of one kind and size, and offering theirs to KSM. At least two. */
const alike = (guests: readonly GuestModel[]): readonly (readonly GuestModel[])[] =>
  [
    ...Map.groupBy(
      guests.filter(({ sample, values }) => values.mem_size !== undefined && whyNotMerged(sample) === undefined),
      ({ sample, values }) => `${sample.vmm} ${values.mem_size}`,
    ).values(),
  ].filter(group => group.length > 1);

/** If all of them were equal: what all but the largest offer. Bytes; an upper bound. */
const atMost = (group: readonly GuestModel[]): number => {
  const held = group.map(offeredBy);
  return held.reduce((sum, bytes) => sum + bytes, 0) - Math.max(...held);
};

export const ksmOff: Rule = {
  id: 'ksm-off',
  word: 'KSM off',
  title: 'KSM is off though guests are alike',
  help:
    'KSM is stopped (run 0; unmerge on request is respected), and guests of one size offer memory of which more than 1 GiB could be ' +
    'alike at the very most. How much really is, only scanning tells. A warning where the host is short of memory.',
  strategy: 'share',
  severities: ['warning', 'notice'],
  sustain: 60,
  check(window, thresholds, stands) {
    const model = window.at(-1);
    const run = model?.host.values.ksm_run;
    if (!model || run !== 0) return [];
    const groups = alike(model.guests);
    const guests = groups.flat();
    const most = groups.reduce((sum, group) => sum + atMost(group), 0);
    if (!above(most, GiB, stands('KSM'))) return [];
    return [
      {
        subject: 'KSM',
        severity: isTight(model, thresholds, stands('KSM')) ? 'warning' : 'notice',
        text: `KSM is off, and ${counted(guests.length, 'guest')} that are like another in size offer memory to it: ${namesOf(guests)}. If they run the same system, some of up to ${longBytes(most)} could be shared; how much, only scanning tells.`,
        numbers: known({ ksm_run: run, guests: guests.length, ksm_saved: model.host.values.ksm_saved }),
        ...offer(
          model,
          { action: 'ksm', words: ['run'] },
          {
            advice:
              'It takes processor time, and lets guests find out which of their pages others have too: leave it off where they do not trust each other.',
          },
        ),
      },
    ];
  },
};
