import { describe, expect, it } from 'vitest';
import { candidatesOf } from '../../../src/policy/policies/candidates.ts';
import { histories } from '../../../src/policy/policies/history.ts';
import { type Need, needOf } from '../../../src/policy/policies/kvmtop/guest.ts';
import { GiB, KiB, MiB } from '../../../src/units.ts';
import { type Given, look, settings } from './world.ts';

/** What a guest of 8 GiB needs after these looks at it, `every` seconds apart. */
const needAfter = (givens: readonly Given[], every = 10): Need => {
  const models = givens.map((given, index) => look({ guests: [{ maximum: 8 * GiB, ...given }] }, every * index));
  const { candidates } = candidatesOf(models.at(-1)!, settings);
  const [one] = candidates;
  return needOf(one!, histories(models).get(one!.guest.id) ?? [], settings);
};

/** Of `actual` so much is in use; what is not free is page cache. GiB. */
const using = (used: number, actual = 8, more: Given = {}): Given => ({
  actual: actual * GiB,
  free: (actual - used) * GiB,
  ...more,
});

/** In GiB, to a thousandth. */
const gib = (bytes: number): number => Math.round((1000 * bytes) / GiB) / 1000;

describe('what a guest keeps', () => {
  it('is what it uses and 2.5 margins: of a tenth of that, or of 128 MiB', () => {
    expect(gib(needAfter([using(4)]).keep)).toBe(5);
    expect(gib(needAfter([using(0.5)]).keep)).toBe(2);
    expect(gib(needAfter([using(2, 3)]).keep)).toBe(2.5);
    expect(gib(needAfter([using(1, 3, { maximum: 4 * GiB })]).keep)).toBe(1.313);
  });

  it('is no less than the guard rails and the operator leave it', () => {
    // A quarter of 8 GiB; 4 GiB and a tenth.
    expect(gib(needAfter([using(0.5)]).least)).toBe(2);
    expect(gib(needAfter([using(4)]).least)).toBe(4.4);
  });

  it('is its page cache, too, before all else is taken', () => {
    const { keep, keepCache } = needAfter([using(4, 8, { available: 4 * GiB, free: GiB })]);
    expect([gib(keep), gib(keepCache)]).toEqual([5, 8]);
    const { keep: same, keepCache: none } = needAfter([using(4)]);
    expect(none).toBe(same);
  });

  it('is more the faster what it uses grows, and not less where it shrinks', () => {
    // 1 GiB in 10 s; the same in 20 s.
    expect(gib(needAfter([using(3), using(4)]).keep)).toBe(6);
    expect(gib(needAfter([using(3), using(4)], 20).keep)).toBe(5.5);
    expect(gib(needAfter([using(5), using(4)]).keep)).toBe(5);
    // Against ten seconds ago, not against the last look.
    expect(gib(needAfter([using(3), using(3.9), using(4)], 5).keep)).toBe(6);
    expect(gib(needAfter([using(1), using(3), using(3.9), using(4)], 5).keep)).toBe(6);
  });

  it('is not more for a report that was old already', () => {
    expect(gib(needAfter([using(3, 8, { age: 60 }), using(4)]).keep)).toBe(5);
  });
});

describe('a guest is in need', () => {
  const available = (share: number, more: Given = {}): Given => ({
    actual: 4 * GiB,
    free: 0,
    available: share * 4 * GiB,
    ...more,
  });
  const swaps = (rate: number) => ({ stats: { 'stat-swap-in': rate }, earlier: { 'stat-swap-in': 0 } });
  const faults = (rate: number) => ({ stats: { 'stat-major-faults': rate }, earlier: { 'stat-major-faults': 0 } });

  it.each<[string, Given, boolean]>([
    ['with less than 8 % available', available(0.079), true],
    ['not with more', available(0.081), false],
    ['not where that much is free: a small kernel calls less available', available(0.05, { free: 0.4 * GiB }), false],
    ['that swaps with less than half available', available(0.49, swaps(64 * KiB)), true],
    ['not with half', available(0.5, swaps(64 * KiB)), false],
    ['not where it swaps less', available(0.49, swaps(64 * KiB - 1)), false],
    ['that has major faults with less than a quarter available', available(0.24, faults(50)), true],
    ['not with a quarter: files cause them, too', available(0.25, faults(50)), false],
    ['not where it has fewer', available(0.24, faults(49)), false],
    ['not while the host sees that half of it was never touched', available(0.05, { rss: 2 * GiB }), false],
  ])('%s', (_what, given, inNeed) => {
    expect(needAfter([given]).inNeed).toBe(inNeed);
  });

  it('and wants half as much again, or what it lacks where that is more; no more than its maximum', () => {
    const hungry = (actual: number, used: number) => needAfter([using(used, actual)]);
    // 3.95 + 1.5·0.395 = 4.54 GiB: it lacks 0.54, and wants 2.
    expect([hungry(4, 3.95).lacks, hungry(4, 3.95).wants].map(gib)).toEqual([0.543, 2]);
    expect(gib(hungry(6, 5.95).wants)).toBe(2);
    expect(gib(hungry(7.5, 7.45).wants)).toBe(0.5);
    // It grows so fast that half is not enough.
    expect(gib(needAfter([using(1, 4), using(3.95, 4)]).wants)).toBe(3.493);
  });
});

