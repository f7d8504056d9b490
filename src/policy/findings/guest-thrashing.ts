import { known } from '../../known.ts';
import type { GuestModel, Model } from '../../model.ts';
import { longBytes, MiB } from '../../units.ts';
import { withheld } from '../../vmm/memory.ts';
import type { Remark, Rule } from '../finding.ts';
import type { Thresholds } from '../thresholds.ts';
import { offer } from './fix.ts';
import { roomToGive } from './room.ts';
import { type Thrashing, thrashing } from './thrash.ts';

/** Giving less than this back changes nothing for a guest that thrashes. Bytes. */
const least = 64 * MiB;

/** What its balloon could give back to the guest without making the host short. Bytes. */
const returnable = (model: Model, guest: GuestModel, thresholds: Thresholds): number =>
  Math.min(withheld(guest.sample) ?? 0, roomToGive(model, thresholds) ?? 0);

const stuck = (
  model: Model,
  guest: GuestModel,
  { words, numbers, waits }: Thrashing,
  thresholds: Thresholds,
): readonly Remark[] => {
  const { balloon_actual: actual } = guest.values;
  const holds = withheld(guest.sample);
  const gives = returnable(model, guest, thresholds);
  if (actual === undefined || holds === undefined || gives < least) return [];
  const { mem_available_with_arc: available } = model.host.values;
  const size = gives >= holds ? 'max' : `${Math.floor((actual + gives) / MiB) * MiB}B`;
  return [
    {
      subject: guest.name,
      guest: guest.id,
      severity: waits ? 'critical' : 'warning',
      text: `Its balloon withholds ${longBytes(holds)} while it lacks memory: it ${words}. The host has ${longBytes(available)} available${gives >= holds ? '' : `, enough to give ${longBytes(gives)} back`}.`,
      numbers: { ...numbers, ...known({ mem_available_with_arc: available }) },
      ...offer(model, { action: 'balloon', words: [guest.id, size] }, { guest }),
    },
  ];
};

export const balloonStuck: Rule = {
  id: 'balloon-stuck',
  word: 'withheld',
  title: 'Balloon inflated while its guest thrashes',
  help:
    'A guest lacks memory (it reads its own swap, has little available, or stopped reporting), its balloon withholds ' +
    'some, and the host has room to give back at least 64 MiB without being short. Critical while the guest waits for its disk.',
  strategy: 'repair',
  severities: ['critical', 'warning'],
  sustain: 5,
  check(window, thresholds, stands) {
    const model = window.at(-1);
    if (!model) return [];
    return model.guests.flatMap(guest => {
      const signs = thrashing(guest, thresholds, stands(guest.id));
      return signs ? stuck(model, guest, signs, thresholds) : [];
    });
  },
};

const adviceOf = (guest: GuestModel): string => {
  if ((withheld(guest.sample) ?? 0) >= least)
    return 'The host has no room to deflate its balloon: shrink those of idle guests, or move a guest away.';
  const { virtio_mem_max: most, virtio_mem_size: plugged } = guest.values;
  return most !== undefined && plugged !== undefined && most > plugged
    ? `It has all that its balloon can give: virtio-mem could plug ${longBytes(most - plugged)} more.`
    : 'It has all of its memory: start it with more, or have it run less.';
};

export const guestThrashing: Rule = {
  id: 'guest-thrashing',
  word: 'thrashing',
  title: 'Guest lacks memory',
  help:
    'A guest reads its own swap above the set rate, or has less than the set share available, and no balloon can help: it ' +
    'has all of its memory, or the host has no room.',
  strategy: 'migrate',
  severities: ['warning', 'notice'],
  sustain: 10,
  check(window, thresholds, stands) {
    const model = window.at(-1);
    if (!model) return [];
    return model.guests.flatMap((guest): readonly Remark[] => {
      const signs = thrashing(guest, thresholds, stands(guest.id));
      if (!signs || returnable(model, guest, thresholds) >= least) return [];
      return [
        {
          subject: guest.name,
          guest: guest.id,
          severity: signs.waits ? 'warning' : 'notice',
          text: `It lacks memory: it ${signs.words}.`,
          numbers: signs.numbers,
          advice: adviceOf(guest),
        },
      ];
    });
  },
};
