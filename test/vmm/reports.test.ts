import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BalloonSample, BalloonStats } from '../../src/sample.ts';
import { withSize } from '../../src/vmm/reports.ts';

const report = (lastUpdate: number): BalloonStats => ({ lastUpdate, values: {} });
const balloonOf = (actual: number, stats?: BalloonStats): BalloonSample => ({
  device: true,
  actual,
  ...(stats ? { stats } : {}),
});

describe('the size at a report', () => {
  it('is as now for the first one, and where nothing moves', () => {
    expect(withSize(undefined, report(1), 7)).toEqual(report(1));
    expect(withSize(balloonOf(7, report(1)), report(2), 7)).toEqual(report(2));
    expect(withSize(balloonOf(7), undefined, 7)).toBeUndefined();
  });

  it('is the larger one while the balloon moves', () => {
    expect(withSize(balloonOf(9, report(1)), report(2), 7)).toEqual({ ...report(2), actual: 9 });
    expect(withSize(balloonOf(7, report(1)), report(2), 9)).toEqual(report(2));
  });

  it('stays what it was for a report that is known already', () => {
    const first = withSize(balloonOf(9, report(1)), report(1), 7);
    expect(first).toEqual({ ...report(1), actual: 9 });
    expect(withSize(balloonOf(7, first), report(1), 5)).toEqual({ ...report(1), actual: 9 });
    expect(withSize(balloonOf(5, first), report(2), 5)).toEqual(report(2));
  });

  it('comes with the very report that is known, where it says the same', () => {
    const known = { ...report(1), values: { free: 5, total: 7 } };
    const again = { lastUpdate: 1, values: { free: 5, total: 7 } };
    expect(withSize(balloonOf(7, known), again, 7)).toBe(known);
    expect(withSize(balloonOf(7, known), { ...again, values: { free: 6, total: 7 } }, 7)).toEqual({
      lastUpdate: 1,
      values: { free: 6, total: 7 },
    });
    expect(withSize(balloonOf(7, known), { ...again, values: { free: 5 } }, 7)?.values).toEqual({ free: 5 });
    expect(withSize(balloonOf(9, known), again, 7)).toEqual({ ...again, actual: 9 });
    expect(withSize(balloonOf(7, known), { ...again, lastUpdate: 2 }, 7)?.lastUpdate).toBe(2);
  });

  it('is never below the size when the guest reported, however looks and reports follow each other', () => {
    const moment = fc.record({ actual: fc.nat(20), reports: fc.boolean() });
    fc.assert(
      fc.property(fc.array(moment, { minLength: 2 }), moments => {
        let last: BalloonSample | undefined;
        let stats: BalloonStats | undefined;
        let truth = 0;
        for (const [at, { actual, reports }] of moments.entries()) {
          // The balloon moves in one go between two looks, and the guest reports before or after it.
          if (reports) {
            stats = report(at + 1);
            truth = at % 2 === 0 ? actual : (last?.actual ?? actual);
          }
          const seen = withSize(last, stats, actual);
          if (seen) expect(seen.actual ?? actual).toBeGreaterThanOrEqual(truth);
          last = balloonOf(actual, seen);
        }
      }),
    );
  });
});
