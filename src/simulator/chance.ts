/** Numbers that look like chance and are none: they depend on their keys only, so a run can be repeated. */

/** In [0, 1), from integer keys; the mixing steps are those of MurmurHash3's finisher. */
export const chance = (...keys: readonly number[]): number => {
  let hash = 0x9e3779b9;
  for (const key of keys) {
    hash = Math.imul(hash ^ key, 0x85ebca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
};

/** A wandering value in [-1, 1] that has a new direction every `period` seconds, without jumps. */
export const wander = (seed: number, stream: number, time: number, period: number): number => {
  const slot = Math.floor(time / period);
  const part = time / period - slot;
  const from = chance(seed, stream, slot);
  const to = chance(seed, stream, slot + 1);
  return 2 * (from + (to - from) * part * part * (3 - 2 * part)) - 1;
};

/** Rises to 1 and falls to 0 again within every other `period` seconds or so, as chance has it; else 0. */
export const burst = (seed: number, stream: number, time: number, period: number): number => {
  const slot = Math.floor(time / period);
  return chance(seed, ~stream, slot) < 0.5 ? Math.sin(Math.PI * (time / period - slot)) ** 2 : 0;
};
