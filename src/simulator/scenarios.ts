import type { Scenario } from './scenario.ts';
import { allMax } from './scenarios/all-max.ts';
import { bootStorm } from './scenarios/boot-storm.ts';
import { forgottenBalloon } from './scenarios/forgotten-balloon.ts';
import { hungryGuest } from './scenarios/hungry-guest.ts';
import { idleClones } from './scenarios/idle-clones.ts';
import { noisyBatch } from './scenarios/noisy-batch.ts';

/** Every scenario there is, by id. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map(
  [bootStorm, hungryGuest, allMax, forgottenBalloon, noisyBatch, idleClones].map(scenario => [scenario.id, scenario]),
);
