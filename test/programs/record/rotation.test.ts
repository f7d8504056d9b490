import { basename } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { nextDue } from '../../../src/programs/due.ts';
import { dayFile, outlived } from '../../../src/programs/record/rotation.ts';

const zone = process.env['TZ'];
afterEach(() => {
  process.env['TZ'] = zone;
});
const at = (iso: string): number => Date.parse(iso) / 1000;

test('the day stands before the extension, and changes at midnight here', () => {
  expect(dayFile('/var/log/kvmtop/host.kvmtop', at('2027-01-15T23:59:59.9Z'))).toBe(
    '/var/log/kvmtop/host-2027-01-15.kvmtop',
  );
  expect(dayFile('a.b/host', at('2027-01-16T00:00:00Z'))).toBe('a.b/host-2027-01-16');
  process.env['TZ'] = 'Asia/Tokyo';
  expect(dayFile('host.kvmtop', at('2027-01-15T23:59:59Z'))).toBe('host-2027-01-16.kvmtop');
  process.env['TZ'] = 'America/New_York';
  expect(dayFile('host.kvmtop', at('2027-01-16T04:59:59Z'))).toBe('host-2027-01-15.kvmtop');
  expect(dayFile('host.kvmtop', at('2027-01-16T05:00:00Z'))).toBe('host-2027-01-16.kvmtop');
});

test('a day’s file goes when all of it is too old, and nothing else ever', () => {
  const old = ['host-2027-01-12.kvmtop', 'host-2027-01-13.kvmtop', 'host-2027-01-14.kvmtop'];
  const others = [
    'host.kvmtop',
    'host-2027-01-12.kvmtop-wal',
    'host-2027-01-12',
    'my-host-2027-01-12.kvmtop',
    'host-2-2027-01-12.kvmtop',
    'host-2027-02-31.kvmtop',
    'host-2027-13-01.kvmtop',
    'host-12.kvmtop',
    'hostX2027-01-12.kvmtop',
  ];
  const names = [...old, ...others];
  const gone = (iso: string) => outlived('/x/host.kvmtop', names, at(iso), 2 * 86_400);
  expect(gone('2027-01-14T23:59:59Z')).toEqual([]);
  expect(gone('2027-01-15T00:00:00Z')).toEqual(['host-2027-01-12.kvmtop']);
  expect(gone('2027-01-17T00:00:00Z')).toEqual(old);
});

test.each(['UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Pacific/Apia'])(
  'what is written now never goes, in %s',
  where => {
    process.env['TZ'] = where;
    fc.assert(
      fc.property(fc.nat(4_000_000_000), fc.integer({ min: 60, max: 1e6 }), (now, seconds) => {
        const name = basename(dayFile('/x/host.kvmtop', now));
        expect(outlived('/x/host.kvmtop', [name], now, seconds)).toEqual([]);
        // Two days and that time later it is gone for sure.
        expect(outlived('/x/host.kvmtop', [name], now + seconds + 172_800, seconds)).toEqual([name]);
      }),
    );
  },
);

test('looks are at whole delays, and each beat is looked at once', () => {
  expect(nextDue(11, 11.08, 1)).toBe(12);
  // The start, or a beat that was missed.
  expect(nextDue(10.2, 10.3, 1)).toBe(11);
  expect(nextDue(10.9, 10.95, 1)).toBe(12);
  // The timer fired early.
  expect(nextDue(10.999, 10.9995, 1)).toBe(12);
  // The look took 3.5 s: what was missed is not made up for.
  expect(nextDue(11, 14.5, 1)).toBe(15);
  // The clock was set back an hour meanwhile.
  expect(nextDue(8600, 5000.5, 1)).toBe(5001);
  expect(nextDue(120, 120.1, 60)).toBe(180);
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 4e9, noNaN: true }),
      fc.double({ min: 0, max: 100, noNaN: true }),
      fc.constantFrom(0.1, 0.25, 1, 5, 60),
      (started, took, delay) => {
        const next = nextDue(started, started + took, delay);
        expect(next - started).toBeGreaterThan(0.49 * delay);
        expect(next - started - took).toBeGreaterThan(-1e-6);
        expect(next - started - took).toBeLessThan(2 * delay);
      },
    ),
  );
});
