import type { GuestFieldId } from '../../fields/guest.ts';
import { guestFiles } from '../../fields/held.ts';
import { known } from '../../known.ts';
import type { LedgerPart } from '../../ledger.ts';
import type { GuestModel, Model } from '../../model.ts';
import type { Backing } from '../../sample.ts';
import { memSize, ordinaryRam, ramByKind, ramKinds, whyKept } from '../../vmm/memory.ts';
import { availableAfter, draw, type Forecast } from '../forecast.ts';

/** A balloon that is to move: bytes that the guest has, and will have. */
interface BalloonChange {
  readonly guest: GuestModel;
  readonly from: number;
  readonly to: number;
}

/** Its RAM in no hugepages: bytes of each kind, and what of the ledger they are. What is of none of its kinds is its VMM's own. */
const kindsHeld = ({ values, sample }: GuestModel) => {
  const kinds = ramKinds(sample);
  const held = (kind: Backing, bytes = 0): number => (kinds.size === 0 || kinds.has(kind) ? bytes : 0);
  return [
    { part: 'guest_anon', id: 'rss_anon', kind: 'anon', bytes: held('anon', values.rss_anon) },
    { part: 'guest_shmem', id: 'rss_shmem', kind: 'shmem', bytes: held('shmem', values.rss_shmem) },
    { part: 'guest_file', id: 'rss_file', kind: 'file', bytes: guestFiles(sample) },
  ] as const satisfies readonly { part: LedgerPart; id: GuestFieldId; kind: Backing; bytes: number }[];
};

/** All of that; `undefined` where the kernel does not tell it. Bytes. */
const residentOf = (guest: GuestModel): number | undefined =>
  guest.values.rss_anon === undefined ? undefined : kindsHeld(guest).reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * The most that a VMM's process may hold in anonymous memory of its own (heap, stacks, translated code): what it may write
 * there beside the guest's private RAM. Bytes.
 */
const ownMost = ({ sample }: GuestModel): number | undefined => {
  const writable = sample.process.status?.['VmData'];
  const amounts = ramByKind(sample);
  const size = amounts ? (amounts.anon ?? 0) : memSize(sample);
  if (writable === undefined || size === undefined) return undefined;
  // A virtio-mem is mapped whole, plugged or not.
  const unplugged = (sample.monitor.memoryDevices ?? [])
    .filter(({ type, id }) => type === 'virtio-mem' && (kindOfPart(sample, id) ?? 'anon') === 'anon')
    .reduce((sum, { values }) => sum + Math.max(0, (values['max-size'] ?? 0) - (values['size'] ?? 0)), 0);
  return Math.max(0, writable - size - unplugged);
};

const kindOfPart = ({ launch: { parts = [] } }: GuestModel['sample'], id: string | undefined): Backing | undefined =>
  parts.find(part => part.use === 'virtio-mem' && part.id === id)?.kind;

/** What the host holds of the guest's RAM for sure. Bytes; 0 where it is not known. */
const ramLeast = (guest: GuestModel): number => {
  const { rss_anon: anon, rss_shmem: shmem = 0 } = guest.values;
  const { VmExe: program = 0, VmLib: libraries = 0 } = guest.sample.process.status ?? {};
  // Its program has other files than code, too: as much again.
  const shared = shmem + Math.max(0, guestFiles(guest.sample) - program - libraries);
  // What is anonymous there is its VMM's own, or a part that can't be told from it.
  const kinds = ramKinds(guest.sample);
  if (kinds.size > 0 && !kinds.has('anon')) return shared;
  const own = ownMost(guest);
  return anon === undefined || own === undefined ? 0 : Math.max(0, anon - own) + shared;
};

/**
 * Bytes of its own RAM that a guest gives back for sure: what it holds beyond its new size. What it never touched, what
 * is in swap, what is its VMM's own, and pages that KSM has merged free nothing. 0 where it is not known.
 */
