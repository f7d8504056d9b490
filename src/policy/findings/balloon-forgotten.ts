import { known } from '../../known.ts';
import { longBytes, MiB } from '../../units.ts';
import { whyKept, withheld } from '../../vmm/memory.ts';
import type { Remark, Rule } from '../finding.ts';
import { offer } from './fix.ts';
import { above } from './limit.ts';
import { isRunning } from './names.ts';
import { thrashing } from './thrash.ts';

/** A balloon that withholds less is of no account. Bytes. */
const much = 256 * MiB;

/** The host has plenty when this share of its RAM would be available still, with the balloon empty and its memory in use. */
const plenty = 0.3;

export const balloonForgotten: Rule = {
  id: 'balloon-forgotten',
  word: 'inflated',
  title: 'Balloon inflated though the host has plenty',
  help:
    'A balloon withholds more than 256 MiB for a minute and more, the guest does well, and the host would have 30 % of its ' +
    'RAM available even if the guest used all of it: perhaps it was inflated long ago, and forgotten.',
  strategy: 'balloon',
  severities: ['notice'],
  sustain: 60,
  check(window, thresholds, stands) {
    const model = window.at(-1);
    const { mem_available_with_arc: available, mem_total: total } = model?.host.values ?? {};
    if (!model || available === undefined || !total) return [];
    return model.guests.flatMap((guest): readonly Remark[] => {
      const holds = withheld(guest.sample);
      if (!isRunning(guest) || whyKept(guest.sample) !== undefined || !above(holds, much, stands(guest.id))) return [];
      if (thrashing(guest, thresholds, true) || !above((available - holds) / total, plenty, stands(guest.id)))
        return [];
      const { balloon_actual: actual, guest_available: inside } = guest.values;
      return [
        {
          subject: guest.name,
          guest: guest.id,
          severity: 'notice',
          text: `Its balloon withholds ${longBytes(holds)}, and the host has ${longBytes(available)} available: nobody needs what it gave up${inside === undefined ? '' : `. It does well, with ${longBytes(inside)} of ${longBytes(actual)} available`}.`,
          numbers: known({ balloon_actual: actual, mem_available_with_arc: available, guest_available: inside }),
          ...offer(model, { action: 'balloon', words: [guest.id, 'max'] }, { guest }),
        },
      ];
    });
  },
};
