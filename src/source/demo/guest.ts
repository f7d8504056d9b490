import type { BalloonStats, MonitorSample } from '../../sample.ts';
import { GiB, KiB, MiB } from '../../units.ts';
import { demand } from './curves.ts';
import type { GuestSpec } from './guest-specs.ts';

export const pageSize = 4 * KiB;
export const inPages = (bytes: number): number => Math.max(0, Math.round(bytes / pageSize)) * pageSize;
const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/** Seconds since the simulated host booted when the demo begins. */
export const bootedFor = 1_071_234;
/** Seconds before the demo begins at which the frozen guest last reported. */
const frozenSince = 47;
/** Seconds before the demo begins at which the paused guest was paused. */
const pausedSince = 90;
/** Seconds from a guest's start to its balloon driver's first report. */
const untilDriver = 8;
/** How fast a balloon moves, bytes a second. */
const balloonSpeed = 512 * MiB;
/** How fast a guest's page cache grows, bytes a second. */
const cacheSpeed = 12 * MiB;
/** What QEMU itself takes beside the guest's memory. */
const overhead = 58 * MiB;

/** One simulated guest. Times are seconds from the demo's begin, amounts bytes. */
export class DemoGuest {
  readonly spec: GuestSpec;
  readonly id: string;
  readonly name: string;
  readonly pid: number;
  readonly born: number;
  readonly #seed: number;
  readonly #stream: number;
  /** Clock ticks since boot. */
  readonly starttime: number;
  /** What kvmtop remembers to have asked for. */
  noted: number | undefined;
  /** What QEMU was asked for. */
  target: number | undefined;
  actual: number;
  /** Memory that its QEMU has got from the host, swapped out or not. */
  touched: number;
  /** Swapped out by the host. */
  swapped = 0;
  /** Merged by KSM, pages. */
  merged = 0;
  pollingInterval: number;
  /** Swapped in and out by the guest itself in the last step, bytes a second. */
  swapping = 0;
  busyness = 0;
  /** `cpu` in clock ticks. */
  readonly counters = { swapIn: 0, swapOut: 0, majors: 0, minors: 0, hostMajors: 0, hostMinors: 0, cpu: 0 };
  stats: BalloonStats | undefined;
  earlier: BalloonStats | undefined;
  /** Most that was ever resident, kept from one look to the next. */
  peak = 0;
  /** The monitor's last answer, kept likewise. */
  heard: MonitorSample = { state: 'unasked' };
  #wanted = 0;
  #used = 0;
  #cache = 0;

  /** `stream` tells the guests' curves apart; `life` counts those of a guest that is started again and again. */
  constructor(spec: GuestSpec, where: { seed: number; stream: number; life: number; born: number }) {
    this.spec = spec;
    this.name = spec.lifetime === undefined ? spec.name : `${spec.name}-${418 + where.life}`;
    this.pid = 2100 + where.stream * 137 + where.life * 7;
    this.born = where.born;
    this.starttime = Math.round((bootedFor + where.born) * 100);
    this.id = `${this.pid}.${this.starttime}`;
    this.#seed = where.seed;
    this.#stream = where.stream * 1000 + where.life;
    this.actual = spec.actual ?? spec.size;
    // A guest that has run for long has touched most of what it has; one just started next to nothing.
    const old = where.life === 0;
    this.touched = spec.prealloc ? spec.size : inPages(old ? this.actual * 0.82 : 0);
    this.#cache = old ? this.actual : 0;
    this.pollingInterval = spec.pollingInterval ?? 2;
  }

  get backend(): 'anon' | 'shared' | 'hugetlb' {
    return this.spec.backend ?? 'anon';
  }

  /** Guest memory in RAM, in whichever way it is backed. */
  get resident(): number {
    return this.touched - this.swapped;
  }

  get rssAnon(): number {
    return overhead + (this.backend === 'anon' ? this.resident : 0);
  }

  get pageTables(): number {
    return inPages((this.backend === 'hugetlb' ? 0 : this.touched / 512) + 700 * KiB);
  }

