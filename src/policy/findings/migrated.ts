import { known } from '../../known.ts';
import { longBytes, MiB } from '../../units.ts';
import type { Remark, Rule } from '../finding.ts';
import { offer } from './fix.ts';

/** A QEMU without a guest has less. Bytes. */
const little = 64 * MiB;

export const migratedHolding: Rule = {
  id: 'migrated-holding',
  word: 'migrated',
  title: 'Migrated guest still holds its RAM',
  help:
    'A guest was migrated away half a minute ago or more (QEMU: postmigrate), and its QEMU here still holds more than 64 MiB. ' +
    'Nothing else gives that back: whoever migrated it must end its QEMU.',
  strategy: 'repair',
  severities: ['warning'],
  sustain: 30,
  check(window) {
    const model = window.at(-1);
    if (!model) return [];
    return model.guests.flatMap((guest): readonly Remark[] => {
      const { rss, hugetlb, held } = guest.values;
      const holds = held ?? (rss === undefined ? undefined : rss + (hugetlb ?? 0));
      if (guest.sample.monitor.status !== 'postmigrate' || holds === undefined || holds <= little) return [];
      return [
        {
          subject: guest.name,
          guest: guest.id,
          severity: 'warning',
          text: `It was migrated away, and its QEMU still holds ${longBytes(holds)} here.`,
          numbers: known({ held, rss, hugetlb }),
          ...offer(
            model,
            { action: 'quit', words: [guest.id] },
            { advice: 'First look that it runs at its destination.', guest },
          ),
        },
      ];
    });
  },
};
