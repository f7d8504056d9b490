import { burst, wander } from '../../simulator/chance.ts';
import { Pressure } from '../../simulator/pressure.ts';
import { GiB, MiB } from '../../units.ts';
import { Activity } from './activity.ts';
import { DemoGuest, inPages, pageSize } from './guest.ts';
import { guestSpecs } from './guest-specs.ts';
import { ksmPages, mergePages } from './ksm.ts';

/** 128 GiB, less what firmware and the kernel's own image and page structures take. Bytes. */
export const memTotal = 131_722_240 * 1024;
export const swapTotal = 16 * GiB;
export const pools = [
  { pageSize: 2 * MiB, pages: 4608 },
  { pageSize: GiB, pages: 18 },
] as const;

/** The kernel starts to reclaim below this much free memory. Bytes. */
const lowFree = 700 * MiB;
/** It leaves this much page cache before it swaps. Bytes. */
const leastCache = GiB;
/** Most of the swap that is used; what would not fit stays in RAM. Bytes. */
const mostSwap = swapTotal - 256 * MiB;
/** Bytes a second that backups and logs add to the page cache. */
const cacheSpeed = 30 * MiB;

/** How much of their lifetime the guests with one have behind them when the demo begins. Seconds. */
const alreadyLived = 90;
/** The three running means of /proc/loadavg. Seconds. */
const loadWindows = [60, 300, 900];

/** The streams of chance that belong to the host; guests have theirs by number. */
const streams = { anon: 90_001, slab: 90_002, cache: 90_003, dirty: 90_004, writeback: 90_005, kernel: 90_006 };

/** A simulated host with its guests. Times are seconds from the demo's begin, amounts bytes. */
export class DemoHost {
  readonly #seed: number;
  #guests: DemoGuest[];
  #cache = 6 * GiB;
  #time = 0;
  /** As in /proc/vmstat: pages and events, and pgpgin and pgpgout in KiB; with KSM's two. */
  readonly counters = {
    pgpgin: 912_000_000,
    pgpgout: 2_340_000_000,
    pswpin: 402_000,
    pswpout: 1_208_000,
    pgfault: 8_120_000_000,
    pgmajfault: 1_950_000,
    refaults: 3_310_000,
    pgscan_kswapd: 41_200_000,
    pgscan_direct: 212_000,
    nr_dirtied: 610_000_000,
    nr_written: 585_000_000,
    pages_scanned: 51_300_000_000,
    full_scans: 2890,
  };
  readonly activity = new Activity();
  readonly pressure = { memory: new Pressure(), cpu: new Pressure(), io: new Pressure() };
  /** Running means of the tasks at work, of 1, 5 and 15 minutes. */
  load = [6, 6, 6];

