import { expect, test } from 'vitest';
import { moves, restingInterval, roundInterval } from '../../../src/collect/guests/pace.ts';
import type { MonitorSample } from '../../../src/sample.ts';

test.each([
  [1, 1],
  [50, 1],
  [51, 1.02],
  [100, 2],
  [200, 2],
  [201, 2.01],
  [1000, 10],
])('%i guests are asked every %d seconds each: never more than a hundred a second', (guests, seconds) => {
  expect(roundInterval(guests)).toBeCloseTo(seconds, 9);
});

test.each([
  [1, 5],
  [500, 5],
  [501, 5.01],
  [1000, 10],
])('%i guests that rest are asked every %d seconds each', (guests, seconds) => {
  expect(restingInterval(guests)).toBeCloseTo(seconds, 9);
});

const MiB = 1024 * 1024;
const said = (available: number | undefined, parts: Partial<MonitorSample> = {}, swapped = 0): MonitorSample => ({
  state: 'ok',
  balloon: {
    device: true,
    actual: 1024 * MiB,
    stats: {
      lastUpdate: 1,
      values: {
        'stat-total-memory': 1024 * MiB,
        'stat-swap-in': swapped,
        ...(available === undefined ? {} : { 'stat-available-memory': available }),
      },
    },
  },
  ...parts,
});

test('a guest whose available memory changes by more than a 32nd of its size from report to report moves', () => {
  const before = said(512 * MiB);
  for (const by of [0, 32 * MiB, -32 * MiB]) expect(moves(before, said(512 * MiB + by))).toBe(false);
  for (const by of [32 * MiB + 1, -32 * MiB - 1]) expect(moves(before, said(512 * MiB + by))).toBe(true);
});

test('where a guest tells no memory nothing is made of that', () => {
  expect(moves(said(undefined), said(512 * MiB))).toBe(false);
  expect(moves(said(512 * MiB), said(undefined))).toBe(false);
  const sizeless = (available: number): MonitorSample => ({
    state: 'ok',
    balloon: { device: true, stats: { lastUpdate: 1, values: { 'stat-available-memory': available } } },
  });
  expect(moves(sizeless(1), sizeless(512 * MiB))).toBe(false);
  expect(moves({ state: 'ok' }, { state: 'ok' })).toBe(false);
});

test('a guest that swaps, migrates, whose balloon moves, or that does not answer moves', () => {
  const before = said(512 * MiB);
  expect(moves(before, said(512 * MiB, {}, 1))).toBe(true);
  expect(moves(before, said(512 * MiB, { state: 'busy' }))).toBe(true);
  expect(moves(before, said(512 * MiB, { balloon: { ...before.balloon!, actual: 1023 * MiB } }))).toBe(true);
  const migration = (status: string) => ({ migration: { status, values: {}, ram: {} } });
  expect(moves(before, said(512 * MiB, migration('active')))).toBe(true);
  expect(moves(before, said(512 * MiB, migration('completed')))).toBe(false);
  // What it was is of no matter.
  expect(moves(said(512 * MiB, { state: 'busy' }), before)).toBe(false);
  // The first answer of all is news.
  expect(moves({ state: 'unasked' }, before)).toBe(true);
});
