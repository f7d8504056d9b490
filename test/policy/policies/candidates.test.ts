import { expect, it } from 'vitest';
import { candidatesOf } from '../../../src/policy/policies/candidates.ts';
import type { PolicySettings } from '../../../src/policy/policy.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { type Given, guestOf, look, settings } from './world.ts';

const whyNot = (given: Given, change: Partial<PolicySettings> = {}): string | undefined => {
  const model = look({ guests: [given] });
  return candidatesOf(model, { ...settings, ...change }).skipped[0]?.why;
};

const monitor = (change: Partial<ReturnType<typeof guestOf>['monitor']>): Given => ({
  change: { monitor: { ...guestOf().monitor, ...change } },
});
const balloon = guestOf().monitor.balloon;
const launch = (change: Partial<ReturnType<typeof guestOf>['launch']>): Given => ({
  change: { launch: { ...guestOf().launch, ...change } },
});

it('takes a healthy guest', () => {
  const { candidates, skipped } = candidatesOf(look({ guests: [{ available: 3 * GiB }] }), settings);
  expect(skipped).toEqual([]);
  expect(candidates[0]).toMatchObject({
    actual: 4 * GiB,
    maximum: 4 * GiB,
    minimum: GiB,
    // 1 GiB used and 128 MiB more.
    guard: GiB + 128 * MiB,
    free: 2 * GiB,
    used: GiB,
    shares: 1000,
  });
});

it.each<[string, Given, RegExp]>([
  ['no monitor', monitor({ state: 'none' }), /no monitor: start it with -qmp/],
  ['a busy monitor', monitor({ state: 'busy' }), /does not answer/],
  [
    'libvirt without an answer',
    { change: { manager: 'libvirt', ...monitor({ state: 'libvirt' }).change } },
    /libvirt runs this guest/,
  ],
  ['no balloon', monitor({ balloon: { device: false } }), /no balloon device/],
  ['paused', monitor({ status: 'paused' }), /it is paused/],
  ['postmigrate', monitor({ status: 'postmigrate' }), /it is postmigrate/],
  ['migrating', monitor({ migration: { status: 'active', values: {}, ram: {} } }), /it is migrating/],
  ['stopped by a signal', { change: { process: { state: 'T' } } }, /it is stopped/],
  ['hugepages', launch({ backend: 'hugetlb' }), /hugepages/],
  [
    'a part in hugepages',
    launch({
      parts: [
        { use: 'base', kind: 'anon', size: 3 * GiB },
        { use: 'base', kind: 'hugetlb', size: GiB },
      ],
    }),
    /^1\.00 GiB of its 4\.00 GiB are in hugepages: what a balloon would free is not known/,
  ],
  ['locked memory', launch({ memLock: true }), /locked/],
  ['stale numbers', { age: 60 }, /last reported 1m00 ago/],
  ['a driver that never reported', monitor({ balloon: { device: true, actual: 4 * GiB } }), /never reported/],
  [
    'an old driver',
    monitor({
      balloon: {
        device: true,
        actual: 4 * GiB,
        stats: { lastUpdate: balloon?.stats?.lastUpdate ?? 0, values: { 'stat-free-memory': GiB } },
      },
    }),
    /does not report what it uses/,
  ],
])('skips %s, and tells', (_case, given, why) => {
  expect(whyNot(given)).toMatch(why);
});

it('skips those changed by hand, and those without shares', () => {
  expect(whyNot({}, { pinned: new Map([['100.5000', 'changed by hand: left alone']]) })).toMatch(/changed by hand/);
  expect(whyNot({}, { shares: { 'web-1': 0 } })).toMatch(/shares are 0/);
});

it('is not misled by a guest’s name', () => {
  const { candidates } = candidatesOf(look({ guests: [{ name: 'constructor' }, { name: '__proto__' }] }), settings);
  expect(candidates.map(({ shares }) => shares)).toEqual([1000, 1000]);
});
