import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UsageError } from '../../../src/programs/options.ts';
import { parseKeep } from '../../../src/programs/record/keep.ts';
import { GiB, MiB } from '../../../src/units.ts';

test.each([
  ['500M', { bytes: 500 * MiB }],
  ['1.5G', { bytes: 1.5 * GiB }],
  ['2GiB', { bytes: 2 * GiB }],
  ['2d', { seconds: 172_800 }],
  ['90s', { seconds: 90 }],
  ['12h', { seconds: 43_200 }],
  ['500M,2d', { bytes: 500 * MiB, seconds: 172_800 }],
  ['2d, 500M', { bytes: 500 * MiB, seconds: 172_800 }],
])('%s', (text, keep) => expect(parseKeep(text)).toEqual(keep));

test('what could be minutes or MiB is asked for again', () => {
  expect(() => parseKeep('500m')).toThrow(
    new UsageError('--keep 500m could be minutes or MiB: write 500M, or hours as 0.5h'),
  );
});

test.each(['', '500', '0M', '10K', '59s', '-2d', 'much', '2d,', '1e9G', '100ms', '1..2h', 'x\u001b[2J'])(
  '%j is wrong usage',
  text => expect(() => parseKeep(text)).toThrow(/^--keep takes a size from 1.00M on[^\u001b]*$/),
);

test('whatever is typed is a limit above the least or wrong usage', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.,smhdMGTib ]{0,8}$/)), text => {
      try {
        const { bytes, seconds } = parseKeep(text);
        expect(bytes ?? seconds).toBeDefined();
        expect(bytes ?? MiB).toBeGreaterThanOrEqual(MiB);
        expect(seconds ?? 60).toBeGreaterThanOrEqual(60);
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
      }
    }),
  );
});
