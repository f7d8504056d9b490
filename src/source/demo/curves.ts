import { burst, chance, wander } from '../../simulator/chance.ts';

/** What a guest's programs want, as parts of its size. */
export interface Load {
  readonly base: number;
  /** How far the slow wave swings. */
  readonly swing: number;
  /** The length of that wave, seconds. */
  readonly period: number;
  readonly noise: number;
  readonly burst: number;
  /** Part of the room beside its programs that the guest fills with page cache. */
  readonly cache: number;
}

/** Part of the guest's size that its programs want at a time (seconds). */
export const demand = (load: Load, seed: number, stream: number, time: number): number => {
  const phase = 2 * Math.PI * chance(seed, stream);
  const wave = load.swing * Math.sin((2 * Math.PI * time) / load.period + phase);
  const wanted =
    load.base + wave + load.noise * wander(seed, stream, time, 17) + load.burst * burst(seed, stream, time, 45);
  return Math.min(0.95, Math.max(0.05, wanted));
};
