import { MiB } from '../units.ts';
import { chance } from './chance.ts';
import type { Second } from './figures.ts';
import { Guest } from './guest.ts';
import { pageSize } from './inside.ts';
import { Ksm, mergedPages } from './ksm.ts';
import { Meters } from './meters.ts';
import { reclaim, swapSpeed, type Watermarks, watermarksOf } from './reclaim.ts';
import type { Scenario } from './scenario.ts';

/** Of what is swapped out, this part was in use: the kernel's lists are not exact. */
const misjudged = 0.15;
/** Of the speed of the swap's disk, what reading may take from writing. */
const readPart = 0.5;
/** Bytes a second that the host reads into its page cache. */
const cacheSpeed = 30 * MiB;
/** Part of RAM that it would fill with it. */
const cachePart = 0.08;
/** Wall clock at which every simulation begins: 2026-01-05 08:00 UTC. */
export const begin = 1_767_600_000;

/**
 * A host with guests in which a Scenario happens, in steps of one second. All follows from the scenario, the seed (which
 * only says where guests stand in the order of processes) and what is done through `controlOf` it.
 *
 * It leaves out much: NUMA, hugepages, transparent hugepages, CPU and network, dirty pages, zswap, cgroups, free page
 * reporting, migration, and that a guest which stands still wants less afterwards.
 */
export class World {
  readonly scenario: Scenario;
  readonly ksm = new Ksm();
  readonly marks: Watermarks;
  readonly meters = new Meters();
  /** Page cache of the host. */
  cache = 0;
  /** Seconds from the start. */
  time = 0;
  #guests: readonly Guest[];
  readonly #killed = new Set<number>();
  readonly #seed: number;

  constructor(scenario: Scenario, seed = 1) {
    this.scenario = scenario;
    this.#seed = seed;
    this.marks = watermarksOf(scenario.host.memory);
    this.#guests = scenario.guests.flatMap((_spec, index) => this.#bootedAt(0, index, -1 - index * 3600));
    this.cache = Math.max(0, Math.min(cachePart * scenario.host.memory, this.free - this.marks.high));
    this.#startFull();
  }

  get guests(): readonly Guest[] {
    return this.#guests;
  }

  /** Wall clock, seconds. */
  get wall(): number {
    return begin + this.time;
  }

  /** What the host and its programs use, bytes. */
  get own(): number {
    return Math.max(0, this.scenario.host.used(this.time));
  }

