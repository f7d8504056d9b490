import { expect, it } from 'vitest';
import type { Model } from '../../src/model.ts';
import { readPolicyEvent, startPilot, steer } from '../../src/policy/pilot.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { GiB } from '../../src/units.ts';
import { look, settings } from './policies/world.ts';

const idle: Policy = {
  id: 'idle',
  title: '',
  help: '',
  every: 5,
  window: 60,
  decide: () => ({ decisions: [], skipped: [] }),
};

const at = (second: number): Model =>
  look({ guests: [{ target: 2 * GiB, stats: { 'stat-swap-in': 5, 'stat-disk-caches': GiB } }] }, second);

const seenAfter = (...seconds: readonly number[]): readonly Model[] => {
  let pilot = startPilot(idle);
  for (const second of seconds) pilot = steer(pilot, at(second), settings).pilot;
  return pilot.seen;
};

it('a pilot keeps Models that are 1.9 s apart or more, and the newest', () => {
  const kept = (...seconds: readonly number[]) => seenAfter(...seconds).map(({ sample }) => sample.monotonic);
  expect(kept(0, 1)).toEqual([0, 1]);
  expect(kept(0, 1.875, 4)).toEqual([0, 4]);
  expect(kept(0, 1.9, 4)).toEqual([0, 1.9, 4]);
  expect(kept(0, 1, 2, 3, 4)).toEqual([0, 2, 4]);
  // The same moment again is no clock that went back.
  expect(kept(0, 2, 4, 4)).toEqual([0, 2, 4, 4]);
});

it('a pilot keeps of the newest all, and of those before it what policies look back at', () => {
  const [before, now] = seenAfter(0, 2);
  expect(now?.guests[0]?.values).toEqual(at(2).guests[0]?.values);
  expect(now?.guests[0]?.totals).toHaveProperty('guest_swap_in', 5);
  expect(before?.guests[0]?.values).toEqual({
    balloon_actual: 4 * GiB,
    balloon_target: 2 * GiB,
    guest_used: 2 * GiB,
    guest_free: 2 * GiB,
    stats_age: 1,
    stats_interval: 2,
    rss_anon: 4 * GiB,
    rss_shmem: 0,
  });
  expect(before?.guests[0]?.totals).toEqual({});
});

it('a round comes with its policy and its time, and none before it is due', () => {
  const first = steer(startPilot(idle), at(0), settings);
  expect(first.round).toBeUndefined();
  expect(steer(first.pilot, at(4.9), settings).round).toBeUndefined();
  const due = steer(first.pilot, at(5), settings);
  expect(due.round).toEqual({ time: at(5).time, policy: 'idle', proposals: [], skipped: [] });
  expect(due.pilot.decided).toBe(5);
});

it('a policy event is read with any of its outcomes, and not without its policy, subject or text', () => {
  const event = { time: 1, policy: 'kvmtop', subject: 'web-1', outcome: 'asked', text: 'Shrink' };
  for (const outcome of ['would', 'asked', 'refused', 'failed', 'skipped', 'arrived', 'stalled', 'started', 'ended'])
    expect(readPolicyEvent({ ...event, outcome })).toEqual({ ...event, outcome });
  for (const key of Object.keys(event)) {
    expect(readPolicyEvent({ ...event, [key]: undefined })).toBeUndefined();
    expect(readPolicyEvent({ ...event, [key]: { toString: () => 'asked' } })).toBeUndefined();
  }
  expect(readPolicyEvent(undefined)).toBeUndefined();
});
