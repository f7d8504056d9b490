import { describe, expect, it } from 'vitest';
import { meaning, plan } from '../../src/actions/actions.ts';
import { balloonFloor } from '../../src/actions/balloon/rails.ts';
import { statsStale } from '../../src/actions/balloon/reports.ts';
import { advance, startFollowing } from '../../src/actions/follow.ts';
import { defaultLimits, type Limits } from '../../src/actions/limits.ts';
import { derive, type Model } from '../../src/model.ts';
import type { GuestSample } from '../../src/sample.ts';
import { GiB, MiB } from '../../src/units.ts';
import { guest, sample } from '../samples.ts';

const now = 1_800_000_000;

/** A guest of 4 GiB that uses one, last heard of `age` seconds ago. */
const using = (age: number): GuestSample =>
  guest({
    launch: { size: 4 * GiB, backend: 'anon', memLock: false },
    monitor: {
      state: 'ok',
      status: 'running',
      time: now,
      memory: { 'base-memory': 4 * GiB, 'plugged-memory': 0 },
      memoryDevices: [
        {
          path: '/machine/peripheral/vm0',
          type: 'virtio-mem',
          id: 'vm0',
          values: { size: 2 * GiB, 'requested-size': 2 * GiB, 'max-size': 4 * GiB, 'block-size': 2 * MiB },
        },
      ],
      balloon: {
        device: true,
        actual: 4 * GiB,
        path: '/machine/peripheral/balloon0',
        pollingInterval: 1,
        stats: {
          lastUpdate: now - age,
          values: { 'stat-total-memory': 4 * GiB, 'stat-available-memory': 3 * GiB, 'stat-free-memory': 0 },
        },
      },
    },
  });

const modelOf = (age = 1): Model =>
  derive(undefined, sample({ time: now, guests: [using(age)], host: { meminfo: { MemTotal: 16 * GiB } } }));
const limits = (change: Partial<Limits>): Limits => ({ ...defaultLimits, ...change });
const refusal = (words: readonly [string, ...string[]], change: Partial<Limits>): string | undefined => {
  const [action, ...rest] = words;
  return plan(modelOf(), { action, words: rest }, limits(change)).refusal?.reason;
};

describe('the floor', () => {
  it('follows the share of the maximum and the margin that were set', () => {
    const one = modelOf().guests[0]!;
    expect(balloonFloor(one, limits({ floorShare: 0.5 }))).toBe(2 * GiB);
    expect(balloonFloor(one, limits({ floorMargin: 512 * MiB }))).toBe(GiB + 512 * MiB);
    expect(balloonFloor(one, limits({ floorShare: 0, floorMargin: 0 }))).toBe(GiB + 0.1 * GiB);
  });

  it.each([
    ['balloon', 'web-1', '2G'],
    ['balloon-all', '2G'],
    ['balloons', 'web-1', '2G'],
  ] as const)('%s keeps to it', (...words) => {
    expect(refusal(words, {})).toBeUndefined();
    expect(refusal(words, { floorShare: 0.75 })).toMatch(/minimum 3\.00 GiB/);
  });

  it('virtio-mem keeps to the margin', () => {
    expect(refusal(['virtio-mem', 'web-1', '0'], {})).toBeUndefined();
    expect(refusal(['virtio-mem', 'web-1', '0'], { floorMargin: 2 * GiB })).toMatch(/unsafe/);
  });

  it('is told while typing', () => {
    const meant = meaning(modelOf(), { action: 'balloon', words: ['web-1', '2G'] }, limits({ floorShare: 0.75 }));
    expect(meant).toMatchObject({ refusal: { forceable: true } });
  });
});

it('statistics are stale after what was set, but never before three of their intervals', () => {
  const one = modelOf(5).guests[0]!;
  expect(statsStale(one)).toBe(false);
  expect(statsStale(one, { staleSeconds: 4 })).toBe(true);
  expect(statsStale(modelOf(2.5).guests[0]!, { staleSeconds: 1 })).toBe(false);
});

it('a change is stalled after what was set', () => {
  const follow = { kind: 'balloon', guest: '100.5000', name: 'web-1', from: 4 * GiB, target: 2 * GiB } as const;
  const started = startFollowing(follow, now - 5);
  expect(advance(started, modelOf()).state).toBe('moving');
  expect(advance(started, modelOf(), { stallSeconds: 4 }).state).toBe('stalled');
});
