import { expect, test } from 'vitest';
import { derive } from '../../src/model.ts';
import { headlineOf } from '../../src/recording/headline.ts';
import { guest, sample } from '../samples.ts';

test('the numbers beside a sample: what is known, and what guests use as far as they tell', () => {
  const reporting = (id: string, total: number, available: number) =>
    guest({
      id,
      monitor: {
        state: 'ok',
        balloon: {
          device: true,
          stats: { lastUpdate: 1, values: { 'stat-total-memory': total, 'stat-available-memory': available } },
        },
      },
    });
  const of = (...guests: readonly ReturnType<typeof guest>[]) =>
    headlineOf(derive(undefined, sample({ time: 7, host: { meminfo: { MemTotal: 100, MemAvailable: 60 } }, guests })));
  expect(of()).toMatchObject({ time: 7, mem_total: 100, mem_available: 60, guests: 0 });
  expect(of()).not.toHaveProperty('guests_used');
  expect(of()).not.toHaveProperty('swap_in');
  expect(of(guest({}))).not.toHaveProperty('guests_used');
  expect(of(guest({}), reporting('1.1', 50, 20), reporting('2.1', 9, 2))).toMatchObject({ guests: 3, guests_used: 37 });
});
