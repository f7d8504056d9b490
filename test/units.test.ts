import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  exactBytes,
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
} from '../src/units.ts';

describe('sizes', () => {
  it.each([
    [0, '0B'],
    [999, '999B'],
    [1000, '0.98K'],
    [1024, '1.00K'],
    [1536 * MiB, '1.50G'],
    [999.6 * GiB, '0.98T'],
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
    ['soon', undefined],
    ['-1', undefined],
  ])('the time %j is %s seconds', (text, seconds) => {
    expect(parseSeconds(text)).toBe(seconds);
  });

  it.each([
    [0.5, '0.5s'],
    [59, '59s'],
    [200, '3m20'],
    [18_420, '5h07'],
    [12 * 86_400 + 3 * 3600, '12d3h'],
    [undefined, '–'],
  ])('%s seconds are written %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it('counts and ratios stay within five columns', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e14, noNaN: true }), count => {
        expect(formatCount(count).length).toBeLessThanOrEqual(5);
      }),
    );
    expect([formatRatio(0.123), formatRatio(0.5), formatRatio(undefined)]).toEqual(['12%', '50%', '–']);
    expect([formatRatio(0.0123), formatCount(12_345), formatCount(1.16e6)]).toEqual(['1.2%', '12345', '1.16M']);
  });

  it('the time of day has two digits for each part', () => {
    expect(formatClock(1_800_000_000)).toBe('08:00:00');
  });
});