describe('a guest that is well', () => {
  it('wants what it lacks, unless that is less than a hundredth of its maximum and not all there is', () => {
    // 5 + 0.75 GiB.
    expect(gib(needAfter([using(5, 5.5)]).wants)).toBe(0.25);
    expect(gib(needAfter([using(5, 5.7)]).lacks)).toBe(0.05);
    expect(needAfter([using(5, 5.7)]).wants).toBe(0);
    expect(gib(needAfter([using(7.2, 7.95)]).wants)).toBe(0.05);
    expect(needAfter([using(5, 8)])).toMatchObject({ lacks: 0, wants: 0, inNeed: false });
  });

  it('wants nothing for 45 s after it shrank', () => {
    const shrunk = (seconds: number) =>
      needAfter([using(5, 6), ...Array.from({ length: seconds / 5 }, () => using(5, 5.5))], 5);
    expect(shrunk(45)).toMatchObject({ shrank: true, wants: 0 });
    expect(gib(shrunk(45).lacks)).toBe(0.25);
    expect(shrunk(50)).toMatchObject({ shrank: false });
    expect(gib(shrunk(50).wants)).toBe(0.25);
  });

  it('wants no more than it has touched: the rest was never missed', () => {
    // 5.75 GiB would be well; half a GiB of its 5.5 was never touched.
    expect(needAfter([using(5, 5.5, { rss: 5 * GiB })]).wants).toBe(0);
  });
});

describe('a balloon', () => {
  const sized = (...sizes: readonly number[]): Need => needAfter(sizes.map(size => ({ actual: size, free: GiB })));
  // A hundredth of 8 GiB, and a page of 64 KiB less.
  const smallest = (8 * GiB) / 100;
  const least = Math.ceil(smallest - 64 * KiB);

  it('is moved by a hundredth of its maximum, or 16 MiB, at least', () => {
    expect(sized(8 * GiB).smallest).toBe(smallest);
    expect(needAfter([{ maximum: GiB }]).smallest).toBe(16 * MiB);
    expect(needAfter([{ maximum: 2 * GiB }]).smallest).toBe(0.01 * 2 * GiB);
  });

  it('grew or shrank by that, but for a page', () => {
    expect(sized(4 * GiB, 4 * GiB + least)).toMatchObject({ grew: true, shrank: false });
    expect(sized(4 * GiB, 4 * GiB + least - 1)).toMatchObject({ grew: false, shrank: false });
    expect(sized(4 * GiB, 4 * GiB - least)).toMatchObject({ grew: false, shrank: true });
    expect(sized(4 * GiB, 4 * GiB - least + 1)).toMatchObject({ grew: false, shrank: false });
  });

  it('also where it did so slowly, and back again', () => {
    const half = Math.ceil(least / 2);
    expect(sized(4 * GiB, 4 * GiB + half, 4 * GiB + 2 * half)).toMatchObject({ grew: true, shrank: false });
    expect(sized(4 * GiB, 4 * GiB - half, 4 * GiB + half)).toMatchObject({ grew: true, shrank: false });
    expect(sized(4 * GiB, 5 * GiB, 4 * GiB)).toMatchObject({ grew: true, shrank: true });
  });

  it('grew where it has all again, by however little', () => {
    expect(sized(8 * GiB - MiB, 8 * GiB)).toMatchObject({ grew: true });
    expect(sized(8 * GiB, 8 * GiB)).toMatchObject({ grew: false });
    expect(sized(8 * GiB, 8 * GiB - MiB)).toMatchObject({ grew: false });
  });

  it('that is on its way down brings the rest', () => {
    const moving = (actual: number, target?: number) => ({
      actual: actual * GiB,
      free: GiB,
      ...(target === undefined ? {} : { target: target * GiB }),
    });
    expect(gib(needAfter([moving(6), moving(5, 4)]).coming)).toBe(1);
    // It stands still; it grows; nobody asked; nothing was seen before.
    expect(needAfter([moving(5, 4), moving(5, 4)]).coming).toBe(0);
    expect(needAfter([moving(4.5, 4), moving(5, 4)]).coming).toBe(0);
    expect(needAfter([moving(6), moving(5)]).coming).toBe(0);
    expect(needAfter([moving(6), moving(5, 6)]).coming).toBe(0);
  });

  it('is stuck where for 12 s neither it nor what was asked of it has moved', () => {
    const asked = (target: number, actual = 8 * GiB): Given => ({ actual, free: GiB, target });
    const same = asked(4 * GiB);
    expect(needAfter([same, same, same], 6).stuck).toBe(true);
    expect(needAfter([same, same, same], 5).stuck).toBe(false);
    expect(needAfter([asked(5 * GiB), same, same], 6).stuck).toBe(false);
    expect(needAfter([asked(4 * GiB, 8 * GiB - MiB), same, same], 6).stuck).toBe(false);
    // What was before those 12 s is no matter.
    expect(needAfter([asked(5 * GiB), same, same, same], 6).stuck).toBe(true);
    expect(needAfter([{ actual: 8 * GiB, free: GiB }, same, same], 6).stuck).toBe(false);
    // As good as there.
    expect(needAfter(Array(3).fill(asked(8 * GiB - Math.ceil(smallest))), 6).stuck).toBe(true);
    expect(needAfter(Array(3).fill(asked(8 * GiB - Math.floor(smallest))), 6).stuck).toBe(false);
    // It has less than was asked for: it grew by itself, or is to grow.
    expect(needAfter(Array(3).fill(asked(8 * GiB, 7 * GiB)), 6).stuck).toBe(false);
  });
});

