import { guestFiles } from '../fields/held.ts';
import { known } from '../known.ts';
import { derive, type GuestModel, type Model } from '../model.ts';
import type { Tape } from '../recording/tape.ts';
import type { GuestId } from '../sample.ts';
import { balloonMaximum, whyKept, whyPartlyKept } from '../vmm/memory.ts';
import { overhead } from './guest.ts';
import { kernelOf, pageSize, programsFor, wholePages } from './inside.ts';
import type { Scenario, SimulatedGuest } from './scenario.ts';

/** At most so many looks of a recording are taken: what guests want changes slowly beside that. */
const mostLooks = 2000;

/** Models of a recording from one sample to another (ids, both included), spread evenly when there are very many. */
export function* modelsOf(tape: Tape, first = tape.first, last = tape.last): Generator<Model> {
  const stride = Math.max(1, Math.ceil((last - first + 1) / mostLooks));
  for (let id = first; id <= last; id += stride) yield derive(undefined, tape.sample(id));
}

/** Values over time, each until the next: seconds from the start, bytes. */
class Series {
  readonly #times: number[] = [];
  readonly #values: number[] = [];

  add(time: number, value: number): void {
    this.#times.push(time);
    this.#values.push(value);
  }

  get known(): boolean {
    return this.#times.length > 0;
  }

  /** The newest value that is not after this; before the first one, that. */
  readonly at = (second: number): number => {
    let [low, high] = [0, this.#times.length];
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if ((this.#times[middle] ?? 0) <= second) low = middle;
      else high = middle;
    }
    return this.#values[low] ?? 0;
  };
}

/** What a recording tells of one guest. */
interface Track {
  readonly name: string;
  readonly size: number;
  readonly balloon: number;
  readonly touched: number | undefined;
  /** Seconds from the start of the recording at which it was first and last seen. */
  readonly seen: number;
  last: number;
  readonly demand: Series;
  readonly cache: Series;
  /** Where it reports nothing: what the host holds for it. */
  readonly held: Series;
  alike: number;
}

/** Memory of the guest that the host has for it, in RAM and swap: bytes. */
const heldBy = ({ values, sample }: GuestModel): number | undefined =>
  values.rss_anon === undefined
    ? undefined
    : Math.max(0, values.rss_anon + (values.rss_shmem ?? 0) + guestFiles(sample) + (values.swap ?? 0) - overhead);

/** What can't be swapped, merged or given back, or only in part, belongs to what the host uses. */
const simulated = (guest: GuestModel): boolean =>
  whyKept(guest.sample) === undefined &&
  whyPartlyKept(guest.sample) === undefined &&
  balloonMaximum(guest.sample) !== undefined &&
  heldBy(guest) !== undefined;

const begin = (guest: GuestModel, time: number): Track => {
  const size = wholePages(balloonMaximum(guest.sample) ?? 0);
  return {
    name: guest.name,
    size,
    balloon: wholePages(Math.min(size, guest.values.balloon_actual ?? size)),
    touched: heldBy(guest),
    seen: time,
    last: time,
    demand: new Series(),
    cache: new Series(),
    held: new Series(),
    alike: 0,
  };
};

const follow = (track: Track, { values }: GuestModel, held: number, time: number): void => {
  track.last = time;
  const { guest_used: used, guest_total: total, guest_caches: caches = 0 } = values;
  track.held.add(time, held);
  if (values.ksm_merging !== undefined && held > 0)
    track.alike = Math.min(1, Math.max(track.alike, values.ksm_merging / held));
  if (used === undefined || total === undefined) return;
  track.demand.add(time, programsFor(used, total, caches));
  track.cache.add(time, caches);
};

const guestOf = (track: Track, end: number, step: number): SimulatedGuest => {
  const { demand, cache, held } = track;
  const most = track.size - kernelOf(track.size);
  const silent = !demand.known;
  return {
    name: track.name,
    size: track.size,
    balloon: track.balloon,
    alike: track.alike,
    demand: silent ? second => Math.min(most, Math.max(0, held.at(second) - kernelOf(track.size))) : demand.at,
    cache: silent ? () => 0 : cache.at,
    ...known({ touched: track.touched }),
    ...(track.seen > 0 ? { boots: track.seen } : {}),
    ...(track.last + 2 * step < end ? { ends: track.last + step } : {}),
    ...(silent ? { silent: true } : {}),
  };
};

/** What the host uses beside its page cache and the guests that are simulated: bytes; unknown without /proc/meminfo. */
const ownUse = ({ ledger, guests }: Model): number | undefined => {
  if (!ledger) return undefined;
  const { free, cache, guest_anon, guest_shmem, guest_file, ksm } = ledger.parts;
  const others = guests.filter(guest => !simulated(guest));
  const kept = others.reduce(
    (sum, { values, sample }) => sum + (values.rss_anon ?? 0) + (values.rss_shmem ?? 0) + guestFiles(sample),
    0,
  );
  const tables = guests.reduce((sum, { values }) => sum + 2 * (values.pte ?? 0), 0);
  return Math.max(0, ledger.total - free - cache - guest_anon - guest_shmem - guest_file - ksm + kept - tables);
};

/**
 * The Scenario that a recording tells of, from its Models in the order of time: the host's size and own use, and of each
 * guest what it used and cached.
 *
 * What the model can't know: what a guest would have used with more memory (one that thrashed shows only what it had);
 * page cache that it would have filled with more room; which pages are alike where KSM did not merge them. A guest without
 * statistics is taken to need all that the host holds for it. Guests that can give nothing back (on hugepages, pinned for a device) count as the host's own use.
 * @throws Error when there are not two moments to go from one to the other, or the host's memory is not in it.
 */
export const scenarioOf = (models: Iterable<Model>, title: string): Scenario => {
  const tracks = new Map<GuestId, Track>();
  const own = new Series();
  let first: number | undefined;
  let [end, looks, memory, swap] = [0, 0, 0, 0];
  for (const model of models) {
    first ??= model.time;
    end = model.time - first;
    looks += 1;
    memory = Math.max(memory, model.host.values.mem_total ?? 0);
    swap = Math.max(swap, model.host.values.swap_total ?? 0);
    const used = ownUse(model);
    if (used !== undefined) own.add(end, used);
    for (const guest of model.guests) {
      const held = heldBy(guest);
      if (!simulated(guest) || held === undefined) continue;
      const track = tracks.get(guest.id) ?? begin(guest, end);
      tracks.set(guest.id, track);
      follow(track, guest, held, end);
    }
  }
  if (looks < 2 || end < 1) throw new Error('the recording is too short to simulate: it has no two moments');
  if (memory === 0 || !own.known) throw new Error("the recording lacks /proc/meminfo: it can't be simulated");
  const step = end / (looks - 1);
  return {
    id: 'recording',
    title,
    help: 'What guests used in a recording, under other policies.',
    main: ['stalled', 'swappedOut', 'short'],
    seconds: Math.floor(end),
    host: { memory: wholePages(memory), swap: wholePages(swap), used: own.at },
    guests: [...tracks.values()].filter(({ size }) => size >= pageSize).map(track => guestOf(track, end, step)),
  };
};
