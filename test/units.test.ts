import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  exactBytes,
  format,
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatRatio,
  GiB,
  longBytes,
  longExactBytes,
  MiB,
  parseBytes,
  parseSeconds,
  parseTarget,
  showSizesIn,
  sizesShownIn,
  sizeUnits,
  sizeWidth,
  type Unit,
} from '../src/units.ts';

describe('sizes', () => {
  it.each([
    [0, '0B'],
    [999, '999B'],
    [1000, '0.98K'],
    [1024, '1.00K'],
    [1536 * MiB, '1.50G'],
    [999.4, '999B'],
    [999.5, '0.98K'],
    [9.994 * 1024, '9.99K'],
    [9.995 * 1024, '10.0K'],
    [99.94 * 1024, '99.9K'],
    [99.95 * 1024, '100K'],
    [999.6 * GiB, '0.98T'],
    [12_345 * 1024 ** 6, '12345E'],
    [Number.POSITIVE_INFINITY, '–'],
    [-20 * MiB, '-20.0M'],
    [undefined, '–'],
    [Number.NaN, '–'],
  ])('%s bytes are written %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('take at most five columns, and read back to within half of their last digit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 52 }), bytes => {
        const text = formatBytes(bytes);
        expect(text.length).toBeLessThanOrEqual(5);
        const back = parseBytes(text);
        expect(back).toBeDefined();
        expect(Math.abs((back ?? 0) - bytes)).toBeLessThanOrEqual(Math.max(1, bytes * 0.006));
      }),
    );
  });

  it('are told in words with their unit', () => {
    expect(longBytes(2 * GiB)).toBe('2.00 GiB');
    expect(longBytes(12)).toBe('12 B');
    expect(longBytes(undefined)).toBe('–');
    expect(longBytes(Number.NaN)).toBe('–');
  });

  it('that are exact end at the largest unit', () => {
    expect([0, 1024 ** 6, 5 * 1024 ** 7].map(exactBytes)).toEqual(['0B', '1E', '5120E']);
  });

  it.each<[string, number | undefined]>([
    ['2G', 2 * GiB],
    ['1.5 GiB', 1.5 * GiB],
    ['512', 512 * MiB],
    ['512m', 512 * MiB],
    ['7B', 7],
    ['7 kb', 7 * 1024],
    ['', undefined],
    ['G', undefined],
    ['1.2.3G', undefined],
    ['-1G', undefined],
    ['1e3', undefined],
    [' 3 T ', 3 * 1024 ** 4],
    ['.5k', 512],
    ['1.5b', 2],
    ['1p', 1024 ** 5],
    ['1Kx', undefined],
    ['x1K', undefined],
    ['1. K', undefined],
    [String(Number.MAX_SAFE_INTEGER) + 'b', Number.MAX_SAFE_INTEGER],
    ['9007199254740992b', undefined],
    ['99999999P', undefined],
  ])('%j is read as %s', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it('are never read as anything but whole bytes or nothing', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        const bytes = parseBytes(text);
        if (bytes !== undefined) expect(Number.isSafeInteger(bytes) && bytes >= 0).toBe(true);
      }),
    );
  });
});

