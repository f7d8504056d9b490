import type { Numbers } from '../../sample.ts';
import { MiB } from '../../units.ts';

/** Processors of the simulated host. */
const processors = 64;
/** Clock ticks a second. */
const ticks = 100;

const whole = (numbers: Readonly<Record<string, number>>): Numbers =>
  Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, Math.floor(value)]));

/** What the kernel counts of work: /proc/stat, and the part of /proc/vmstat about compaction, huge pages, KSM. */
export class Activity {
  readonly #stat = {
    user: 88_000_000,
    nice: 0,
    system: 21_000_000,
    idle: 6_700_000_000,
    iowait: 9_400_000,
    irq: 0,
    softirq: 0,
    steal: 0,
    intr: 310_000_000_000,
    ctxt: 492_000_000_000,
    processes: 2_418_000,
    procs_running: 6,
    procs_blocked: 0,
  };
  readonly #vmstat = {
    compact_stall: 18_400,
    compact_fail: 9200,
    thp_fault_alloc: 5_120_000,
    thp_fault_fallback: 312_000,
    thp_collapse_alloc: 18_233,
    thp_split_page: 910_000,
    cow_ksm: 64_000_000,
    ksm_swpin_copy: 21_000,
    zswpin: 0,
    zswpout: 0,
    zswpwb: 0,
  };

  /** `busy`: guests at work; `reclaimed` and `awaited`: bytes swapped out, and read back, in these `seconds`. */
  step(seconds: number, { busy, reclaimed, awaited }: { busy: number; reclaimed: number; awaited: number }): void {
    const stat = this.#stat;
    const used = Math.min(0.8 * processors, 2 + busy * 1.6) * ticks * seconds;
    const waiting = Math.min(6, awaited / seconds / (40 * MiB));
    stat.user += used * 0.8;
    stat.system += used * 0.2;
    stat.iowait += waiting * ticks * seconds;
    stat.idle += Math.max(0, (processors - waiting) * ticks * seconds - used);
    stat.intr += (22_000 + 2600 * busy) * seconds;
    stat.ctxt += (35_000 + 4200 * busy) * seconds;
    stat.processes += 3 * seconds;
    stat.procs_running = 1 + Math.round(busy * 1.6);
    stat.procs_blocked = Math.round(waiting);
    const vmstat = this.#vmstat;
    vmstat.compact_stall += reclaimed / (64 * MiB);
    vmstat.compact_fail += reclaimed / (140 * MiB);
    vmstat.thp_fault_alloc += 1.4 * busy * seconds;
    vmstat.thp_fault_fallback += reclaimed / (32 * MiB);
    vmstat.thp_collapse_alloc += 0.3 * seconds;
    vmstat.thp_split_page += reclaimed / (8 * MiB) + 0.6 * busy * seconds;
    vmstat.cow_ksm += 90 * busy * seconds;
    vmstat.ksm_swpin_copy += awaited / (16 * MiB);
  }

  get stat(): Numbers {
    return whole(this.#stat);
  }

  get vmstat(): Numbers {
    return whole(this.#vmstat);
  }
}
