import { KiB, MiB } from '../units.ts';

/** A swap-in reads 2^vm.page-cluster = 8 pages. */
export const faultBytes = 32 * KiB;
/** And waits so long for a virtual disk on flash. */
const faultSeconds = 0.5e-3;
/** Bytes a second at which a guest does nothing but wait for its swap: 64 MiB. */
const swapSpeed = faultBytes / faultSeconds;
/** How fast programs take new memory, bytes a second. */
const touchSpeed = 512 * MiB;
/** How fast a balloon moves, bytes a second. */
const balloonSpeed = 512 * MiB;
/** How fast reading files fills the page cache, bytes a second. */
const cacheSpeed = 40 * MiB;
/** Reading files ahead brings this much at a time (read_ahead_kb). Bytes. */
const fileRead = 128 * KiB;
/** And so much a second. */
const fileSpeed = fileRead / faultSeconds;
/** This part of the page cache is in use all the time. */
export const hotCache = 0.1;
/** Of what is in use all the time and had to go, this part is wanted again within a second. */
export const hotBack = 0.1;
/** The same of page cache that is not in use all the time. */
export const coldBack = 0.0005;
/** Its own swap: part of its size. */
const swapPart = 0.25;
/** The page cache that always stays, since programs run from it: part of its size. */
const cachePart = 0.01;
/** What its kernel leaves free (watermarks): part of its RAM. */
const sparePart = 0.02;

/** What a guest's kernel takes before it counts its RAM: of 256 MiB, 218 are left. Bytes. */
export const kernelOf = (size: number): number => 24 * MiB + 0.015 * size;

/**
 * What its programs must have in use for a guest to report this much used, with so much RAM and page cache; what
 * `Inside` reports the other way round. Bytes.
 */
export const programsFor = (used: number, total: number, caches: number): number =>
  Math.max(0, used - sparePart * total - uncountedCache * caches);

/** Part of the page cache that MemAvailable does not count on. */
const uncountedCache = 0.1;

/** What goes on inside a guest: its programs, page cache, swap and balloon driver. Bytes; steps of a second. */
export class Inside {
  readonly size: number;
  /** What the balloon leaves it. */
  actual: number;
  /** What the balloon was told to leave it. */
  target: number;
  /** What its programs have in RAM. */
  programs = 0;
  /** What its programs have in its own swap. */
  swapped = 0;
  cache = 0;
  /** Part of the last second in which its programs waited for its disk, 0 to 1. */
  waiting = 0;
  readonly counters = { swapIn: 0, swapOut: 0, majors: 0, minors: 0 };

  constructor(size: number, actual: number) {
    this.size = size;
    this.actual = actual;
    this.target = actual;
  }

  /** As if it had run for long with this load. */
  settle(want: number, wantCache: number): void {
    this.programs = Math.min(want, this.#capacity);
    this.swapped = Math.min(want - this.programs, this.#swapSize);
    this.cache = Math.min(wantCache, this.#roomForCache);
  }

  /** RAM as its kernel counts it. */
  get total(): number {
    return Math.max(0, this.actual - this.kernel);
  }

  get kernel(): number {
    return kernelOf(this.size);
  }

  get free(): number {
    return Math.max(0, this.total - this.programs - this.cache);
  }

  /** MemAvailable, as its driver reports it. */
  get available(): number {
    return Math.max(0, this.free - this.#spare) + (1 - uncountedCache) * this.cache;
  }

  get #spare(): number {
    return sparePart * this.total;
  }

  get #leastCache(): number {
    return cachePart * this.size;
  }

  get #swapSize(): number {
    return swapPart * this.size;
  }

  /** Most that its programs can have in RAM. */
  get #capacity(): number {
    return Math.max(0, this.total - this.#spare - this.#leastCache);
  }

  get #roomForCache(): number {
    return Math.max(0, this.total - this.#spare - this.programs);
  }

  /** The driver takes free pages, then page cache, then what goes to swap, as fast as that goes; it gives back at once. */
  moveBalloon(): void {
    const short = this.actual - this.target;
    if (short <= 0) {
      this.actual = Math.min(this.target, this.actual + balloonSpeed);
      return;
    }
    const most = Math.min(balloonSpeed, short);
    const unused = Math.min(most, Math.max(0, this.free - this.#spare));
    const dropped = Math.min(most - unused, Math.max(0, this.cache - this.#leastCache));
    const out = Math.min(most - unused - dropped, this.programs, swapSpeed, this.#swapSize - this.swapped);
    this.cache -= dropped;
    this.#pushOut(out);
    this.actual = Math.max(this.target, wholePages(this.actual - unused - dropped - out));
  }

  /** A second in which its programs want so much, and would fill so much page cache. */
  work(want: number, wantCache: number): void {
    const held = this.programs + this.swapped;
    if (want < held) {
      const part = want / held;
      this.programs *= part;
      this.swapped *= part;
    }
    const added = Math.min(touchSpeed, Math.max(0, want - held));
    const room = this.#capacity - this.programs;
    const fits = Math.min(added, Math.max(0, room));
    this.programs += fits;
    // Beyond RAM, what was there longest goes to swap; beyond swap, programs wait for what nobody gives them.
    const out = Math.min(added - fits, swapSpeed, this.#swapSize - this.swapped);
    this.swapped += out;
    const unmet = added - fits - out;
    const back = out > 0 ? 0 : Math.min(this.swapped, Math.max(0, room - fits), swapSpeed);
    this.programs += back;
    this.swapped -= back;
    // The working set in swap is wanted back, and something as large must go for it.
    const thrash = Math.min(swapSpeed - out - back, hotBack * this.swapped);
    const missed = this.#fillCache(wantCache);
    this.waiting = unmet > 0 ? 1 : Math.min(1, (out + back + thrash) / swapSpeed + missed / fileSpeed);
    this.#count(added, { in: back + thrash, out: out + thrash, missed });
  }

  /** The host did not give this much of what it took: bytes. What was new is not there; programs wait for it. */
  giveBack(bytes: number): void {
    const cache = Math.min(this.cache, bytes);
    this.cache -= cache;
    this.programs = Math.max(0, this.programs - (bytes - cache));
  }

  #pushOut(bytes: number): void {
    this.programs -= bytes;
    this.swapped += bytes;
    this.counters.swapOut += bytes;
  }

  /** Gives what had to be read again since it did not fit: bytes. */
  #fillCache(wanted: number): number {
    const goal = Math.min(wanted, this.#roomForCache);
    this.cache = Math.min(goal, this.cache + cacheSpeed);
    const hot = Math.max(0, hotCache * wanted - goal);
    return Math.min(fileSpeed, hotBack * hot + coldBack * (wanted - goal - hot));
  }

  #count(added: number, moved: { readonly in: number; readonly out: number; readonly missed: number }): void {
    this.counters.swapIn += moved.in;
    this.counters.swapOut += moved.out;
    this.counters.majors += moved.in / faultBytes + moved.missed / fileRead;
    this.counters.minors += added / pageSize + 200;
  }
}

export const pageSize = 4 * KiB;
export const wholePages = (bytes: number): number => Math.max(0, Math.floor(bytes / pageSize)) * pageSize;
