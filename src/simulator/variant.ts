import { chance } from './chance.ts';
import { wholePages } from './inside.ts';
import type { Scenario } from './scenario.ts';

/** By how much a variant's RAM differs at most: part of the host's. */
const memoryPart = 0.05;
/** By how much what programs want differs at most: part of it. */
const demandPart = 0.1;
/** By how much the page cache differs at most: part of it. */
const cachePart = 0.3;
/** By how much its times differ at most, seconds. */
const shiftSeconds = 20;

/**
 * The same scenario on a host a little larger or smaller, with guests that want more or less, sooner or later, as chance has it
 * for a seed: so that no policy fits one run only.
 */
export const variantOf = (scenario: Scenario, seed: number): Scenario => {
  /** In [-1, 1). */
  const spread = (...keys: readonly number[]): number => 2 * chance(seed, ...keys) - 1;
  const { host, guests } = scenario;
  return {
    ...scenario,
    host: { ...host, memory: wholePages(host.memory * (1 + memoryPart * spread(0))) },
    guests: guests.map((guest, index) => {
      const shift = shiftSeconds * spread(1, index);
      const demand = 1 + demandPart * spread(2, index);
      const cache = 1 + cachePart * spread(3, index);
      return {
        ...guest,
        demand: second => demand * guest.demand(second + shift),
        cache: second => cache * guest.cache(second + shift),
      };
    }),
  };
};