describe.each(sizeUnits)('%s sizes', units => {
  afterEach(() => showSizesIn('binary'));

  const step = units === 'binary' ? 1024 : 1000;
  const cells = units === 'binary' ? ['B', 'K', 'M', 'G', 'T', 'P', 'E'] : ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  const words = units === 'binary' ? ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] : cells;

  /** What a text says: its number, how many digits stand behind its point, and the bytes of its unit. */
  const readAs = (text: string, of: readonly string[]) => {
    const [, number = '', fraction = '', unit = ''] = /^(-?\d+(?:\.(\d+))?) ?([A-Za-z]+)$/.exec(text) ?? [];
    const power = of.indexOf(unit);
    expect(power, text).toBeGreaterThanOrEqual(0);
    return { bytes: Number(number) * step ** power, half: (0.5 * step ** power) / 10 ** fraction.length };
  };

  const anySize = fc.oneof(
    fc.maxSafeNat(),
    fc.nat({ max: 3000 }),
    // Around the ends of each unit, where rounding goes wrong first.
    fc
      .tuple(
        fc.nat({ max: 5 }),
        fc.constantFrom(0.995, 9.995, 99.95, 999.5, 1000, 1023.5, 1024),
        fc.integer({ min: -3, max: 3 }),
      )
      .map(([power, value, off]) => Math.max(0, Math.round(value * step ** power) + off))
      .filter(bytes => bytes <= Number.MAX_SAFE_INTEGER),
  );

  it('are the whole process’s choice', () => {
    showSizesIn(units);
    expect(sizesShownIn()).toBe(units);
    expect(formatBytes(2 * GiB)).toBe(units === 'binary' ? '2.00G' : '2.15GB');
    expect(longBytes(2 * GiB)).toBe(units === 'binary' ? '2.00 GiB' : '2.15 GB');
    expect(longBytes(-512 * 1024)).toBe(units === 'binary' ? '-512 KiB' : '-524 kB');
    expect(formatBytes(undefined)).toBe('–');
  });

  it('are rounded to the nearest that can be written, in three digits', () => {
    showSizesIn(units);
    fc.assert(
      fc.property(anySize, bytes => {
        for (const [text, of] of [
          [formatBytes(bytes), cells],
          [longBytes(bytes), words],
        ] as const) {
          const { bytes: back, half } = readAs(text, of);
          // A millionth for the arithmetic of floating point.
          expect(Math.abs(back - bytes), text).toBeLessThanOrEqual(half * (1 + 1e-6));
          expect(text.replace(/\D/g, '').replace(/^0/, '').length, text).toBeLessThanOrEqual(3);
        }
      }),
    );
  });

  it('that are larger never look smaller', () => {
    showSizesIn(units);
    fc.assert(
      fc.property(anySize, anySize, (a, b) => {
        const [small, large] = a < b ? [a, b] : [b, a];
        expect(readAs(formatBytes(small), cells).bytes).toBeLessThanOrEqual(readAs(formatBytes(large), cells).bytes);
      }),
    );
  });

  it('never take more columns than were said, one more for a sign', () => {
    showSizesIn(units);
    fc.assert(
      fc.property(anySize, bytes => {
        expect(formatBytes(bytes).length).toBeLessThanOrEqual(sizeWidth());
        expect(formatBytes(-bytes).length).toBeLessThanOrEqual(sizeWidth() + 1);
      }),
    );
  });

  it('that are typed, and names of page sizes, are binary and exact all the same', () => {
    showSizesIn(units);
    expect([2 * MiB, GiB, 1536 * 1024, 1000].map(exactBytes)).toEqual(['2M', '1G', '1536K', '1000B']);
    expect([2 * MiB, GiB, 1000].map(longExactBytes)).toEqual(['2 MiB', '1 GiB', '1000 B']);
    expect(parseBytes('2GB')).toBe(2 * GiB);
    fc.assert(
      fc.property(anySize, bytes => {
        expect(parseBytes(exactBytes(bytes))).toBe(bytes);
      }),
    );
  });
});

it('no binary size can be taken for a decimal one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 2 ** 52 }), bytes => {
      const binary = [formatBytes(bytes), longBytes(bytes)];
      showSizesIn('decimal');
      const decimal = [formatBytes(bytes), longBytes(bytes)];
      showSizesIn('binary');
      for (const text of binary) expect(text).toMatch(/(\d[KMGTP]| [KMGTP]iB)$/);
      for (const text of decimal) expect(text).toMatch(/[kMGTP]B$/);
      expect(decimal.some(text => text.endsWith('iB'))).toBe(false);
    }),
  );
});

describe('a target', () => {
  it.each<[string, number | undefined]>([
    ['2G', 2 * GiB],
    ['+512M', 3.5 * GiB],
    ['-25%', 2.25 * GiB],
    ['50%', 2 * GiB],
    ['max', 4 * GiB],
    ['maximum', 4 * GiB],
    [' MAX ', 4 * GiB],
    ['maxi', undefined],
    ['amax', undefined],
    ['+ 512M', 3.5 * GiB],
    ['-1G', 2 * GiB],
    [' 12.5 % ', GiB / 2],
    ['+10%', Math.round(3.3 * GiB)],
    ['1%x', undefined],
    ['x1%', undefined],
    ['5.%', undefined],
    ['more', undefined],
    ['+', undefined],
    ['%', undefined],
  ])('%j, of 3 GiB now and 4 GiB at most, is %s', (text, bytes) => {
    expect(parseTarget(text, 3 * GiB, 4 * GiB)).toBe(bytes);
  });

  it('up and down by as much ends where it began', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: 1, max: 4096 }), (now, step) => {
        const up = parseTarget(`+${step}M`, now, 2 ** 45) ?? Number.NaN;
        expect(parseTarget(`-${step}M`, up, 2 ** 45)).toBe(now);
      }),
    );
  });
});

