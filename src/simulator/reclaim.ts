import { MiB } from '../units.ts';

/** Bytes a second that the host's swap takes and gives, together. */
export const swapSpeed = 400 * MiB;
/** Parts of RAM: the kernel's watermarks, and page cache that is in constant use. */
const marks = { min: 0.001, low: 0.0035, high: 0.006, leastCache: 0.01 } as const;
/** How much of what is reclaimed comes from swapping while there is page cache to drop (vm.swappiness 60). */
const swapPart = 0.1;

export interface Watermarks {
  readonly min: number;
  readonly low: number;
  readonly high: number;
  readonly leastCache: number;
}

/** Of a host with so much RAM; bytes. */
export const watermarksOf = (memory: number): Watermarks => ({
  min: marks.min * memory,
  low: marks.low * memory,
  high: marks.high * memory,
  leastCache: marks.leastCache * memory,
});

/** Bytes. `need`: what guests want in this second; `evictable`: guest memory in RAM. */
export interface Shortage {
  readonly free: number;
  readonly need: number;
  readonly cache: number;
  readonly swapFree: number;
  readonly evictable: number;
  /** What the disk of the swap is already busy with. */
  readonly reading: number;
}

export interface Reclaimed {
  /** Page cache dropped, bytes. */
  readonly dropped: number;
  /** Guest memory swapped out, bytes. */
  readonly out: number;
  /** Part of `need` that is given, 0 to 1. */
  readonly part: number;
  /** Nothing is left to reclaim: somebody is killed. */
  readonly killed: boolean;
}

/**
 * What the kernel does in a second: below its low watermark it drops page cache and swaps until the high one; what it can't
 * get so fast, guests must wait for; and where nothing is left, it kills.
 */
export const reclaim = (now: Shortage, marked: Watermarks): Reclaimed => {
  const after = now.free - now.need;
  if (after >= marked.low) return { dropped: 0, out: 0, part: 1, killed: false };
  const wanted = marked.high - after;
  const droppable = Math.max(0, now.cache - marked.leastCache);
  const swappable = Math.max(0, Math.min(now.swapFree, now.evictable));
  const inTime = Math.min(swappable, Math.max(0, swapSpeed - now.reading));
  const atFirst = Math.min(swapPart * wanted, inTime);
  const dropped = Math.min(droppable, wanted - atFirst);
  let out = Math.min(inTime, wanted - dropped);
  const left = after + dropped + out;
  const refused = Math.min(now.need, Math.max(0, marked.min - left));
  // The kernel's own needs can't wait: for them it swaps whatever that takes.
  const missing = Math.max(0, -(left + refused));
  const more = Math.min(missing, swappable - out);
  out += more;
  return {
    dropped,
    out,
    part: now.need > 0 ? 1 - refused / now.need : 1,
    killed: (refused > 0 && swappable - out < 1) || more < missing,
  };
};
