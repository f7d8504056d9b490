import type { Guest } from './guest.ts';
import { faultBytes, pageSize } from './inside.ts';
import { Pressure } from './pressure.ts';
import { swapSpeed } from './reclaim.ts';

/** A twentieth of the page cache that was dropped is read again soon. */
const refaulted = 1 / 20;
/** Of each page that is reclaimed, kswapd has looked at two. */
const scanned = 2;

/** Bytes moved in a second; `refused`: what guests had to wait for. */
interface Moved {
  readonly in: number;
  readonly out: number;
  readonly dropped: number;
  readonly refused: number;
}

/** What the host's kernel counts: /proc/vmstat and /proc/pressure. */
export class Meters {
  readonly pressure = { memory: new Pressure(), cpu: new Pressure(), io: new Pressure() };
  /** Pages and events. */
  readonly counters = {
    pswpin: 0,
    pswpout: 0,
    pgmajfault: 0,
    pgfault: 0,
    pgscan_kswapd: 0,
    pgscan_direct: 0,
    refaults: 0,
    oom_kill: 0,
  };

  /** One second. */
  count(guests: readonly Guest[], moved: Moved): void {
    const { counters } = this;
    counters.pswpin += moved.in / pageSize;
    counters.pswpout += moved.out / pageSize;
    counters.pgmajfault += moved.in / faultBytes;
    counters.pgfault += 200 * guests.length;
    counters.pgscan_kswapd += (scanned * (moved.out + moved.dropped)) / pageSize;
    counters.pgscan_direct += moved.refused / pageSize;
    counters.refaults += (refaulted * moved.dropped) / pageSize;
    // Some task waits while any of the guests does.
    const none = guests.reduce((part, guest) => part * (1 - guest.hostWaiting), 1);
    this.pressure.memory.step(1 - none, 1);
    this.pressure.io.step(Math.min(1, (moved.in + moved.out) / swapSpeed), 1);
    this.pressure.cpu.step(Math.min(1, 0.01 * guests.length), 1);
  }
}