  constructor(seed: number, begin: number) {
    this.#seed = seed;
    this.#guests = guestSpecs.map(
      (spec, stream) => new DemoGuest(spec, { seed, stream, life: 0, born: begin - stream * 51_007 }),
    );
  }

  get guests(): readonly DemoGuest[] {
    return this.#guests;
  }

  /** One step of `seconds` that ends at `time`; `wall` is the wall clock then. */
  step(time: number, seconds: number, wall: number): void {
    this.#time = time;
    this.#renew(time);
    for (const guest of this.#guests) guest.step(time, seconds, wall);
    const swap = this.#swap();
    mergePages(this.#guests, seconds);
    const cached = this.#cache;
    this.#cache = inPages(
      Math.min(this.#wantedCache, this.#cache + cacheSpeed * seconds, memTotal - this.parts.taken - lowFree),
    );
    this.#count(seconds, {
      ...swap,
      read: Math.max(0, this.#cache - cached),
      dropped: Math.max(0, cached - this.#cache),
    });
  }

  /** Where the host's memory is. All parts with `cache` and `free` sum to `memTotal`; `anon` has merged pages once. */
  get parts() {
    const { shared, sharing } = ksmPages(this.#guests);
    const sum = (amount: (guest: DemoGuest) => number): number =>
      this.#guests.reduce((total, guest) => total + amount(guest), 0);
    const by = (stream: number, period: number): number => wander(this.#seed, stream, this.#time, period);
    const guestTables = sum(guest => guest.pageTables);
    const parts = {
      anon: sum(guest => guest.rssAnon) - sharing * pageSize + inPages(2.1 * GiB + 0.2 * GiB * by(streams.anon, 40)),
      shmem: sum(guest => (guest.backend === 'shared' ? guest.resident : 0)) + 320 * MiB,
      hugetlb: pools.reduce((total, pool) => total + pool.pages * pool.pageSize, 0),
      buffers: 190 * MiB,
      slabReclaimable: inPages(1.2 * GiB + 0.1 * GiB * by(streams.slab, 90)),
      slabUnreclaimable: 610 * MiB,
      pageTables: guestTables + 64 * MiB,
      // EPT or NPT: the second set of tables, which translates guest addresses.
      secPageTables: inPages(guestTables * 0.9),
      kernelStack: 27 * MiB,
      unexplained: inPages(190 * MiB + 30 * MiB * by(streams.kernel, 60)),
    };
    const taken = Object.values(parts).reduce((total, part) => total + part, 0);
    return {
      ...parts,
      taken,
      cache: this.#cache,
      free: memTotal - taken - this.#cache,
      swapped: sum(guest => guest.swapped),
      ksm: { shared, sharing, items: sum(guest => guest.ksmItems) },
    };
  }

  /** Page cache that waits to be written, and that is being written. Bytes. */
  get writeback(): { readonly dirty: number; readonly writing: number } {
    const most = this.#cache / 4;
    return {
      dirty: inPages(Math.min(most, 40 * MiB + 420 * MiB * burst(this.#seed, streams.dirty, this.#time, 12))),
      writing: inPages(Math.min(most, 160 * MiB * burst(this.#seed, streams.writeback, this.#time, 9))),
    };
  }

  get #wantedCache(): number {
    return 9 * GiB + 4 * GiB * wander(this.#seed, streams.cache, this.#time, 150);
  }

  /** Guests with a lifetime end, and the next one starts. */
  #renew(time: number): void {
    this.#guests = this.#guests.map((guest, stream) => {
      const { lifetime } = guest.spec;
      const life = lifetime === undefined ? 0 : Math.floor((time + alreadyLived) / lifetime);
      if (lifetime === undefined || life < 1) return guest;
      const born = life * lifetime - alreadyLived;
      return guest.born === born ? guest : new DemoGuest(guest.spec, { seed: this.#seed, stream, life, born });
    });
  }

  /** Idle memory goes to swap over time; under pressure what does not fit follows, from all alike. */
  #swap(): { readonly in: number; readonly out: number } {
    const guests = this.#guests.filter(guest => guest.backend === 'anon');
    const goals = guests.map((guest, index) => {
      const idle = guest.spec.idle ?? 0;
      return inPages(guest.touched * idle * (0.8 + 0.2 * wander(this.#seed, index, this.#time, 30)));
    });
    const returned = guests.reduce((sum, guest, index) => sum + guest.swapped - (goals[index] ?? 0), 0);
    const overflow = Math.max(0, this.parts.taken + returned + lowFree + leastCache - memTotal);
    const inUse = guests.reduce((sum, guest, index) => sum + guest.touched - (goals[index] ?? 0), 0);
    const room = mostSwap - goals.reduce((sum, goal) => sum + goal, 0);
    const part = Math.min(overflow, room) / inUse;
    const moved = { in: 0, out: 0 };
    for (const [index, guest] of guests.entries()) {
      const goal = goals[index] ?? 0;
      const swapped = guest.swapTo(goal + part * (guest.touched - goal));
      moved.in += swapped.in;
      moved.out += swapped.out;
    }
    return moved;
  }

  #count(seconds: number, moved: { in: number; out: number; read: number; dropped: number }): void {
    const counters = this.counters;
    const pages = (bytes: number): number => Math.round(bytes / pageSize);
    const inside = this.#guests.reduce((sum, guest) => sum + guest.swapping, 0) * seconds;
    const written = this.writeback.writing * seconds * 0.6;
    const busy = this.#guests.reduce((sum, guest) => sum + guest.busyness, 0);
    counters.pswpin += pages(moved.in);
    counters.pswpout += pages(moved.out);
    counters.pgpgin += Math.round((moved.in + moved.read + inside + 2 * MiB * seconds) / 1024);
    counters.pgpgout += Math.round((moved.out + written + 0.8 * inside) / 1024);
    counters.pgfault += Math.round(900 * busy * seconds);
    counters.pgmajfault += pages(moved.in / 8) + Math.round(seconds);
    counters.refaults += pages(moved.dropped / 20);
    counters.pgscan_kswapd += pages(2 * moved.out + 1.5 * moved.dropped);
    counters.pgscan_direct += pages(0.2 * moved.out);
    counters.nr_dirtied += pages(written * 1.02);
    counters.nr_written += pages(written);
    const scanned = Math.round(48_000 * seconds);
    counters.pages_scanned += scanned;
    counters.full_scans += scanned / Math.max(1, this.parts.ksm.items);
    this.activity.step(seconds, { busy, reclaimed: moved.out, awaited: moved.in + inside });
    this.pressure.memory.step((moved.in + moved.out) / seconds / (500 * MiB), seconds);
    this.pressure.io.step((moved.in + inside + written) / seconds / (600 * MiB), seconds);
    this.pressure.cpu.step(busy / 60, seconds);
    this.load = this.load.map(
      (mean, index) => mean + (busy * 1.4 - mean) * (1 - Math.exp(-seconds / (loadWindows[index] ?? 60))),
    );
  }
}
