import { GiB, MiB } from '../../units.ts';
import type { Scenario } from '../scenario.ts';
import { numbered, path, steady } from './curves.ts';

export const idleClones: Scenario = {
  id: 'idle-clones',
  title: 'Many idle clones',
  help: 'Forty clones of one image idle, most of their pages equal; then a build wants 24 GiB. A good policy has KSM merge before it takes anything away.',
  main: ['stalled', 'swappedOut', 'savedMean', 'movedBytes'],
  seconds: 3600,
  host: { memory: 80 * GiB, swap: 24 * GiB, used: steady(3 * GiB, 0.05, 100) },
  guests: [
    ...numbered(40, (number, index) => ({
      name: `clone-${number}`,
      size: 2 * GiB,
      alike: 0.6,
      demand: steady(500 * MiB, 0.03, index),
      cache: () => 600 * MiB,
    })),
    {
      name: 'build',
      size: 32 * GiB,
      boots: 1200,
      demand: path([1200, GiB], [1900, 24 * GiB], [2900, 24 * GiB], [2960, 4 * GiB]),
      cache: () => 3 * GiB,
    },
  ],
};