  /** What its kernel sees: the balloon's rest, less its own reserve (256 MiB give 218). */
  get #total(): number {
    return inPages(this.actual - 24 * MiB - 0.015 * this.spec.size);
  }

  /** One step of `seconds` that ends at `time`. */
  step(time: number, seconds: number, wall: number): void {
    const { spec } = this;
    if (spec.paused && time > -pausedSince) {
      this.swapping = 0;
      this.busyness = 0;
      return;
    }
    const ramp = (time - this.born) * 60 * MiB;
    const wanted = Math.min(ramp, spec.size * demand(spec.load, this.#seed, this.#stream, time));
    this.busyness = clamp(
      0.03 + Math.abs(wanted - this.#wanted) / seconds / (150 * MiB) + wanted / spec.size / 3,
      0,
      1,
    );
    this.#wanted = wanted;
    this.#moveBalloon(seconds);

    const total = this.#total;
    const spare = 0.03 * total;
    this.#used = inPages(Math.min(wanted, total - spare));
    const room = Math.max(0, total - spare - this.#used);
    this.#cache = inPages(Math.min(room * spec.load.cache, this.#cache + cacheSpeed * seconds));
    // What does not fit is in the guest's own swap; the more it is, the more of it is wanted back at once.
    this.swapping = wanted > this.#used ? Math.min(90 * MiB, 0.08 * (wanted - this.#used)) : 0;
    this.#touch();
    this.#count(seconds);
    if (spec.driver !== 'frozen' || time <= -frozenSince) this.#report(time, wall);
  }

  /** The host swaps guest memory out, or back in. */
  swapTo(bytes: number): { readonly in: number; readonly out: number } {
    const next = this.backend === 'anon' ? inPages(clamp(bytes, 0, this.touched)) : 0;
    const moved = { in: Math.max(0, this.swapped - next), out: Math.max(0, next - this.swapped) };
    this.swapped = next;
    this.counters.hostMajors += Math.round(moved.in / pageSize / 8);
    return moved;
  }

  #moveBalloon(seconds: number): void {
    const { target } = this;
    if (target === undefined || this.spec.driver === 'absent' || this.spec.driver === 'missing') return;
    // The driver gets no more pages once all that is left is in use and can't be swapped: the balloon stalls.
    const least = 24 * MiB + 0.015 * this.spec.size + 0.7 * this.#wanted;
    if (target >= this.actual) this.actual = inPages(Math.min(target, this.actual + balloonSpeed * seconds));
    else {
      const next = Math.max(target, this.actual - balloonSpeed * seconds, least);
      this.actual = inPages(Math.min(this.actual, next));
    }
  }

  /** Inflating gives pages back; deflating takes none before the guest touches them. Hugepages stay either way. */
  #touch(): void {
    const { hugepage, size } = this.spec;
    const wanted = this.actual - this.#total + this.#used + this.#cache;
    this.touched = Math.max(this.touched, inPages(wanted));
    if (hugepage !== undefined) this.touched = Math.min(size, Math.ceil(this.touched / hugepage) * hugepage);
    else this.touched = Math.min(this.touched, this.actual);
  }

  #count(seconds: number): void {
    const counters = this.counters;
    const swapped = inPages(this.swapping * seconds);
    counters.swapIn += swapped;
    counters.swapOut += inPages(0.8 * this.swapping * seconds);
    counters.majors += Math.round(swapped / pageSize / 4 + 2 * this.busyness * seconds);
    counters.minors += Math.round(4000 * this.busyness * seconds);
    counters.hostMinors += Math.round(600 * this.busyness * seconds);
    counters.cpu += 100 * seconds * this.busyness * Math.max(1, this.spec.size / (4 * GiB));
  }

  #report(time: number, wall: number): void {
    if (this.spec.driver === 'absent' || this.spec.driver === 'missing' || time - this.born < untilDriver) return;
    const last = this.stats?.lastUpdate;
    // Without an interval a driver reports once, when it starts.
    // A clock that was set back makes a report due.
    const since = last === undefined || wall < last ? Number.POSITIVE_INFINITY : wall - last;
    if (last !== undefined && (this.pollingInterval === 0 || since < this.pollingInterval)) return;
    const total = this.#total;
    const free = total - this.#used - this.#cache;
    this.earlier = this.stats;
    this.stats = {
      lastUpdate: Math.floor(wall),
      values: {
        'stat-swap-in': this.counters.swapIn,
        'stat-swap-out': this.counters.swapOut,
        'stat-major-faults': this.counters.majors,
        'stat-minor-faults': this.counters.minors,
        'stat-free-memory': free,
        'stat-total-memory': total,
        'stat-available-memory': inPages(0.6 * free + 0.9 * this.#cache),
        'stat-disk-caches': this.#cache,
        'stat-htlb-pgalloc': 0,
        'stat-htlb-pgfail': 0,
      },
    };
  }

  /** KSM keeps a record of 64 bytes for each page that it looks at. */
  get ksmItems(): number {
    return this.backend === 'anon' ? this.resident / pageSize : 0;
  }
}
