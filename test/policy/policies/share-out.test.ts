import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shareOut, sum } from '../../../src/policy/policies/share-out.ts';

const parts = fc.array(
  fc.record({
    base: fc.integer({ min: 0, max: 2 ** 40 }),
    weight: fc.integer({ min: 1, max: 100_000 }),
    least: fc.integer({ min: 0, max: 2 ** 39 }),
    room: fc.integer({ min: 0, max: 2 ** 40 }),
  }),
  { minLength: 1, maxLength: 20 },
);

const rounded = (sizes: readonly number[]): number[] => sizes.map(size => Math.round(size));

it('shares by weight above the bases', () => {
  // 100 above bases of 0 and 10 in all: 90 are left, 1 : 2.
  const some = [
    { base: 0, weight: 1, least: 0, most: 1000 },
    { base: 10, weight: 2, least: 0, most: 1000 },
  ];
  expect(rounded(shareOut(some, 100))).toEqual([30, 70]);
});

it('leaves to others what one can’t have', () => {
  // The second takes no more than 20, so the first has 80.
  const some = [
    { base: 0, weight: 1, least: 0, most: 1000 },
    { base: 0, weight: 2, least: 0, most: 20 },
  ];
  expect(rounded(shareOut(some, 100))).toEqual([80, 20]);
});

it('shares nothing among nobody', () => {
  expect(shareOut([], 100)).toEqual([]);
});

it('keeps each within its limits, and gives out all that these allow and no more', () => {
  fc.assert(
    fc.property(parts, fc.integer({ min: 0, max: 2 ** 44 }), (some, total) => {
      const limited = some.map(({ room, ...part }) => ({ ...part, most: part.least + room }));
      const sizes = shareOut(limited, total);
      for (const [index, { least, most }] of limited.entries()) {
        expect(sizes[index]).toBeGreaterThanOrEqual(least);
        expect(sizes[index]).toBeLessThanOrEqual(most);
      }
      const least = sum(limited.map(one => one.least));
      const most = sum(limited.map(one => one.most));
      expect(Math.abs(sum(sizes) - Math.min(most, Math.max(least, total)))).toBeLessThanOrEqual(1);
    }),
  );
});

it('has nobody above the level of another, but by its limits', () => {
  fc.assert(
    fc.property(parts, fc.integer({ min: 0, max: 2 ** 44 }), (some, total) => {
      const limited = some.map(({ room, ...part }) => ({ ...part, most: part.least + room }));
      const sizes = shareOut(limited, total);
      const levels = limited.map(({ base, weight }, index) => ((sizes[index] as number) - base) / weight);
      const free = limited.flatMap(({ least, most }, index) => {
        const size = sizes[index] as number;
        return size > least + 1 && size < most - 1 ? [levels[index] as number] : [];
      });
      if (free.length > 1) expect(Math.max(...free) - Math.min(...free)).toBeLessThan(1);
      expect(levels).toHaveLength(limited.length);
    }),
  );
});