export const certainGain = (model: Model, { guest, from, to }: BalloonChange): number => {
  const { ksm_merging: told } = guest.values;
  const merging = told ?? ((model.host.values.ksm_pages_sharing ?? 0) > 0 ? undefined : 0);
  if (merging === undefined || whyKept(guest.sample) !== undefined) return 0;
  return Math.max(0, Math.min(from - to, ramLeast(guest) - merging - to));
};

/** The most that it can give back: all that it holds, up to what the balloon takes. Bytes. */
export const mostGain = ({ guest, from, to }: BalloonChange): number => {
  if (whyKept(guest.sample) !== undefined) return 0;
  return Math.min(from - to, residentOf(guest) ?? ordinaryRam(guest.sample) ?? from - to);
};

/**
 * Of which kinds the gain is, or what it gives: as the guest holds them where it gives back, and else as it has them. Which
 * pages a guest chooses is not known. A gain is above 0.
 */
const split = (guest: GuestModel, gain: number) => {
  const kinds = kindsHeld(guest);
  const has = ramKinds(guest.sample);
  const weights = kinds.map(({ kind, bytes }) => (gain > 0 ? bytes : has.has(kind) ? 1 : 0));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  // What is of no known kind is private.
  const shares = all === 0 ? [1, 0, 0] : weights.map(weight => weight / all);
  const last = shares.findLastIndex(share => share > 0);
  let left = gain;
  return kinds.flatMap(({ part, id }, at) => {
    const bytes = at === last ? left : Math.trunc(gain * (shares[at] ?? 0));
    left -= bytes;
    return bytes === 0 ? [] : [{ part, id, gain: bytes }];
  });
};

/** What the host gains at worst and at best; below 0 it gives: nothing where all of the guest's memory is its own already. */
const gainsOf = (model: Model, change: BalloonChange) => {
  const { guest, from, to } = change;
  if (to < from) return { ...change, worst: certainGain(model, change), best: mostGain(change) };
  const most = Math.min(to - from, ordinaryRam(guest.sample) ?? to - from);
  return { ...change, worst: whyKept(guest.sample) === undefined ? -most : 0, best: 0 };
};
type Gains = ReturnType<typeof gainsOf>;

const after = ({ guest, to }: Gains, gain: number): GuestModel['values'] => {
  const changed = split(guest, gain).map(({ id, gain: part }) => {
    const held = guest.values[id];
    return [id, held === undefined ? undefined : Math.max(0, held - part)] as const;
  });
  return { balloon_actual: to, ...known(Object.fromEntries(changed)) };
};

const forecast = (
  model: Model,
  all: readonly Gains[],
  which: 'worst' | 'best',
  assumes: string,
): Forecast | undefined => {
  const given = draw(
    model,
    all.flatMap(one =>
      one[which] < 0 ? split(one.guest, one[which]).map(({ part, gain }) => ({ to: part, bytes: -gain })) : [],
    ),
  );
  const back = all.flatMap(one =>
    one[which] > 0
      ? split(one.guest, one[which]).map(({ part, gain }) => ({ from: part, to: 'free' as const, bytes: gain }))
      : [],
  );
  const gain = all.reduce((sum, one) => sum + one[which], 0);
  return (
    given && {
      assumes,
      moves: [...back, ...given],
      host: availableAfter(model, gain),
      guests: Object.fromEntries(all.map(one => [one.guest.id, after(one, one[which])])),
    }
  );
};

/**
 * What moving balloons makes of the host: of those that shrink, from what comes back for sure to all that may; of those
 * that grow, once they use all they get. None where the host could give that only by swapping.
 */
export const balloonForecasts = (model: Model, changes: readonly BalloonChange[]): readonly Forecast[] => {
  const all = changes.map(change => gainsOf(model, change));
  const shrinks = changes.some(({ from, to }) => to < from);
  const grows = changes.some(({ from, to }) => to > from);
  const low = forecast(
    model,
    all,
    'worst',
    grows ? (shrinks ? 'at worst: what is given is used' : 'once all of it is used') : 'at least',
  );
  const high = shrinks ? forecast(model, all, 'best', grows ? 'at best' : 'at most') : undefined;
  return low ? [low, ...(high ? [high] : [])] : [];
};
