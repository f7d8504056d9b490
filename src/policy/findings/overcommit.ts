import { known } from '../../known.ts';
import { MiB } from '../../units.ts';
import type { Rule } from '../finding.ts';
import { stress, stressSentence, worstShort } from '../stress.ts';

/** Below this it is no more than rounding; while it stands, it must fit with as much to spare. Bytes. */
const some = 256 * MiB;

export const overcommitUnmet: Rule = {
  id: 'overcommit-unmet',
  word: 'overcommit',
  title: 'Guests could claim more than there is',
  help:
    'If every guest claimed all that is plugged into it (its balloon empty, no page shared), the host’s RAM would not do. A notice where swap ' +
    'on disks or balloons would cover it; a warning where they would not: the kernel would have to kill.',
  strategy: 'migrate',
  severities: ['warning', 'notice'],
  sustain: 30,
  check(window, { limits }, stands) {
    const model = window.at(-1);
    if (!model) return [];
    const now = stress(model, limits);
    const missing = worstShort(now);
    if (missing === undefined || missing <= (stands('host') ? -some : some)) return [];
    const covered = (now.swap ?? 0) + (now.balloons ?? 0);
    const sentence = stressSentence(model, now);
    return [
      {
        subject: 'host',
        severity: covered >= missing ? 'notice' : 'warning',
        text: `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`,
        numbers: known({
          needed: now.needed,
          mem_available_with_arc: now.available,
          short: now.short,
          ksm_saved: now.ksm,
        }),
        advice:
          covered >= missing
            ? 'Nothing is wrong now; move a guest away before it comes to that, or keep swap for it.'
            : 'Move a guest away, or add swap: nothing else could keep all promises.',
      },
    ];
  },
};
