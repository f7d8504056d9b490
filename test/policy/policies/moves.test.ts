import { describe, expect, it } from 'vitest';
import type { Need } from '../../../src/policy/policies/kvmtop/guest.ts';
import type { Pressure } from '../../../src/policy/policies/kvmtop/host.ts';
import { actualSizes, floorsOf, giveBack, grant, take, yieldOf } from '../../../src/policy/policies/kvmtop/moves.ts';

type Parts = Partial<Omit<Need, 'one'>> & Partial<Need['one']>;

/** A guest that has 80 of 100, uses 20, and may go down to 60 with its page cache, to 40 without, to 30 at worst. */
const need = ({ actual = 80, maximum = 100, used = 20, shares = 1000, ...parts }: Parts = {}): Need =>
  ({
    one: { actual, maximum, used, shares },
    inNeed: false,
    lacks: 0,
    wants: 0,
    least: 30,
    keep: 40,
    keepCache: 60,
    idle: true,
    yields: 1,
    coming: 0,
    stuck: false,
    untouched: 0,
    grew: false,
    shrank: false,
    smallest: 1,
    ...parts,
  }) as Need;

const rounded = (sizes: readonly number[]): readonly number[] => sizes.map(size => Math.round(100 * size) / 100);
const taken = (needs: readonly Need[], amount: number, pressure: Pressure = 'short'): readonly number[] =>
  rounded(take(needs, amount, pressure));

/** Who is not asked, and why. */
const spared: readonly Parts[] = [
  { inNeed: true },
  { wants: 5 },
  { idle: false },
  { coming: 1 },
  { stuck: true },
  { grew: true },
];

describe('taking memory from guests', () => {
  it('takes at most a tenth of a guest’s maximum at once, where nothing is urgent', () => {
    expect(taken([need()], 5)).toEqual([75]);
    expect(taken([need()], 50)).toEqual([70]);
    expect(taken([need({ maximum: 200 })], 50)).toEqual([60]);
  });

  it('takes at most half of what is above its least: slower near the floor', () => {
    expect(taken([need({ actual: 48 })], 50)).toEqual([40]);
    expect(taken([need({ actual: 48, keep: 31 })], 50)).toEqual([39]);
  });

  it('takes a quarter where the host is critical, or somebody waits for it', () => {
    expect(taken([need({ keepCache: 10 })], 50, 'critical')).toEqual([55]);
    expect(taken([need({ keepCache: 10 }), need({ inNeed: true, wants: 5 })], 50)).toEqual([55, 80]);
    expect(taken([need({ keepCache: 10 }), need({ inNeed: true })], 50)).toEqual([70, 80]);
    expect(taken([need({ keepCache: 10 }), need({ wants: 5 })], 50)).toEqual([70, 80]);
  });

  it('takes what is free of all before anybody’s page cache, and margins only when critical', () => {
    const guests = [need({ actual: 62 }), need({ actual: 69 })];
    expect(taken(guests, 11)).toEqual([60, 60]);
    expect(taken(guests, 13)).toEqual([59, 59]);
    expect(taken([need({ actual: 40 })], 9)).toEqual([40]);
    expect(taken([need({ actual: 40 })], 9, 'critical')).toEqual([31]);
    expect(taken([need({ actual: 40 })], 50, 'critical')).toEqual([30]);
    expect([floorsOf('calm'), floorsOf('short'), floorsOf('critical')].map(floors => floors.length)).toEqual([2, 2, 3]);
  });

  it('takes from who has most above that for its shares', () => {
    expect(taken([need({ actual: 80 }), need({ actual: 75 })], 9)).toEqual([73, 73]);
    expect(taken([need({ actual: 80 }), need({ actual: 75, shares: 2000 })], 9)).toEqual([71, 75]);
  });

  it('takes nothing where nothing is wanted', () => {
    expect(taken([need()], 0)).toEqual([80]);
    expect(actualSizes([need(), need({ actual: 7 })])).toEqual([80, 7]);
  });

  it.each(spared)('spares one with %j', parts => {
    expect(taken([need(parts), need()], 5)).toEqual([80, 75]);
  });

  it('asks one that has just grown where the host is critical, and nobody else of these', () => {
    for (const parts of spared) expect(taken([need(parts)], 5, 'critical')).toEqual(parts.grew ? [75] : [80]);
  });
});

describe('what the host gains of each byte that is taken', () => {
  it('is the mean of those that may be asked, by what they have to give', () => {
    expect(yieldOf([need({ yields: 0.5 })], 'short')).toBe(0.5);
    // 40 above what the one keeps, 20 of the other.
    expect(yieldOf([need({ yields: 0.5 }), need({ actual: 60 })], 'short')).toBeCloseTo((0.5 * 40 + 20) / 60);
    expect(yieldOf([need({ yields: 0.5 }), need({ actual: 40, yields: 0 })], 'short')).toBe(0.5);
    for (const parts of spared) expect(yieldOf([need({ yields: 0.5 }), need(parts)], 'short')).toBe(0.5);
  });

  it('is no less than a quarter, and all where nobody may be asked', () => {
    expect(yieldOf([need({ yields: 0.2 })], 'short')).toBe(0.25);
    expect(yieldOf([need({ yields: 0.2, stuck: true })], 'short')).toBe(1);
    expect(yieldOf([need({ yields: 0.2, actual: 40 })], 'short')).toBe(1);
    expect(yieldOf([], 'short')).toBe(1);
  });
});

describe('giving memory to guests', () => {
  it('gives all that one wants before the next gets any, those in need first', () => {
    const needs = [need({ wants: 5 }), need({ wants: 30, inNeed: true }), need({ wants: 10, inNeed: true })];
    expect(grant(needs, [80, 80, 80], 25)).toEqual([80, 95, 90]);
    expect(grant(needs, [80, 80, 80], 43)).toEqual([83, 110, 90]);
    expect(grant(needs, [80, 80, 80], 25, () => 8)).toEqual([88, 88, 88]);
  });

  it('gives first to who wants least for its shares', () => {
    expect(grant([need({ wants: 10 }), need({ wants: 15, shares: 2000 })], [80, 80], 15)).toEqual([80, 95]);
    expect(grant([need({ wants: 10 }), need({ wants: 15, shares: 1000 })], [80, 80], 15)).toEqual([90, 85]);
  });

  it('gives back at most a tenth of its maximum to one that did not ask', () => {
    const back = (needs: readonly Need[], amount: number) => rounded(giveBack(needs, actualSizes(needs), amount));
    expect(back([need()], 5)).toEqual([85]);
    expect(back([need()], 50)).toEqual([90]);
    expect(back([need({ actual: 95 })], 50)).toEqual([100]);
    // Who has least beyond what it uses, for its shares.
    expect(back([need({ used: 30 }), need()], 8)).toEqual([88, 80]);
    expect(back([need({ shares: 2000 }), need()], 8)).toEqual([88, 80]);
  });

  it('gives nothing back to one that has just shrunk, or is to', () => {
    const back = (parts: Parts, size = 80) => rounded(giveBack([need(parts), need()], [size, 80], 5));
    expect(back({ shrank: true })).toEqual([80, 85]);
    expect(back({ coming: 1 })).toEqual([80, 85]);
    expect(back({}, 79)).toEqual([79, 85]);
    expect(back({ grew: true })).toEqual([82.5, 82.5]);
  });

  it('leaves one that was just given more what it was given', () => {
    expect(rounded(giveBack([need()], [95], 10))).toEqual([95]);
  });
});
