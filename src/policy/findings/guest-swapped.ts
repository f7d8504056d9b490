import { known } from '../../known.ts';
import type { GuestModel, Model } from '../../model.ts';
import { formatCount, longBytes, MiB } from '../../units.ts';
import type { Remark, Rule } from '../finding.ts';
import { type HostFaults, hostFaults } from '../host-faults.ts';
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

/** What is seen of a guest's way back from swap, a second. */
interface Return {
  readonly faults: HostFaults;
  /** Bytes by which its part in swap falls, as far as the host reads so much back at all. */
  readonly back?: number | undefined;
}

const returnOf = (before: Model | undefined, model: Model, guest: GuestModel): Return => {
  const earlier = before?.guests.find(({ id }) => id === guest.id);
  const { host } = model;
  const own = perSecond(before, earlier?.totals.host_major_faults, model, guest.totals.host_major_faults);
  const all = perSecond(before, before?.host.totals.major_faults, model, host.totals.major_faults);
  const read = perSecond(before, before?.host.totals.swap_in, model, host.totals.swap_in);
  const fell = perSecond(before, guest.values.swap, model, earlier?.values.swap);
  // What a balloon takes is dropped from swap without being read.
  const isShrunk = (guest.values.balloon_actual ?? 0) < (earlier?.values.balloon_actual ?? 0);
  const back = read === undefined || fell === undefined || isShrunk ? undefined : Math.min(read, fell);
  return { faults: hostFaults(guest, own, all), back };
};

const wordsOf = ({ least, most }: HostFaults, back: number | undefined, limit: number, stands: boolean): string => {
  if (above(least, limit, stands))
    return `The guest waits for the host’s disk ${least === most ? '' : 'at least '}${formatCount(least)} times a second, and can’t tell why it is slow.`;
  if (back !== undefined)
    return `It takes back ${longBytes(back)}/s of that, waits for the host’s disk meanwhile, and can’t tell why it is slow.`;
  if (most !== undefined && !above(most, limit, stands)) return 'The guest touches next to nothing of that now.';
  if (least === undefined || most === undefined) return 'Whether the guest waits for that is not known.';
  return `How much of that the guest touches is not known: under KVM not all of its waits are counted, and the whole host waits for its disk ${formatCount(most)} times a second.`;
};

const remark = (
  model: Model,
  guest: GuestModel,
  { faults, back }: Return,
  thresholds: Thresholds,
  stands: boolean,
): readonly Remark[] => {
  const { swap, mem_size: size } = guest.values;
  if (!above(swap, much, stands)) return [];
  const limit = thresholds.hostMajorFaults;
  const returns = above(back, limit * model.sample.pageSize, stands) ? back : undefined;
  const has = size === undefined ? '' : ` of its ${longBytes(size)}`;
  return [
    {
      subject: guest.name,
      guest: guest.id,
      severity: above(faults.least, limit, stands) || returns !== undefined ? 'warning' : 'notice',
      text: `The host has swapped out ${longBytes(swap)}${has}. ${wordsOf(faults, returns, limit, stands)}`,
      numbers: known({ swap, mem_size: size, host_major_faults: faults.least }),
      advice: adviceOf(model, thresholds, swap),
    },
  ];
};

export const guestSwapped: Rule = {
  id: 'guest-swapped',
  word: 'swapped',
  title: 'Guest swapped out by the host',
  help:
    'More than 128 MiB of a guest are in the host’s swap; a warning while it also waits for them: its process has more ' +
    'major faults than the set rate, or takes as many pages back (mean of 15 s). Under KVM Linux does not count all of these faults, so ' +
    'that there are few is told only where the whole host has few.',
  strategy: 'swap',
  severities: ['warning', 'notice'],
  sustain: 15,
  check(window, thresholds, stands) {
    const model = window.at(-1);
    if (!model) return [];
    const before = earlierLook(window);
    return model.guests.flatMap(guest =>
      remark(model, guest, returnOf(before, model, guest), thresholds, stands(guest.id)),
    );
  },
};
