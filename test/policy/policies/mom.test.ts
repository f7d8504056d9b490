import { describe, expect, it } from 'vitest';
import { mom } from '../../../src/policy/policies/mom.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { type Given, look, reasons, settings, targets } from './world.ts';

/** Of a host of 100 GiB, `h` percent are free. */
const hostWith = (percent: number, ...guests: Given[]) =>
  look({ total: 100 * GiB, available: percent * GiB, free: [percent * GiB, 0, 0], guests });

const decide = (percent: number, given: Given) => targets(mom.decide([hostWith(percent, given)], settings))['web-1'];

/** Whole pages, as a balloon has them. */
const pages = (bytes: number): number => Math.ceil(bytes / 4096) * 4096;

describe('while less than a fifth of the host is free', () => {
  it('takes a twentieth of an idle guest', () => {
    // h = 0.10: f = 0.20·(0.10/0.20) = 0.10. Used 1 GiB; floor = max(1, 1 + 0.10·4) = 1.4 GiB; 0.95·4 = 3.8 GiB.
    expect(decide(10, { free: 3 * GiB })).toBe(pages(3.8 * GiB));
  });

  it('stops at what the guest uses and the free share that is left to it', () => {
    // h = 0.10: floor = 3.5 + 0.10·4 = 3.9 GiB, above 3.8 GiB.
    expect(decide(10, { free: 0.5 * GiB, available: GiB })).toBe(pages(3.9 * GiB));
  });

  it('leaves a guest alone that has no more than that', () => {
    // floor = 3.7 + 0.4 = 4.1 GiB, above what it has: no growing while shrinking.
    expect(decide(10, { free: 0.3 * GiB })).toBeUndefined();
  });

  it('leaves less free the less the host has', () => {
    // h = 0.18: f = 0.18, floor = 3.15 + 0.72 = 3.87 GiB; h = 0.06: f = 0.06, 3.15 + 0.24 = 3.39, so 3.8 GiB.
    const given = { free: 0.85 * GiB, available: 2 * GiB };
    expect(decide(18, given)).toBe(pages(3.87 * GiB));
    expect(decide(6, given)).toBe(pages(3.8 * GiB));
  });

  it('when critical has less than nothing free in mind, but our guard rails hold', () => {
    // h = 0.01: f = −0.04; used 3.9 (3.5 without cache): floor = 3.9 − 0.16 = 3.74; 0.95·4 = 3.8 GiB. Our floor 3.85 GiB.
    expect(decide(1, { free: 0.1 * GiB, available: 0.5 * GiB })).toBe(pages(3.5 * 1.1 * GiB));
    // The same with nothing in the cache: 3.9·1.1 is more than it has.
    const decisions = mom.decide([hostWith(1, { free: 0.1 * GiB })], settings);
    expect(targets(decisions)).toEqual({});
    expect(reasons(decisions)['web-1']).toBe('it uses 3.90 GiB, and no less than 4.00 GiB is safe');
  });

  it('counts 5 % as critical already', () => {
    // h = 0.05: f = 0.05 − 0.05 = 0: floor = 3.85, not 3.85 + 0.05·4 = 4.05 GiB.
    expect(decide(5, { free: 0.15 * GiB, available: 2 * GiB })).toBe(pages(3.85 * GiB));
  });

  it('never goes below the minimum', () => {
    // A quarter of 4 GiB; 0.95·1.02 = 0.969 GiB.
    expect(decide(10, { actual: 1.02 * GiB, free: 0.9 * GiB })).toBe(GiB);
  });

  it('does not bother about less than a quarter of a percent', () => {
    // f = 0.10, floor = used + 0.4 GiB. Smallest change: 0.0025·4 GiB = 10.24 MiB.
    expect(decide(10, { free: 0.4 * GiB + 10 * MiB, available: GiB })).toBeUndefined();
    expect(decide(10, { free: 0.4 * GiB + 11 * MiB, available: GiB })).toBe(4 * GiB - 11 * MiB);
  });
});

