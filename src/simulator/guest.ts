import type { BalloonStats } from '../sample.ts';
import { KiB, MiB } from '../units.ts';
import { coldBack, faultBytes, hotBack, hotCache, Inside, pageSize, wholePages } from './inside.ts';
import type { SimulatedGuest } from './scenario.ts';

/** Seconds since the simulated host booted when a scenario begins. */
export const bootedFor = 864_000;
/** What QEMU takes beside the guest's memory. Bytes. */
export const overhead = 58 * MiB;
/** A guest that has run for long has once touched this part of what is free in it now. */
const touchedBefore = 0.6;
/** Part of what the kernel keeps for itself that is in use all the time. */
const hotKernel = 0.3;
/** How long one fault on the host's swap lasts, seconds. */
const hostFaultSeconds = 0.25e-3;
/** How much a guest can so get back in a second: 128 MiB. */
const mostBack = faultBytes / hostFaultSeconds;
/** A guest that takes so much new memory in a second and gets none does nothing but wait. Bytes. */
const waitingGrowth = 64 * MiB;
/** Seconds from its start to the driver's first report. */
const untilDriver = 12;
/** Seconds between its reports. */
const pollingInterval = 2;
/** Even a guest that does nothing but wait comes to report now and then: part of the time. */
const leastAwake = 0.04;

/** Of the host in a second, bytes: memory it had not touched before, and of what is swapped out. */
export interface Wanted {
  readonly growth: number;
  readonly back: number;
}

/** One guest as the host has it. Bytes; steps of a second. */
export class Guest {
  readonly spec: SimulatedGuest;
  readonly inside: Inside;
  readonly pid: number;
  /** Seconds from the start of the scenario; negative for one that was there before. */
  readonly born: number;
  /** Memory that its QEMU has got from the host, in RAM or swapped out by the host. */
  touched = 0;
  /** Of that, swapped out of what the guest is using. */
  hotOut = 0;
  /** Of that, swapped out of the rest. */
  coldOut = 0;
  /** Merged by KSM, whole pages. */
  merged = 0;
  /** Part of the last second in which it waited for the host, 0 to 1. */
  hostWaiting = 0;
  /** What its balloon moved in the last second, either way. */
  moved = 0;
  /** Its working set changed by this part of its memory in the last second. */
  churn = 0;
  /** Noted by whoever asked for it. */
  noted: number | undefined;
  readonly counters = { majors: 0, minors: 0, cpu: 0 };
  peak = 0;
  stats: BalloonStats | undefined;
  /** What its balloon left it when it reported. */
  reported = 0;
  earlier: BalloonStats | undefined;
  #awake = 0;

  constructor(spec: SimulatedGuest, where: { readonly pid: number; readonly born: number }) {
    this.spec = spec;
    this.pid = where.pid;
    this.born = where.born;
    // A balloon is set once its driver is there: until then a guest that boots has all its memory.
    this.inside = new Inside(spec.size, where.born < 0 ? (spec.balloon ?? spec.size) : spec.size);
    this.inside.target = wholePages(spec.balloon ?? spec.size);
    if (where.born >= 0) return;
    this.inside.settle(spec.demand(0), spec.cache(0));
    const unused = Math.max(0, this.inside.actual - this.#busy);
    const touched = spec.touched === undefined ? touchedBefore * unused : spec.touched - this.#busy;
    this.touched = this.#busy + Math.min(unused, Math.max(0, touched));
  }

  get swapped(): number {
    return this.hotOut + this.coldOut;
  }

  get resident(): number {
    return this.touched - this.swapped;
  }

  get overhead(): number {
    return overhead;
  }

  /** Of the host for it, once; KVM's own are as large again. */
  get pageTables(): number {
    return this.touched / 512 + 700 * KiB;
  }

  /** Part of the last second in which its programs stood still, 0 to 1. */
  get stalled(): number {
    return Math.min(1, this.inside.waiting + this.hostWaiting);
  }

  /** In RAM: what is in use all the time, and what the host could swap out without being noticed. */
  get hotIn(): number {
    return this.#hot - this.hotOut;
  }

  get coldIn(): number {
    return this.touched - this.#hot - this.coldOut;
  }

  /** Part of what is in RAM that the host can swap out, 0 to 1: a merged page has many users, and stays. */
  get evictable(): number {
    return this.resident > 0 ? Math.max(0, 1 - this.merged / this.resident) : 0;
  }

  /** What its kernel has given out, all of it backed by the host. */
  get #busy(): number {
    return this.inside.kernel + this.inside.programs + this.inside.cache;
  }

