import { GiB } from '../../units.ts';
import type { Scenario } from '../scenario.ts';
import { numbered, steady } from './curves.ts';

/** Seconds from one job to the next. */
const period = 300;
/** Seconds that a job lasts. */
const lasts = 110;

export const noisyBatch: Scenario = {
  id: 'noisy-batch',
  title: 'Noisy batch jobs',
  help: 'Four guests run jobs that take 10 GiB for two minutes out of five, beside six quiet services; what they once took they keep. A good policy leaves the services alone and does not follow every job back and forth.',
  main: ['stalled', 'swappedOut', 'reversals'],
  seconds: 3600,
  host: { memory: 64 * GiB, swap: 32 * GiB, used: steady(3 * GiB, 0.05, 100) },
  guests: [
    ...numbered(6, (number, index) => ({
      name: `service-${number}`,
      size: 8 * GiB,
      demand: steady(2.5 * GiB, 0.06, index),
      cache: () => 2.5 * GiB,
    })),
    ...numbered(4, (number, index) => ({
      name: `batch-${number}`,
      size: 12 * GiB,
      demand: (second: number) => ((second + 70 * index) % period < lasts ? 10 * GiB : GiB),
      cache: () => GiB,
    })),
  ],
};
