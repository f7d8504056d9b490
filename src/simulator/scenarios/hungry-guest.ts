import { GiB } from '../../units.ts';
import type { Scenario } from '../scenario.ts';
import { numbered, path, steady } from './curves.ts';

export const hungryGuest: Scenario = {
  id: 'hungry-guest',
  title: 'One hungry guest',
  help: 'Six guests idle with full page caches while an analysis next to them grows to 28 GiB, stays, and ends. A good policy takes the idle guests’ caches for it, and gives them back.',
  main: ['stalled', 'swappedOut', 'short'],
  seconds: 2700,
  host: { memory: 64 * GiB, swap: 32 * GiB, used: steady(3 * GiB, 0.05, 100) },
  guests: [
    {
      name: 'analysis',
      size: 32 * GiB,
      demand: path([500, 4 * GiB], [1100, 28 * GiB], [1900, 28 * GiB], [1960, 5 * GiB]),
      cache: () => 2 * GiB,
    },
    ...numbered(6, (number, index) => ({
      name: `idle-${number}`,
      size: 8 * GiB,
      demand: steady(1.6 * GiB, 0.08, index),
      cache: () => 4 * GiB,
    })),
  ],
};
