import { setTimeout as delay } from 'node:timers/promises';

/** How programs know the time, and wait. All in seconds. */
export interface Clock {
  /** Wall clock, since 1970. */
  now(): number;
  /** Since some moment; nobody sets it, so it is what durations are measured by. */
  steady(): number;
  /** Resolves after so many seconds, or at once when `signal` is aborted. */
  wait(seconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now() / 1000,
  steady: () => performance.now() / 1000,
  async wait(seconds, signal) {
    try {
      await delay(Math.max(0, seconds) * 1000, undefined, signal && { signal });
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  },
};
