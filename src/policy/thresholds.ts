import { defaultLimits, type Limits } from '../actions/limits.ts';
import { GiB } from '../units.ts';

/** Where numbers begin to be worrying: for the findings, and for the colours of the screen. Shares are 0 to 1. */
export interface Thresholds {
  /** MemAvailable of the host as a share of its RAM outside hugepage pools: less is worrying. */
  readonly availableLow: number;
  /** The same: less is critical. */
  readonly availableCritical: number;
  /** PSI memory, share of time in the last 10 s in which some tasks stalled. */
  readonly pressureSome: number;
  /** The same in which all of them did. */
  readonly pressureFull: number;
  /** Swap moved by the host, bytes a second. */
  readonly swapRate: number;
  /** What a guest has available as a share of what it has. */
  readonly guestAvailableLow: number;
  /** Swap-ins of a guest a second from which it thrashes: bytes. */
  readonly guestSwapIn: number;
  /** Major faults of a guest a second from which it thrashes. */
  readonly guestMajorFaults: number;
  /** Major faults of a guest's process a second, from which it waits for the host where a part of it is in swap. */
  readonly hostMajorFaults: number;
  /** Committed_AS as a share of CommitLimit, where the kernel is strict. */
  readonly commitNear: number;
  /** Dirty pages as a share of the limit at which writers are held up. */
  readonly dirtyNear: number;
  /** Bytes of a hugepage pool that nobody uses or has reserved. */
  readonly poolIdle: number;
  /** Those of the guard rails: what is too old to act on, how far a balloon may go. */
  readonly limits: Limits;
}

export const defaultThresholds: Thresholds = {
  availableLow: 0.1,
  availableCritical: 0.04,
  pressureSome: 0.1,
  pressureFull: 0.05,
  swapRate: 256 * 1024,
  guestAvailableLow: 0.08,
  guestSwapIn: 64 * 1024,
  guestMajorFaults: 50,
  hostMajorFaults: 1,
  commitNear: 0.95,
  dirtyNear: 0.9,
  poolIdle: GiB,
  limits: defaultLimits,
};
