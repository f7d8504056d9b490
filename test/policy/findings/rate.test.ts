import { expect, it } from 'vitest';
import { earlierLook, meanRate, perSecond } from '../../../src/policy/findings/rate.ts';
import { idleHost, later } from './looks.ts';

const first = idleHost();
const at = (...seconds: readonly number[]) => seconds.map(second => later(first, second));

/** Of looks at these seconds, the one that the last is compared with. */
const against = (...seconds: readonly number[]): number | undefined => {
  const from = earlierLook(at(...seconds))?.sample.monotonic;
  return from === undefined ? undefined : from - first.sample.monotonic;
};

it('a rate is taken over 15 s, or from the look before where that is longer ago', () => {
  expect(against(0, 5, 10)).toBe(0);
  expect(against(0, 5, 10, 15)).toBe(0);
  expect(against(0, 5, 10, 16)).toBe(5);
  expect(against(0, 5, 10, 40)).toBe(10);
  expect(against(0)).toBeUndefined();
  expect(against()).toBeUndefined();
});

it('a rate is what a counter grew by, for each second between these looks', () => {
  const totals = new Map(
    [0, 5, 10, 20].map((second, index) => [first.sample.monotonic + second, [7, 100, 130, 160][index]]),
  );
  const rate = (...seconds: readonly number[]) =>
    meanRate(at(...seconds), ({ sample }) => totals.get(sample.monotonic));
  expect(rate(0, 5, 10, 20)).toBe(4);
  expect(rate(0, 10)).toBe(12.3);
  expect(rate(0)).toBeUndefined();
  expect(rate()).toBeUndefined();
  // Not told at one of them.
  expect(rate(0, 6)).toBeUndefined();
  expect(rate(6, 10)).toBeUndefined();
});

it('a counter that stands still has the rate 0; one that was reset, or a clock that did not move, has none', () => {
  const [before, after] = at(0, 10);
  expect(perSecond(before, 5, after!, 5)).toBe(0);
  expect(perSecond(before, 5, after!, 4)).toBeUndefined();
  expect(perSecond(after, 4, after!, 5)).toBeUndefined();
  expect(perSecond(undefined, 4, after!, 5)).toBeUndefined();
});
