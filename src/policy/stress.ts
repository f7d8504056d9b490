import { defaultLimits, type Limits } from '../actions/limits.ts';
import { guestFiles } from '../fields/held.ts';
import { allGuests } from '../guests.ts';
import { known } from '../known.ts';
import type { GuestModel, Model } from '../model.ts';
import { longBytes } from '../units.ts';
import { allHugepages, isUnseen, ordinaryRam } from '../vmm/memory.ts';
import { idleMemory, silentGuests } from './findings/room.ts';

/**
 * What would happen if every guest claimed its maximum now: all that is plugged into it, its balloon empty. What only
 * hotplug could add is not counted, since that takes an operator. Bytes; what is unknown is absent.
 */
export interface Stress {
  /** RAM that guests would take beyond what the host holds for them. */
  readonly needed?: number;
  /** What the host has available, with what ZFS would give back. */
  readonly available?: number;
  /** Needed less available; below 0 is to spare. A lower bound where there are `unknown` guests. */
  readonly short?: number;
  /** What balloons could take now from guests whose numbers are fresh, none below its floor: guests could claim it no more. */
  readonly balloons?: number;
  /** What it would take on top if no page were equal any more: guests that use their memory write to it. */
  readonly ksm?: number;
  /** What swap on disks could hold of it: what is free, and what guests would get back from there. */
  readonly swap?: number;
  /** Guests of which it is not known how much they may claim, or hold: by name. */
  readonly unknown: readonly string[];
}

/** What one guest would take beyond what it holds. What is in hugepages comes from a pool, which has left the host's RAM already. */
const claimOf = ({ values, sample }: GuestModel): number | undefined => {
  if (allHugepages(sample)) return 0;
  const { rss_anon: anon, rss_shmem: shmem } = values;
  const size = ordinaryRam(sample);
  if (size === undefined || anon === undefined || isUnseen(sample)) return undefined;
  // A guest takes what was asked of its virtio-mem by itself, as soon as its driver gets to it.
  const coming = Math.max(0, (values.virtio_mem_requested ?? 0) - (values.virtio_mem_size ?? 0));
  return Math.max(0, size + coming - anon - (shmem ?? 0) - guestFiles(sample));
};

/** Free swap on disks. What is in zram is in RAM, so it gives no room of which one could be sure. */
const diskSwap = (model: Model): number | undefined => {
  const { swaps } = model.sample.host;
  if (swaps === undefined) return model.host.values.swap_free;
  return swaps
    .filter(({ path }) => !path.startsWith('/dev/zram'))
    .reduce((sum, { size, used }) => sum + size - used, 0);
};

export const stress = (model: Model, limits: Limits = defaultLimits): Stress => {
  // Whatever -p chose: the others claim memory of the same host.
  const guests = allGuests(model);
  const claims = guests.map(guest => ({ guest, bytes: claimOf(guest) }));
  const unknown = claims.flatMap(({ guest, bytes }) => (bytes === undefined ? [guest.name] : []));
  const least = claims.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  const { mem_available_with_arc: available, ksm_saved: ksm } = model.host.values;
  const free = diskSwap(model);
  const swapped = guests.reduce((sum, { values }) => sum + (values.swap ?? 0), 0);
  const idle = idleMemory({ ...model, guests }, limits);
  return {
    ...(unknown.length === 0 ? { needed: least } : {}),
    ...(available === undefined ? {} : { available, short: least - available }),
    ...(idle.length === 0 && silentGuests({ ...model, guests }, limits).length > 0
      ? {}
      : { balloons: idle.reduce((sum, one) => sum + one.bytes, 0) }),
    ...known({ ksm }),
    ...(free === undefined ? {} : { swap: free + swapped }),
    unknown,
  };
};

/** What is missing at worst, with KSM's sharing lost: bytes, below 0 is to spare. `undefined` when not known. */
export const worstShort = ({ short, ksm }: Stress): number | undefined =>
  short === undefined ? undefined : short + (ksm ?? 0);

/** Whether swap could hold what is missing, with the balloons' help or without. */
const swapVerdict = (missing: number, { balloons = 0, swap }: Stress): string => {
  if (swap === undefined) return 'whether swap covers it is unknown';
  if (swap >= missing) return 'swap covers it';
  const rest = missing - balloons;
  if (rest <= 0) return 'swap alone does not cover it, balloons do';
  if (swap >= rest) return 'swap covers the rest';
  const lacks = `${longBytes(rest - swap)} would be missing`;
  return swap > 0 ? `swap covers only ${longBytes(swap)}: ${lacks}` : `there is no swap for it: ${lacks}`;
};

const doubt = ({ unknown }: Stress): string => {
  const [first = '', ...others] = unknown;
  return `what ${first}${others.length === 0 ? '' : ` and ${others.length} more`} may claim is unknown`;
};

/** Whether it fits, and by how much, in a few words; `undefined` when that is not known. */
export const stressVerdict = ({ short, unknown }: Stress): string | undefined => {
  if (short === undefined || (short <= 0 && unknown.length > 0)) return undefined;
  if (short <= 0) return `it fits, with ${longBytes(-short)} to spare`;
  return `short by ${unknown.length > 0 ? 'at least ' : ''}${longBytes(short)}`;
};

/** The same as one sentence without its full stop. It has names of guests in it: untrusted text. */
export const stressSentence = (model: Model, now: Stress = stress(model)): string => {
  const { short, balloons, ksm, unknown } = now;
  const head = 'if every guest claims its maximum now: ';
  const missing = worstShort(now);
  if (model.guests.length === 0) return 'no guest is here that could claim anything';
  if (short === undefined || missing === undefined) return `${head}unknown, since what the host has available is`;
  if (unknown.length > 0 && missing <= 0) return `${head}not known to fit: ${doubt(now)}`;
  if (missing <= 0)
    return `${head}it fits, with ${longBytes(-missing)} to spare${ksm ? ' even without KSM’s sharing' : ''}`;
  const atLeast = unknown.length > 0 ? 'at least ' : '';
  const lost = ksm === undefined ? 'what losing KSM’s sharing would take is unknown' : '';
  const parts = [
    balloons === undefined ? 'what balloons could give is unknown' : `balloons could give ${longBytes(balloons)}`,
    ...(ksm === undefined ? [lost] : ksm > 0 ? [`losing KSM’s sharing would take ${longBytes(ksm)}`] : []),
  ];
  const fits =
    short <= 0
      ? `it fits only while KSM shares, with ${longBytes(-short)} to spare`
      : `short by ${atLeast}${longBytes(short)}`;
  return [
    `${head}${fits}`,
    parts.join(', '),
    swapVerdict(missing, now),
    ...(unknown.length > 0 ? [doubt(now)] : []),
  ].join('; ');
};
