import { GiB } from '../../units.ts';
import type { Scenario } from '../scenario.ts';
import { numbered, path } from './curves.ts';

export const allMax: Scenario = {
  id: 'all-max',
  title: 'All claim their maximum',
  help: 'Twenty guests of 8 GiB, promised a quarter more than there is, all come to use 7 GiB at once. There is no good end: a policy can keep the host itself well, and some of the guests.',
  main: ['stalled', 'swappedOut'],
  seconds: 2400,
  host: { memory: 128 * GiB, swap: 48 * GiB, used: () => 5 * GiB },
  guests: numbered(20, (number, index) => ({
    name: `tenant-${number}`,
    size: 8 * GiB,
    demand: path(
      [400 + 5 * index, 2.5 * GiB],
      [1000 + 10 * index, 7 * GiB],
      [1700 + 5 * index, 7 * GiB],
      [1800 + 5 * index, 3 * GiB],
    ),
    cache: () => 2 * GiB,
  })),
};
