import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reclaim, type Shortage, swapSpeed, watermarksOf } from '../../src/simulator/reclaim.ts';
import { GiB, MiB } from '../../src/units.ts';

const marks = watermarksOf(64 * GiB);
const host: Shortage = {
  free: 10 * GiB,
  need: GiB,
  cache: 4 * GiB,
  swapFree: 8 * GiB,
  evictable: 40 * GiB,
  reading: 0,
};

test('leaves a host with free memory alone', () => {
  expect(reclaim(host, marks)).toEqual({ dropped: 0, out: 0, part: 1, killed: false });
});

test('drops page cache first, and swaps a little', () => {
  const { dropped, out, part } = reclaim({ ...host, free: 1.1 * GiB }, marks);
  expect(part).toBe(1);
  expect(out).toBeGreaterThan(0);
  expect(dropped).toBeGreaterThan(8 * out);
});

test('swaps as fast as the disk takes it, and lets guests wait for the rest', () => {
  const { dropped, out, part, killed } = reclaim({ ...host, free: 200 * MiB, cache: marks.leastCache }, marks);
  expect(dropped).toBe(0);
  expect(out).toBe(swapSpeed);
  expect(part).toBeGreaterThan(0.3);
  expect(part).toBeLessThan(0.6);
  expect(killed).toBe(false);
});

test('kills when there is no swap left to wait for', () => {
  expect(reclaim({ ...host, free: 0, cache: 0, swapFree: 0 }, marks).killed).toBe(true);
});

test('never takes more than there is, and never gives what there is not', () => {
  const bytes = (most: number) => fc.double({ min: 0, max: most, noNaN: true });
  fc.assert(
    fc.property(
      fc.record({
        free: fc.double({ min: -2 * GiB, max: 8 * GiB, noNaN: true }),
        need: bytes(4 * GiB),
        cache: bytes(8 * GiB),
        swapFree: bytes(2 * GiB),
        evictable: bytes(60 * GiB),
        reading: bytes(swapSpeed),
      }),
      now => {
        const { dropped, out, part, killed } = reclaim(now, marks);
        expect(dropped).toBeGreaterThanOrEqual(0);
        expect(dropped).toBeLessThanOrEqual(Math.max(0, now.cache - marks.leastCache));
        expect(out).toBeGreaterThanOrEqual(0);
        expect(out).toBeLessThanOrEqual(Math.min(now.swapFree, now.evictable));
        expect(part).toBeGreaterThanOrEqual(0);
        expect(part).toBeLessThanOrEqual(1);
        if (!killed) expect(now.free + dropped + out - part * now.need).toBeGreaterThanOrEqual(-1);
      },
    ),
  );
});
