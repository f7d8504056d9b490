import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatMoment, isMoment, parseMoment } from '../../src/recording/moment.ts';

const at = (iso: string): number => Date.parse(iso) / 1000;
const span = (from: string, to: string) => ({ from: at(from), to: at(to) });
const hour = span('2027-01-15T08:00:00Z', '2027-01-15T09:00:00Z');
const night = span('2027-01-15T22:00:00Z', '2027-01-16T06:00:00Z');

describe('ISO 8601', () => {
  test.each([
    ['2027-01-15T08:00:02Z', '2027-01-15T08:00:02Z'],
    ['2027-01-15T08:00:02.250Z', '2027-01-15T08:00:02.250Z'],
    ['2027-01-15T08:00:02+01:30', '2027-01-15T06:30:02Z'],
    ['2027-01-15T08:00-0800', '2027-01-15T16:00:00Z'],
    ['2027-01-15 08:00', '2027-01-15T08:00:00Z'],
    ['2027-01-15', '2027-01-15T00:00:00Z'],
  ])('%s', (text, iso) => expect(parseMoment(text, hour)).toBe(at(iso)));

  test('every moment that is printed is read', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true }), date => {
        expect(parseMoment(date.toISOString(), hour)).toBeCloseTo(date.getTime() / 1000, 3);
      }),
    );
  });
});

describe('a time of day', () => {
  test.each([
    ['08:30', hour, '2027-01-15T08:30:00Z'],
    ['8:30:15.5', hour, '2027-01-15T08:30:15.500Z'],
    // Before the start and after the end, of the same day: all, or nothing left out.
    ['07:00', hour, '2027-01-15T07:00:00Z'],
    ['12:00', hour, '2027-01-15T12:00:00Z'],
    ['23:00', hour, '2027-01-15T23:00:00Z'],
    ['03:00', span('2027-01-15T21:00:00Z', '2027-01-15T22:00:00Z'), '2027-01-15T03:00:00Z'],
    ['23:30', night, '2027-01-15T23:30:00Z'],
    ['05:00', night, '2027-01-16T05:00:00Z'],
    ['21:00', night, '2027-01-15T21:00:00Z'],
    ['07:00', night, '2027-01-16T07:00:00Z'],
    // Of several the last.
    ['12:00', span('2027-01-12T00:00:00Z', '2027-01-15T13:00:00Z'), '2027-01-15T12:00:00Z'],
    ['14:00', span('2027-01-12T00:00:00Z', '2027-01-15T13:00:00Z'), '2027-01-14T14:00:00Z'],
  ])('%s', (text, recording, iso) => expect(parseMoment(text, recording)).toBe(at(iso)));

  test('is in the recording whenever it can be', () => {
    fc.assert(
      fc.property(fc.nat(4e9), fc.nat(3e5), fc.double({ min: 0, max: 1, noNaN: true }), (from, length, where) => {
        const moment = Math.floor(from + length * where);
        const found = parseMoment(new Date(moment * 1000).toISOString().slice(11, 19), { from, to: from + length });
        expect(found).toBeGreaterThanOrEqual(moment);
        expect(found).toBeLessThanOrEqual(from + length);
        expect((found ?? 0) % 86_400).toBe(moment % 86_400);
      }),
    );
  });
});

describe('elsewhere than at UTC', () => {
  const zone = process.env['TZ'];
  beforeEach(() => {
    process.env['TZ'] = 'Europe/Berlin';
  });
  afterEach(() => {
    process.env['TZ'] = zone;
  });

  test('what names no zone is local time', () => {
    expect(parseMoment('2027-01-15T08:00', hour)).toBe(at('2027-01-15T07:00:00Z'));
    expect(parseMoment('2027-01-15T08:00Z', hour)).toBe(at('2027-01-15T08:00:00Z'));
    expect(parseMoment('09:30', hour)).toBe(at('2027-01-15T08:30:00Z'));
  });

  test('an hour that the clocks leave out is the one after it', () => {
    expect(parseMoment('2027-03-28T02:30', hour)).toBe(at('2027-03-28T01:30:00Z'));
    expect(parseMoment('2027-03-28T02:30Z', hour)).toBe(at('2027-03-28T02:30:00Z'));
  });
});

test('a moment is written as it is read', () => {
  expect(formatMoment(at('2027-01-05T08:00:02Z'))).toBe('2027-01-05 08:00:02');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: at('9999-12-31T23:59:59Z') }), seconds => {
      expect(parseMoment(formatMoment(seconds), hour)).toBe(seconds);
    }),
  );
});

test('a moment is from 1970 on, and of a year that has four digits', () => {
  expect([0, at('9999-12-31T23:59:59.999Z')].map(isMoment)).toEqual([true, true]);
  expect([-0.001, at('9999-12-31T23:59:59Z') + 1, Number.NaN].map(isMoment)).toEqual([false, false, false]);
});

test('so long before the end', () => {
  expect(parseMoment('-10m', hour)).toBe(hour.to - 600);
  expect(parseMoment(' -1.5h ', hour)).toBe(hour.to - 5400);
  expect(parseMoment('-0', hour)).toBe(hour.to);
  expect(parseMoment('-99999999d', hour)).toBe(0);
});

test.each(['', '-', '10m', '8', '25:00', '08:60', '08:00:60', '2027-02-30', '2027-13-01', '2027-01-15T', '1969-01-01'])(
  '%j is no moment',
  text => expect(parseMoment(text, hour)).toBeUndefined(),
);

test('whatever is typed is a moment or none, never NaN', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+0-9:TZ. mhd]{0,30}$/)), text => {
      const moment = parseMoment(text, night);
      expect(moment === undefined || Number.isFinite(moment)).toBe(true);
    }),
  );
});