  get #hot(): number {
    const { kernel, programs, cache } = this.inside;
    return Math.min(this.touched, hotKernel * kernel + programs + hotCache * cache);
  }

  /** Lives a second that ends at `time`, and gives what it wants of the host for it. */
  live(time: number): Wanted {
    const before = this.inside.actual;
    if (time - this.born >= untilDriver) this.inside.moveBalloon();
    const taken = before - this.inside.actual;
    this.moved = Math.abs(taken);
    if (taken > 0) this.#release(taken, before);
    const had = this.inside.programs;
    this.inside.work(Math.max(0, this.spec.demand(time)), Math.max(0, this.spec.cache(time)));
    this.churn = Math.abs(this.inside.programs - had) / this.spec.size;
    this.#temper();
    return {
      growth: Math.max(0, this.#busy - this.touched),
      back: Math.min(mostBack, hotBack * this.hotOut + coldBack * this.coldOut),
    };
  }

  /** The host gave these parts (0 to 1) of what it wanted. */
  receive(wanted: Wanted, given: { readonly growth: number; readonly back: number }): void {
    const growth = wanted.growth * given.growth;
    this.touched += growth;
    this.inside.giveBack(wanted.growth - growth);
    const back = wanted.back * given.back;
    const hot = Math.min(this.hotOut, back);
    this.hotOut -= hot;
    this.coldOut = Math.max(0, this.coldOut - (back - hot));
    this.#temper();
    this.counters.majors += back / faultBytes;
    this.counters.minors += growth / pageSize + 50;
    const reading = wanted.back > 0 ? wanted.back / mostBack / Math.max(given.back, 0.01) : 0;
    const allocating = (1 - given.growth) * Math.min(1, wanted.growth / waitingGrowth);
    this.hostWaiting = Math.min(1, reading + allocating);
    this.counters.cpu += 100 * (0.02 + (0.5 * this.inside.programs) / this.spec.size) * (1 - this.stalled);
  }

  /** The host swaps so much of it out: of what is in use, and of the rest. */
  evict(hot: number, cold: number): void {
    this.hotOut += Math.min(hot, this.hotIn);
    this.coldOut += Math.min(cold, this.coldIn);
  }

  /** The driver reports when the guest has had time for it: one that thrashes stops reporting first. */
  report(time: number, wall: number): void {
    if (this.spec.silent || time - this.born < untilDriver) return;
    this.#awake += Math.max(leastAwake, 1 - this.stalled);
    if (this.stats && this.#awake < pollingInterval) return;
    this.#awake = 0;
    const { inside } = this;
    this.earlier = this.stats;
    this.reported = inside.actual;
    this.stats = {
      lastUpdate: Math.floor(wall),
      values: {
        'stat-swap-in': wholePages(inside.counters.swapIn),
        'stat-swap-out': wholePages(inside.counters.swapOut),
        'stat-major-faults': Math.floor(inside.counters.majors),
        'stat-minor-faults': Math.floor(inside.counters.minors),
        'stat-free-memory': wholePages(inside.free),
        'stat-total-memory': wholePages(inside.total),
        'stat-available-memory': wholePages(inside.available),
        'stat-disk-caches': wholePages(inside.cache),
        'stat-htlb-pgalloc': 0,
        'stat-htlb-pgfail': 0,
      },
    };
  }

  /** The pages that went into the balloon are free ones by chance: as many of them are backed as are of all free ones. */
  #release(taken: number, before: number): void {
    const unused = before - this.#busy;
    const backed = Math.max(0, this.touched - this.#busy);
    const freed = unused > 0 ? Math.min(backed, (taken * backed) / unused) : 0;
    const cold = this.touched - this.#hot;
    this.coldOut -= cold > 0 ? Math.min(this.coldOut, (freed * this.coldOut) / cold) : 0;
    this.touched -= freed;
    this.#temper();
  }

  /** What the guest begins to use is in use now, swapped out or not; and the other way round. */
  #temper(): void {
    const out = this.swapped;
    const hot = this.#hot;
    const cold = this.touched - hot;
    this.coldOut = Math.min(this.coldOut, cold);
    this.hotOut = Math.min(out - this.coldOut, hot);
    this.coldOut = Math.min(cold, out - this.hotOut);
  }
}
