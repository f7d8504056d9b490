import { MiB } from '../units.ts';

/** The numbers of the guard rails and of following a change that an operator may set (src/config). Sizes in bytes. */
export interface Limits {
  /** No balloon goes below this share of a guest's maximum, 0 to 1. */
  readonly floorShare: number;
  /** A balloon leaves a guest at least this much beyond what it uses (or a tenth of that, where it is more). */
  readonly floorMargin: number;
  /** One press of `+` or `-`; whole MiB. */
  readonly step: number;
  /** Seconds without a move after which a change that is followed is stuck. */
  readonly stallSeconds: number;
  /** Seconds after which a guest's own statistics are too old to act on. */
  readonly staleSeconds: number;
}

export const defaultLimits: Limits = {
  floorShare: 0.25,
  floorMargin: 128 * MiB,
  step: 256 * MiB,
  stallSeconds: 12,
  staleSeconds: 10,
};