describe('the rest', () => {
  it.each<[string, number | undefined]>([
    ['2', 2],
    ['500ms', 0.5],
    ['.5', 0.5],
    ['5m', 300],
    ['2h', 7200],
    ['1d', 86_400],
    [' 1.25 s ', 1.25],
    ['10s', 10],
    ['1.5.2s', undefined],
    ['5 minutes', undefined],
    ['x5', undefined],
    ['s', undefined],
    ['', undefined],
    ['soon', undefined],
    ['-1', undefined],
  ])('the time %j is %s seconds', (text, seconds) => {
    expect(parseSeconds(text)).toBe(seconds);
  });

  it.each<[number | undefined, string]>([
    [0, '0s'],
    [0.04, '0.0s'],
    [0.5, '0.5s'],
    [9, '9s'],
    [9.5, '9.5s'],
    [10.5, '10s'],
    [59.9, '59s'],
    [60, '1m00'],
    [200, '3m20'],
    [3599.9, '59m59'],
    [3600, '1h00'],
    [18_420, '5h07'],
    [86_399, '23h59'],
    [86_400, '1d0h'],
    [12 * 86_400 + 3 * 3600 + 3599, '12d3h'],
    [-200, '-3m20'],
    [Number.POSITIVE_INFINITY, '–'],
    [undefined, '–'],
  ])('%s seconds are written %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it.each<[number | undefined, string]>([
    [0, '0'],
    [0.004, '0.00'],
    [0.82, '0.82'],
    [9.994, '9.99'],
    [9.995, '10.0'],
    [99.94, '99.9'],
    [99.95, '100'],
    [100.5, '101'],
    [99_999, '99999'],
    [99_999.4, '99999'],
    [99_999.5, '100k'],
    [100_000, '100k'],
    [999_499, '999k'],
    [999_500, '1.00M'],
    [1.16e6, '1.16M'],
    [9.994e6, '9.99M'],
    [9.996e6, '10.0M'],
    [99.96e6, '100M'],
    [999.6e6, '1.00G'],
    [12.34e9, '12.3G'],
    [999.6e9, '1.00T'],
    [12_345e12, '12345T'],
    [-12_345, '-12345'],
    [-0.5, '-0.50'],
    [Number.NaN, '–'],
    [undefined, '–'],
  ])('the count %s is written %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });

  it.each<[number | undefined, string]>([
    [0, '0.0%'],
    [0.0123, '1.2%'],
    [0.0994, '9.9%'],
    [0.0995, '10%'],
    [0.123, '12%'],
    [1, '100%'],
    [-0.0123, '-1.2%'],
    [-0.5, '-50%'],
    [Number.NaN, '–'],
    [undefined, '–'],
  ])('the ratio %s is written %s', (ratio, text) => {
    expect(formatRatio(ratio)).toBe(text);
  });

  it('counts stay within five columns', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e14, noNaN: true }), count => {
        expect(formatCount(count).length).toBeLessThanOrEqual(5);
      }),
    );
  });

  it.each<[number | undefined, Unit, string]>([
    [2 * GiB, 'bytes', '2.00G'],
    [0, 'bytes', '0B'],
    [2 * GiB, 'bytes_per_second', '2.00G'],
    [0, 'bytes_per_second', '0'],
    [200, 'seconds', '3m20'],
    [0.5, 'ratio', '50%'],
    [50, 'percent', '50%'],
    [0.5, 'count', '0.50'],
    [0.5, 'per_second', '0.50'],
    [undefined, 'bytes_per_second', '–'],
  ])('%s in %s is %s', (value, unit, text) => {
    expect(format(value, unit)).toBe(text);
  });

  it('the time of day has two digits for each part', () => {
    expect(formatClock(1_800_000_000)).toBe('08:00:00');
  });
});
