import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { choosePoints, mostPoints } from '../../../src/export/report/choose.ts';
import { extreme, gapsOf, moved, readTrack, spellsAbove, type Track } from '../../../src/export/report/track.ts';
import type { Headline } from '../../../src/recording/headline.ts';
import { headlineTape } from './tapes.ts';

const trackOf = (headlines: readonly Headline[]): Track => readTrack(headlineTape(headlines), 0, headlines.length - 1);

const times = (...all: number[]): Float64Array => Float64Array.from(all);

describe('the track', () => {
  test('has every headline of a stretch, however long; what is absent is not a number', () => {
    const headlines = Array.from(
      { length: 10_000 },
      (_, time): Headline => ({
        time,
        ...(time % 2 === 0 ? { mem_available: time * 10 } : {}),
      }),
    );
    const track = readTrack(headlineTape(headlines), 3, 9998);
    expect(track.time).toHaveLength(9996);
    expect([track.time[0], track.time.at(-1)]).toEqual([3, 9998]);
    expect(track.columns.mem_available[1]).toBe(40);
    expect(track.columns.mem_available[0]).toBeNaN();
    expect(track.columns.mem_available.at(-1)).toBe(99_980);
  });

  test('extremes pass over what is unknown', () => {
    const column = times(Number.NaN, 5, 2, Number.NaN, 9);
    expect([extreme(column, 1), extreme(column, -1)]).toEqual([4, 2]);
    expect(extreme(column, 1, 0, 3)).toBe(1);
    expect(extreme(times(Number.NaN), 1)).toBeUndefined();
  });
});

describe('gaps', () => {
  test('are pauses far longer than those around them', () => {
    expect(gapsOf(times(0, 1, 2, 3, 60, 61, 62))).toEqual([{ from: 3, to: 60, index: 4 }]);
  });

  test('a late sample, or another delay from there on, is none', () => {
    expect(gapsOf(times(0, 1, 2, 5, 6, 7))).toEqual([]);
    expect(gapsOf(times(0, 1, 2, 3, 13, 23, 33, 43))).toEqual([]);
  });

  test('a clock that was set back is none', () => {
    expect(gapsOf(times(100, 101, 102, 50, 51, 52))).toEqual([]);
  });
});

describe('what was swapped', () => {
  test('is the rate of each sample over the time before it', () => {
    const track = trackOf([{ time: 0, swap_in: 1000 }, { time: 2, swap_in: 10 }, { time: 3, swap_in: 5 }, { time: 4 }]);
    expect(moved(track, 'swap_in')).toBe(25);
    expect(moved(track, 'swap_out')).toBeUndefined();
  });
});

describe('spells', () => {
  const waits = [0, 0.2, 0.3, 0, 0.5, 0.5, 0.5, 0].map((part, time): Headline => ({ time, psi_mem_some_avg10: part }));

  test('are told by their sum and the longest on end', () => {
    const track = trackOf(waits);
    expect(spellsAbove(track, 'psi_mem_some_avg10', 0.1, [])).toEqual({ total: 5, longest: { from: 4, seconds: 3 } });
    expect(spellsAbove(track, 'psi_mem_some_avg10', 0.6, []).total).toBe(0);
  });

  test('end at a gap', () => {
    const track = trackOf(waits);
    expect(spellsAbove(track, 'psi_mem_some_avg10', 0.1, [{ from: 5, to: 6, index: 6 }])).toEqual({
      total: 4,
      longest: { from: 1, seconds: 2 },
    });
  });
});

describe('points', () => {
  test('are all samples where they are few', () => {
    expect(choosePoints(trackOf([{ time: 1 }, { time: 2 }, { time: 3 }]), [])).toEqual([0, 1, 2]);
  });

  test('keep every extreme, the ends, the edges of gaps, and guests that were there for a moment', () => {
    const headlines = Array.from(
      { length: 50_000 },
      (_, at): Headline => ({
        time: at < 30_000 ? at : at + 5000,
        mem_available: at === 12_345 ? 1 : 1000,
        psi_mem_some_avg10: at === 23_456 ? 0.9 : 0,
        swap_in: 0,
        swap_out: at === 34_567 ? 99 : 0,
        guests: at === 40_001 ? 3 : 2,
      }),
    );
    const track = trackOf(headlines);
    const points = choosePoints(track, gapsOf(track.time));
    for (const at of [0, 12_345, 23_456, 34_567, 29_999, 30_000, 40_000, 40_001, 49_999]) expect(points).toContain(at);
    expect(points.length).toBeLessThan(mostPoints + 300);
  });

  test('ascend, are of the track, and never too many, whatever it is like', () => {
    const headline = fc.record(
      { time: fc.integer({ min: 0, max: 1e6 }), mem_available: fc.nat(), guests: fc.nat({ max: 3 }) },
      { requiredKeys: ['time'] },
    );
    fc.assert(
      fc.property(fc.array(headline, { minLength: mostPoints, maxLength: mostPoints * 3 }), headlines => {
        const track = trackOf(headlines);
        const points = choosePoints(track, gapsOf(track.time));
        const gaps = gapsOf(track.time).length;
        expect(points[0]).toBe(0);
        expect(points.at(-1)).toBe(headlines.length - 1);
        for (const [at, point] of points.entries()) expect(point).toBeGreaterThan(points[at - 1] ?? -1);
        expect(points.length).toBeLessThanOrEqual(mostPoints + 600 + 2 * gaps + 2);
      }),
      { numRuns: 20 },
    );
  });
});
