import { GiB } from '../../units.ts';
import type { Scenario } from '../scenario.ts';
import { numbered, path, steady } from './curves.ts';

export const forgottenBalloon: Scenario = {
  id: 'forgotten-balloon',
  title: 'A forgotten balloon',
  help: 'Somebody left an ERP system 4 of its 16 GiB; now it needs 9, and swaps, while the host has plenty. A good policy gives it back, at once.',
  main: ['stalled', 'swappedOut', 'guestSwapped'],
  seconds: 1800,
  host: { memory: 96 * GiB, swap: 8 * GiB, used: steady(4 * GiB, 0.05, 100) },
  guests: [
    {
      name: 'erp',
      size: 16 * GiB,
      balloon: 4 * GiB,
      demand: path([300, 2.5 * GiB], [600, 9 * GiB]),
      cache: () => 4 * GiB,
    },
    ...numbered(5, (number, index) => ({
      name: `web-${number}`,
      size: 8 * GiB,
      demand: steady(2.5 * GiB, 0.1, index),
      cache: () => 3 * GiB,
    })),
  ],
};