  /** Bytes that merging saves. */
  get saved(): number {
    return mergedPages(this.#guests).sharing * pageSize;
  }

  get swapped(): number {
    return this.#sum(guest => guest.swapped);
  }

  /** Bytes of RAM that nobody has. */
  get free(): number {
    const guests = this.#sum(guest => guest.resident + guest.overhead + 2 * guest.pageTables);
    return this.scenario.host.memory - this.own - guests + this.saved - this.cache;
  }

  /** One second. */
  step(): Second {
    this.time += 1;
    this.#bootAndEnd();
    const before = this.#sum(guest => guest.inside.counters.swapIn + guest.inside.counters.swapOut);
    const wants = this.#guests.map(guest => guest.live(this.time));
    this.ksm.step(this.#guests);
    const growth = wants.reduce((sum, want) => sum + want.growth, 0);
    const wantedBack = wants.reduce((sum, want) => sum + want.back, 0);
    const readable = wantedBack > 0 ? Math.min(1, (readPart * swapSpeed) / wantedBack) : 1;
    const back = wantedBack * readable;
    const got = reclaim(
      {
        free: this.free,
        need: growth + back,
        cache: this.cache,
        swapFree: this.scenario.host.swap - this.swapped,
        evictable: this.#sum(guest => guest.evictable * guest.resident),
        reading: back,
      },
      this.marks,
    );
    this.cache -= got.dropped;
    this.#evict(got.out);
    for (const [index, guest] of this.#guests.entries()) {
      const want = wants[index];
      if (want) guest.receive(want, { growth: got.part, back: got.part * readable });
    }
    this.cache += Math.max(
      0,
      Math.min(cacheSpeed, cachePart * this.scenario.host.memory - this.cache, this.free - this.marks.high),
    );
    const swappedIn = back * got.part;
    const refused = (growth + back) * (1 - got.part);
    this.meters.count(this.#guests, { in: swappedIn, out: got.out, dropped: got.dropped, refused });
    const stalled = this.#sum(guest => guest.stalled);
    const inside = this.#sum(guest => guest.inside.counters.swapIn + guest.inside.counters.swapOut) - before;
    for (const guest of this.#guests) guest.report(this.time, this.wall);
    const second = {
      available: this.available,
      swappedIn,
      swappedOut: got.out,
      guestSwapped: inside,
      stalled,
      moved: this.#sum(guest => guest.moved),
      actual: this.#sum(guest => guest.inside.actual),
      saved: this.saved,
    };
    if (got.killed || this.free < 0) this.#kill();
    return { ...second, killed: this.#killed.size };
  }

  /** MemAvailable by the kernel's rule (si_mem_available): free above the low watermark, and most of the page cache. */
  get available(): number {
    const { low } = this.marks;
    return Math.max(0, this.free - low + this.cache - Math.min(this.cache / 2, low));
  }

  #sum(amount: (guest: Guest) => number): number {
    return this.#guests.reduce((total, guest) => total + amount(guest), 0);
  }

  #bootedAt(time: number, index: number, born: number): readonly Guest[] {
    const spec = this.scenario.guests[index];
    if (!spec || this.#killed.has(index)) return [];
    const { boots = Number.NEGATIVE_INFINITY, ends = Number.POSITIVE_INFINITY } = spec;
    if (time < boots || time >= ends) return [];
    return [new Guest(spec, { pid: 2000 + index * 100 + Math.floor(100 * chance(this.#seed, index)), born })];
  }

  #bootAndEnd(): void {
    const there = new Map(this.#guests.map(guest => [guest.spec, guest]));
    this.#guests = this.scenario.guests.flatMap((spec, index) => {
      const guest = there.get(spec);
      if (!guest) return this.#bootedAt(this.time, index, this.time);
      return this.time >= (spec.ends ?? Number.POSITIVE_INFINITY) ? [] : [guest];
    });
  }

  /** A host that has too little RAM from the start has swapped what does not fit. */
  #startFull(): void {
    const missing = this.marks.high + this.marks.leastCache - this.free - this.cache;
    if (missing > 0) this.#evict(Math.min(missing, this.scenario.host.swap), 0);
    this.cache = Math.max(0, Math.min(Math.max(this.cache, this.marks.leastCache), this.cache + this.free));
    while (this.free < 0 && this.#guests.length > 0) this.#kill();
  }

  /** From all guests alike: this part of it (0 to 1) from what is in use, the rest from what is not, as far as there is any. */
  #evict(bytes: number, inUse = misjudged): void {
    const cold = this.#sum(guest => guest.evictable * guest.coldIn);
    const hot = this.#sum(guest => guest.evictable * guest.hotIn);
    const fromHot = Math.min(hot, Math.max(bytes - cold, inUse * bytes));
    const hotPart = hot > 0 ? fromHot / hot : 0;
    const coldPart = cold > 0 ? Math.min(1, (bytes - fromHot) / cold) : 0;
    for (const guest of this.#guests) {
      const part = guest.evictable;
      guest.evict(hotPart * part * guest.hotIn, coldPart * part * guest.coldIn);
    }
  }

  /** The kernel kills who has most, in RAM and swap. */
  #kill(): void {
    const [most] = this.#guests.toSorted((a, b) => b.touched - a.touched);
    if (!most) return;
    this.#killed.add(this.scenario.guests.indexOf(most.spec));
    this.#guests = this.#guests.filter(guest => guest !== most);
    this.meters.counters.oom_kill += 1;
  }
}
