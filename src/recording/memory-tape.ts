import type { GuestId, Sample } from '../sample.ts';
import { ChainDecoder } from './chain-decoder.ts';
import { Encoder } from './encoder.ts';
import type { Frame } from './frame.ts';
import type { Headline } from './headline.ts';
import { sampleOf } from './sample-of.ts';
import type { GuestTape, TapeEvent } from './tape.ts';

/** A frame and what stands beside it, for a recorder that begins with what was before it. */
export interface TapeFrame extends Frame {
  readonly headline: Headline;
}

export interface MemoryTape extends GuestTape {
  /** `headline.time` is the sample's. The sample must not change after. Gives the frame that is kept of it. */
  append(sample: Sample, headline: Headline): TapeFrame;
  note(event: TapeEvent): void;
  /** Bytes, about. */
  readonly size: number;
  /** From the oldest on: the first is a key frame. */
  frames(): Iterable<TapeFrame>;
}

interface Chain {
  readonly first: number;
  readonly frames: TapeFrame[];
  bytes: number;
  /** Monotonic clock of its newest sample, seconds. */
  newest: number;
}

/** Parts of what may be kept that a chain takes at most, since only whole chains go. */
const chainShare = 1 / 4;
/** A number of a headline, with what an object needs for it. */
const numberBytes = 16;
/** So that events can't fill the memory either. */
const mostEvents = 10_000;

/**
 * What this session has seen, for looking back: at least the last `seconds` unless that needs more than `bytes`. The oldest
 * chain goes when it is older or when there is more; the newest always stays.
 */
export const createMemoryTape = (limit: { readonly seconds: number; readonly bytes: number }): MemoryTape => {
  const encoder = new Encoder(limit.bytes * chainShare);
  const decoder = new ChainDecoder();
  const narrow = new ChainDecoder(1);
  let chains: Chain[] = [];
  let events: TapeEvent[] = [];
  let last = 0;
  let size = 0;
  /** The newest sample needs no decoding. */
  let latest: Sample | undefined;

  const first = (): number => chains[0]?.first ?? 1;
  const chainOf = (id: number): Chain => {
    const chain = Number.isInteger(id) && id <= last ? chains.findLast(one => one.first <= id) : undefined;
    if (!chain) throw new RangeError(`there is no sample ${id}: there are ${first()} to ${last}`);
    return chain;
  };
  const sample = (id: number): Sample => {
    if (id === last && latest) return latest;
    const chain = chainOf(id);
    return decoder.sample(chain.first, id, one => chain.frames[one - chain.first]!);
  };
  const sampleOfGuest = (id: number, guest: GuestId): Sample => {
    if (id === last && latest) return { ...latest, guests: latest.guests.filter(one => one.id === guest) };
    const chain = chainOf(id);
    return sampleOf(
      narrow.tree(chain.first, id, one => chain.frames[one - chain.first]!),
      guest,
    );
  };
  const headline = (id: number): Headline => {
    const chain = chainOf(id);
    return chain.frames[id - chain.first]!.headline;
  };

  const forget = (now: number): void => {
    while (chains.length > 1 && (size > limit.bytes || now - chains[0]!.newest > limit.seconds)) {
      size -= chains[0]!.bytes;
      chains = chains.slice(1);
      const since = headline(first()).time;
      events = events.filter(({ time }) => time >= since);
    }
  };

  return {
    get first() {
      return first();
    },
    get last() {
      return last;
    },
    get size() {
      return size;
    },
    append(sample, headline) {
      const current = chains.at(-1);
      const frame = { ...encoder.encode(sample), headline };
      const bytes = frame.data.length + Object.keys(headline).length * numberBytes;
      last += 1;
      latest = sample;
      size += bytes;
      if (frame.key || !current) chains.push({ first: last, frames: [frame], bytes, newest: sample.monotonic });
      else {
        current.frames.push(frame);
        current.bytes += bytes;
        current.newest = sample.monotonic;
      }
      forget(sample.monotonic);
      return frame;
    },
    note(event) {
      events.push(event);
      if (events.length > mostEvents) events.shift();
    },
    *frames() {
      for (const chain of chains) yield* chain.frames;
    },
    sample,
    sampleOf: sampleOfGuest,
    starts: (from, to) => chains.map(chain => chain.first).filter(id => id >= from && id <= to),
    before: id => (chainOf(id) && id > first() ? sample(id - 1) : undefined),
    find(time) {
      let found: { readonly id: number; readonly time: number } | undefined;
      for (const chain of chains)
        for (const [index, { headline }] of chain.frames.entries())
          if (headline.time <= time && headline.time >= (found?.time ?? Number.NEGATIVE_INFINITY))
            found = { id: chain.first + index, time: headline.time };
      return found?.id ?? first();
    },
    headlines(from, to) {
      const found: Headline[] = [];
      for (let id = Math.max(from, first()); id <= Math.min(to, last); id++) found.push(headline(id));
      return found;
    },
    events: (from, to) => events.filter(({ time }) => time >= from && time <= to).toSorted((a, b) => a.time - b.time),
  };
};
