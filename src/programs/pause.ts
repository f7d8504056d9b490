import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after so many seconds, or at once when `signal` is aborted. */
export const pause = async (seconds: number, signal: AbortSignal): Promise<void> => {
  try {
    await delay(Math.max(0, seconds) * 1000, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
};
