import { expect, it } from 'vitest';
import { isAdviceDue, turnBegin } from '../../src/policy/advisor.ts';
import type { HostSample, Sample } from '../../src/sample.ts';
import { guest, sample } from '../samples.ts';

const start = 1_800_000_000;

/** A look of which all was read that rules need, or not. */
const at = (seconds: number, host: HostSample = { sysctls: {} }, guests: Sample['guests'] = []): Sample =>
  sample({ time: start + seconds, host, guests });

it('an advisor looks once in each five seconds of the wall clock, so that a recording tells what was told live', () => {
  expect([0, 4.9, 5, 9, 10].map(seconds => turnBegin(start + seconds) - start)).toEqual([0, 0, 5, 5, 10]);
  const due = (last: number | undefined, now: number): boolean =>
    isAdviceDue(last === undefined ? undefined : start + last, at(now - 1), at(now));
  expect(due(undefined, 3)).toBe(true);
  expect(due(0, 4)).toBe(false);
  expect(due(4, 5)).toBe(true);
  expect(due(4, 60)).toBe(true);
  // A clock that was put back.
  expect(due(7, 2)).toBe(true);
});

it('an advisor looks only where this look and the one before it have what rules need', () => {
  const bare = at(0, {});
  expect(isAdviceDue(undefined, undefined, at(1))).toBe(false);
  expect(isAdviceDue(undefined, bare, at(1))).toBe(false);
  expect(isAdviceDue(undefined, at(0), { ...bare, time: start + 1 })).toBe(false);
  const unread = guest({ id: '1.1' });
  const read = guest({ id: '2.1', process: { stat: { majflt: 1 } } });
  const due = (...guests: Sample['guests']): boolean => isAdviceDue(undefined, at(0), at(1, { sysctls: {} }, guests));
  expect(due(unread)).toBe(false);
  // One that can't be read, or has just ended, does not keep the others from being looked at.
  expect(due(unread, read)).toBe(true);
});
