import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { tick, timeTicks, told } from '../../../src/export/report/browser/axes.ts';
import { fill, stack } from '../../../src/export/report/browser/stack.ts';
import { clock, day, isSameDay, stamp, zoneName } from '../../../src/export/report/clock.ts';
import { showSizesIn } from '../../../src/units.ts';

describe('ticks', () => {
  afterEach(() => showSizesIn('binary'));

  test('are as short as they can be', () => {
    const GiB = 1024 ** 3;
    expect([0, GiB, 1.5 * GiB, 64 * GiB, 100 * 1024].map(bytes => tick(bytes, 'bytes'))).toEqual([
      '0',
      '1G',
      '1.5G',
      '64G',
      '100K',
    ]);
    expect([0.01, 0.025, 0.2, 1].map(ratio => tick(ratio, 'ratio'))).toEqual(['1%', '2.5%', '20%', '100%']);
    expect(tick(GiB, 'bytes_per_second')).toBe('1G/s');
    showSizesIn('decimal');
    expect([1e9, 2.5e9, 2e4].map(bytes => tick(bytes, 'bytes'))).toEqual(['1GB', '2.5GB', '20kB']);
  });

  test('values are told with three digits, what is unknown by a dash', () => {
    expect([told(1024, 'bytes'), told(0.123, 'ratio'), told(0, 'bytes_per_second')]).toEqual(['1.00K', '12%', '0B/s']);
    expect([told(null, 'bytes'), told(undefined, 'ratio')]).toEqual(['–', '–']);
  });

  test('of times have seconds where they are near, and the day where it changes', () => {
    const midnight = Date.UTC(2026, 10, 24) / 1000;
    expect(timeTicks([midnight - 60, midnight], 60, 0, true)).toEqual(['23:59\nMon 23 Nov', '00:00\nTue 24 Nov']);
    expect(timeTicks([midnight - 3600, midnight - 3590], 10, 3600, false)).toEqual(['00:00:00', '00:00:10']);
    expect(timeTicks([midnight], 86_400, 0, true)).toEqual(['Tue 24 Nov']);
  });
});

describe('times', () => {
  test('are those of the place where the report was made', () => {
    const time = Date.UTC(2026, 10, 23, 23, 30, 5) / 1000;
    expect([clock(time, 0), clock(time, 3600), clock(time, -5400, false)]).toEqual(['23:30:05', '00:30:05', '22:00']);
    expect([day(time, 0), day(time, 3600, true)]).toEqual(['Mon 23 Nov', 'Tue 24 Nov 2026']);
    expect([zoneName(0), zoneName(5.5 * 3600), zoneName(-3600)]).toEqual(['UTC+00:00', 'UTC+05:30', 'UTC-01:00']);
    expect([isSameDay(time, time + 3600, 0), isSameDay(time, time + 3600, 3600)]).toEqual([false, true]);
    expect(stamp(time, { offset: 0, isLong: true })).toBe('Mon 23 Nov, 23:30:05');
  });
});

describe('stacked areas', () => {
  const values = fc.array(fc.option(fc.integer({ min: 0, max: 1e9 })), { minLength: 5, maxLength: 5 });

  test('each is itself and all shown below it; where one is unknown, all are', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(values, fc.boolean()), { minLength: 1, maxLength: 6 }), lines => {
        const shown = lines.map(([, isShown]) => isShown);
        const stacked = stack(
          lines.map(([column]) => column),
          shown,
        );
        for (let point = 0; point < 5; point++) {
          const parts = lines.filter(([, isShown]) => isShown).map(([column]) => column[point] ?? null);
          for (const [at] of lines.entries()) {
            const below = lines.slice(0, at + 1).filter(([, isShown]) => isShown);
            const sum = below.reduce((total, [column]) => total + (column[point] ?? 0), 0);
            expect(stacked[at]?.[point]).toBe(!shown[at] || parts.includes(null) ? null : sum);
          }
        }
      }),
    );
  });

  test('a line that begins late and ends early is unknown before and after', () => {
    expect(fill([1, null, 3], 1, 10, 6)).toEqual([null, 10, null, 30, null, null]);
  });
});
