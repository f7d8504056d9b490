import { GiB } from '../../units.ts';
import type { Scenario } from '../scenario.ts';
import { numbered, path, steady } from './curves.ts';

/** Seconds between two desktops that are started. */
const pause = 15;
/** Seconds from the start to the first of them. */
const first = 300;

export const bootStorm: Scenario = {
  id: 'boot-storm',
  title: 'Morning boot storm',
  help: 'Within five minutes 18 desktops start on a host with four servers; each wants most while its user logs in. A good policy takes what nobody uses before the host swaps, and gives it back in time.',
  main: ['swappedOut', 'stalled', 'short'],
  seconds: 2700,
  host: { memory: 128 * GiB, swap: 32 * GiB, used: steady(5 * GiB, 0.05, 100) },
  guests: [
    ...numbered(4, (number, index) => ({
      name: `server-${number}`,
      size: 16 * GiB,
      demand: steady(6 * GiB, 0.05, index),
      cache: () => 5 * GiB,
    })),
    ...numbered(18, (number, index) => {
      const boots = first + pause * index;
      return {
        name: `desk-${number}`,
        size: 8 * GiB,
        boots,
        alike: 0.25,
        demand: path(
          [boots, 0.3 * GiB],
          [boots + 60, 1.2 * GiB],
          [boots + 180, 3 * GiB],
          [boots + 420, 3 * GiB],
          [boots + 600, 1.8 * GiB],
        ),
        cache: path([boots, 0.2 * GiB], [boots + 600, 2.5 * GiB]),
      };
    }),
  ],
};
