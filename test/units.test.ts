import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatRatio,
  GiB,
  longBytes,
  MiB,
  parseBytes,
  parseSeconds,
  parseTarget,
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
