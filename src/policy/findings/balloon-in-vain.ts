import { known } from '../../known.ts';
import { longBytes, MiB } from '../../units.ts';
import { whyKept, withheld } from '../../vmm/memory.ts';
import type { Remark, Rule } from '../finding.ts';
import { offer } from './fix.ts';
import { above } from './limit.ts';
import { isRunning } from './names.ts';

/** Below this it is no more than rounding. Bytes. */
const some = 16 * MiB;

export const balloonInVain: Rule = {
  id: 'balloon-in-vain',
  word: 'frees none',
  title: 'Balloon that frees nothing',
  help:
    'A guest whose memory is in hugepages, locked (mem-lock), pinned for a device (VFIO, vDPA) or kept from the host (SEV, TDX) has ' +
    'its balloon inflated: the guest lost that memory, and the host did not get it back.',
  strategy: 'repair',
  severities: ['warning'],
  sustain: 15,
  check(window, _thresholds, stands) {
    const model = window.at(-1);
    if (!model) return [];
    return model.guests.flatMap((guest): readonly Remark[] => {
      const holds = withheld(guest.sample);
      const kept = whyKept(guest.sample);
      if (!isRunning(guest) || kept === undefined || !above(holds, some, stands(guest.id))) return [];
      return [
        {
          subject: guest.name,
          guest: guest.id,
          severity: 'warning',
          text: `Its balloon withholds ${longBytes(holds)}, but ${kept}: the guest lost it, and the host got nothing back.`,
          numbers: known({ balloon_actual: guest.values.balloon_actual, hugetlb: guest.values.hugetlb }),
          ...offer(model, { action: 'balloon', words: [guest.id, 'max'] }, { guest }),
        },
      ];
    });
  },
};