describe('while a fifth of the host is free, or more', () => {
  it('gives a twentieth', () => {
    // Used 1, floor = 1 + 0.2·2 = 1.4 GiB; 1.05·2 = 2.1 GiB.
    expect(decide(20, { actual: 2 * GiB, free: GiB })).toBe(Math.floor((2.1 * GiB) / 4096) * 4096);
  });

  it('gives more to a guest that has less than a fifth free', () => {
    // floor = 2 + 0.2·2 = 2.4 GiB.
    expect(decide(30, { actual: 2 * GiB, free: 0 })).toBe(Math.floor((2.4 * GiB) / 4096) * 4096);
  });

  it('gives no more than the maximum', () => {
    expect(decide(30, { actual: 3.9 * GiB, free: 0 })).toBe(4 * GiB);
    expect(decide(30, { actual: 4 * GiB, free: 0 })).toBeUndefined();
  });

  it('lifts a guest to its minimum', () => {
    expect(decide(30, { actual: 0.5 * GiB, free: 0.4 * GiB })).toBe(GiB);
  });

  it('does not bother about less than a quarter of a percent', () => {
    // Of 3.9975 GiB: 10.23 MiB. Its maximum is 2.56 MiB away.
    expect(decide(30, { actual: 3.9975 * GiB })).toBeUndefined();
  });
});

it('counts buffers and page cache of the host as free', () => {
  const guests = [{ free: 3 * GiB }];
  const world = { total: 100 * GiB, available: 50 * GiB, guests };
  // 6 + 6 + 7 = 19 %, 6 + 6 + 8 = 20 %.
  expect(targets(mom.decide([look({ ...world, free: [6 * GiB, 6 * GiB, 7 * GiB] })], settings))).not.toEqual({});
  expect(targets(mom.decide([look({ ...world, free: [6 * GiB, 6 * GiB, 8 * GiB] })], settings))).toEqual({});
});

describe('means', () => {
  const at = (second: number, percent: number, given: Given) =>
    look({ total: 100 * GiB, available: percent * GiB, free: [percent * GiB, 0, 0], guests: [given] }, second);

  it('are of the last ten looks', () => {
    // 5 × 30 % and 5 × 14 % are 22 %: no pressure; the look before the ten would make it 20.9 %, with 10 %.
    const looks = [10, 30, 30, 30, 30, 30, 14, 14, 14, 14, 14].map((percent, index) =>
      at(index, percent, { actual: 2 * GiB, free: GiB }),
    );
    expect(targets(mom.decide(looks, settings))['web-1']).toBeGreaterThan(2 * GiB);
    // 4 × 30 % and 6 × 10 % are 18 %.
    const later = [30, 30, 30, 30, 10, 10, 10, 10, 10, 10].map((percent, index) =>
      at(index, percent, { actual: 2 * GiB, free: GiB }),
    );
    expect(targets(mom.decide(later, settings))['web-1']).toBe(pages(1.9 * GiB));
  });

  it('are of what the guest used, too', () => {
    // Used 3 and 3.6 GiB, 3.3 on average: floor = 3.3 + 0.1·4 = 3.7, so 3.8 GiB; of the last alone 4 GiB: nothing.
    const looks = [at(0, 10, { free: GiB, available: 3 * GiB }), at(1, 10, { free: 0.4 * GiB, available: 3 * GiB })];
    expect(targets(mom.decide(looks, settings))['web-1']).toBe(pages(3.8 * GiB));
    expect(targets(mom.decide(looks.slice(1), settings))).toEqual({});
  });

  it('leave out what was stale', () => {
    const looks = [
      at(0, 10, { free: GiB, available: 3 * GiB, age: 60 }),
      at(1, 10, { free: 0.4 * GiB, available: 3 * GiB }),
    ];
    expect(targets(mom.decide(looks, settings))).toEqual({});
  });
});