describe('what shrinking a guest brings', () => {
  it('is the part of what it does not use that the host holds', () => {
    const held = (rss: number, used = 2) => needAfter([using(used, 8, { rss: rss * GiB })]);
    expect(held(8).yields).toBe(1);
    expect(held(9).yields).toBe(1);
    expect(held(5).yields).toBe(0.5);
    expect(held(2).yields).toBe(0);
    expect(held(1).yields).toBe(0);
    // It uses all that it has, and will use more: nothing can be said.
    expect(needAfter([using(3, 4, { rss: 3 * GiB }), using(4, 4, { rss: 3 * GiB })]).yields).toBe(1);
  });

  it('is nothing where the host holds no more than it uses', () => {
    const smallest = 0.01 * 8 * GiB;
    expect(needAfter([using(2, 8, { rss: 2 * GiB + Math.ceil(smallest) })]).idle).toBe(true);
    expect(needAfter([using(2, 8, { rss: 2 * GiB + Math.floor(smallest) })]).idle).toBe(false);
  });

  it('counts what the host has of it in shared memory and in swap', () => {
    const status = { RssAnon: GiB, RssShmem: 2 * GiB, VmSwap: 2 * GiB };
    expect(needAfter([using(2, 8, { change: { process: { status } } })]).yields).toBe(0.5);
  });

  it('is believed to be all where its process can’t be read', () => {
    expect(needAfter([using(2, 8, { change: { process: {} } })])).toMatchObject({
      yields: 1,
      idle: true,
      untouched: 0,
    });
  });
});

describe('what was given and not touched yet', () => {
  it('is what its balloon grew by, less what the host holds for it since', () => {
    const grew = (before: number, after: number) =>
      needAfter([using(1, 4, { rss: before * GiB }), using(1, 6, { rss: after * GiB })]).untouched;
    expect(gib(grew(3, 3))).toBe(2);
    expect(gib(grew(3, 4.5))).toBe(0.5);
    expect(gib(grew(3, 6))).toBe(0);
    // What the host took back meanwhile was not given.
    expect(gib(grew(3, 2))).toBe(2);
    expect(needAfter([using(1, 6), using(1, 4)]).untouched).toBe(0);
  });

  it('is reckoned from the first look that there is', () => {
    const looks = [4, 5, 6].map(actual => using(1, actual, { rss: 3 * GiB }));
    expect(gib(needAfter(looks).untouched)).toBe(2);
  });
});
