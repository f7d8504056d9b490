import { known } from '../../known.ts';
import type { GuestModel, Model } from '../../model.ts';
import { formatCount, longBytes, MiB } from '../../units.ts';
import type { Remark, Rule } from '../finding.ts';
import type { Thresholds } from '../thresholds.ts';
import { above } from './limit.ts';
import { earlierLook, perSecond } from './rate.ts';
import { roomToGive } from './room.ts';

/** Of a guest in swap: less than this is QEMU's own, or of no account. Bytes. */
const much = 128 * MiB;

const adviceOf = (model: Model, thresholds: Thresholds, swapped: number): string => {
  const room = roomToGive(model, thresholds);
  return room !== undefined && room > swapped
    ? 'The host has room for it again: what the guest touches comes back by itself, one wait for each page; swapoff -a and swapon -a bring back all at once. Where a memory limit (cgroup, virsh memtune) keeps it out, raise that first.'
    : 'Give the host room first: shrink balloons, or move a guest away.';
};

const remark = (
  model: Model,
  guest: GuestModel,
  faults: number | undefined,
  thresholds: Thresholds,
  stands: boolean,
): readonly Remark[] => {
  const { swap, mem_size: size } = guest.values;
  if (!above(swap, much, stands)) return [];
  const waits = above(faults, thresholds.hostMajorFaults, stands);
  const has = size === undefined ? '' : ` of its ${longBytes(size)}`;
  return [
    {
      subject: guest.name,
      guest: guest.id,
      severity: waits ? 'warning' : 'notice',
      text: `The host has swapped out ${longBytes(swap)}${has}. ${
        waits
          ? `The guest waits for the host’s disk ${formatCount(faults)} times a second, and can’t tell why it is slow.`
          : faults === undefined
            ? 'Whether the guest waits for that is not known.'
            : 'The guest touches next to nothing of that now.'
      }`,
      numbers: known({ swap, mem_size: size, host_major_faults: faults }),
      advice: adviceOf(model, thresholds, swap),
    },
  ];
};

export const guestSwapped: Rule = {
  id: 'guest-swapped',
  title: 'Guest swapped out by the host',
  help:
    'More than 128 MiB of a guest are in the host’s swap; a warning while it also waits for them: its process has more ' +
    'major faults than the set rate (mean of 15 s).',
  strategy: 'swap',
  severities: ['warning', 'notice'],
  sustain: 15,
  check(window, thresholds, stands) {
    const model = window.at(-1);
    if (!model) return [];
    const before = earlierLook(window);
    const totals = new Map(before?.guests.map(({ id, totals: { host_major_faults } }) => [id, host_major_faults]));
    return model.guests.flatMap(guest => {
      const faults = perSecond(before, totals.get(guest.id), model, guest.totals.host_major_faults);
      return remark(model, guest, faults, thresholds, stands(guest.id));
    });
  },
};
