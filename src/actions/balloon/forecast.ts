import type { LedgerPart } from '../../ledger.ts';
import type { GuestModel, Model } from '../../model.ts';
import { memSize, whyKept } from '../../vmm/memory.ts';
import { availableAfter, draw, type Forecast } from '../forecast.ts';

/** A balloon that is to move: bytes that the guest has, and will have. */
interface BalloonChange {
  readonly guest: GuestModel;
  readonly from: number;
  readonly to: number;
}

/**
 * The most that a VMM's process may hold in anonymous memory of its own (heap, stacks, translated code): what it may write
 * there beside the guest's RAM. Bytes.
 */
const ownMost = ({ sample }: GuestModel): number | undefined => {
  const writable = sample.process.status?.['VmData'];
  const size = memSize(sample);
  if (writable === undefined || size === undefined) return undefined;
  // A virtio-mem is mapped whole, plugged or not.
  const unplugged = (sample.monitor.memoryDevices ?? [])
    .filter(({ type }) => type === 'virtio-mem')
    .reduce((sum, { values }) => sum + Math.max(0, (values['max-size'] ?? 0) - (values['size'] ?? 0)), 0);
  return Math.max(0, writable - size - unplugged);
};

/** What the host holds of the guest's RAM for sure. Bytes; 0 where it is not known. */
const ramLeast = (guest: GuestModel): number => {
  const { rss_anon: anon, rss_shmem: shmem = 0 } = guest.values;
  // What is anonymous there is its VMM's own, or a part that can't be told from it.
  if (guest.sample.launch.backend === 'shared') return shmem;
  const own = ownMost(guest);
  return anon === undefined || own === undefined ? 0 : Math.max(0, anon - own) + shmem;
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
  const { rss_anon: anon, rss_shmem: shmem } = guest.values;
  if (whyKept(guest.sample) !== undefined) return 0;
  return Math.min(from - to, anon === undefined ? from - to : anon + (shmem ?? 0));
};

/** What the host gains at worst and at best; below 0 it gives: nothing where all of the guest's memory is its own already. */
const gainsOf = (model: Model, change: BalloonChange) => {
  const { guest, from, to } = change;
  const part: LedgerPart = guest.sample.launch.backend === 'shared' ? 'guest_shmem' : 'guest_anon';
  if (to < from) return { ...change, part, worst: certainGain(model, change), best: mostGain(change) };
  return { ...change, part, worst: whyKept(guest.sample) === undefined ? from - to : 0, best: 0 };
};
type Gains = ReturnType<typeof gainsOf>;

const after = ({ guest, to, part }: Gains, gain: number): GuestModel['values'] => {
  const id = part === 'guest_shmem' ? 'rss_shmem' : 'rss_anon';
  const held = guest.values[id];
  return { balloon_actual: to, ...(held === undefined ? {} : { [id]: Math.max(0, held - gain) }) };
};

const forecast = (
  model: Model,
  all: readonly Gains[],
  which: 'worst' | 'best',
  assumes: string,
): Forecast | undefined => {
  const given = draw(
    model,
    all.flatMap(one => (one[which] < 0 ? [{ to: one.part, bytes: -one[which] }] : [])),
  );
  const back = all.flatMap(one => (one[which] > 0 ? [{ from: one.part, to: 'free' as const, bytes: one[which] }] : []));
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
