import type { GuestModel } from '../model.ts';

/** How often a guest waits for the host's disk, a second, as far as the kernel tells. */
export interface HostFaults {
  readonly least?: number;
  /** Absent where nothing bounds it. */
  readonly most?: number;
}

/**
 * KVM reads a page that is away in a kernel thread, while the guest runs on or halts. Linux counts that as a major fault of the
 * thread and of the whole host, not of the guest's process: so `own` is the least there was, and what the whole host had the most.
 * Under emulation it is all.
 */
export const hostFaults = (
  { sample }: GuestModel,
  own: number | undefined,
  wholeHost: number | undefined,
): HostFaults => {
  if (own === undefined) return wholeHost === undefined ? {} : { most: wholeHost };
  if (sample.launch.accelerator === 'tcg') return { least: own, most: own };
  // The two counters are read one after the other.
  return wholeHost === undefined ? { least: own } : { least: own, most: Math.max(own, wholeHost) };
};
