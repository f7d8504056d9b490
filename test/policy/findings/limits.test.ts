import { describe, expect, it } from 'vitest';
import type { Model } from '../../../src/model.ts';
import type { Rule } from '../../../src/policy/finding.ts';
import { balloonForgotten } from '../../../src/policy/findings/balloon-forgotten.ts';
import { balloonInVain } from '../../../src/policy/findings/balloon-in-vain.ts';
import { commitNear } from '../../../src/policy/findings/commit.ts';
import { dirtyNear } from '../../../src/policy/findings/dirty.ts';
import { guestSwapped } from '../../../src/policy/findings/guest-swapped.ts';
import { hostShort } from '../../../src/policy/findings/host-short.ts';
import { hostSwapping, hostSwappingIdle } from '../../../src/policy/findings/host-swapping.ts';
import { ksmSlow } from '../../../src/policy/findings/ksm-idle.ts';
import { ksmOff } from '../../../src/policy/findings/ksm-off.ts';
import { migratedHolding } from '../../../src/policy/findings/migrated.ts';
import { monitorsSlow } from '../../../src/policy/findings/monitors.ts';
import { overcommitUnmet } from '../../../src/policy/findings/overcommit.ts';
import { poolIdle, poolUnbalanced } from '../../../src/policy/findings/pools.ts';
import { pressureHigh } from '../../../src/policy/findings/pressure.ts';
import type { PoolSample } from '../../../src/sample.ts';
import { GiB, KiB, MiB } from '../../../src/units.ts';
import { capturedModel, withKsm, withSysctls } from '../../actions/hosts.ts';
import { hostWith, idleHost, later, raised, remarks, start, well } from './looks.ts';

/** Of 20 GiB RAM, none of it in pools. */
const host = { MemTotal: 20 * GiB, Hugetlb: 0 };
const withheld = (bytes: number) => ({ balloon: { actual: 4 * GiB - bytes } });
const twins = (anon: number) => [
  well({ id: '1.1', status: { RssAnon: anon } }),
  well({ id: '2.1', status: { RssAnon: 4 * GiB } }),
];
const swapping = (pages: number, model: Model): readonly Model[] => [
  model,
  later(model, 16, raised({ pswpin: pages, pswpout: 0 })),
];
const poolWith =
  (node: number | undefined, free: number) =>
  (one: PoolSample): PoolSample =>
    one.pageSize === 2 * MiB && one.node === node
      ? { ...one, counts: { nr_hugepages: 2000, free_hugepages: free, resv_hugepages: 0, surplus_hugepages: 0 } }
      : one;

/**
 * Of each rule: looks with a number; that at which nothing is told yet; by how much more (or less, below 0) it is told; and
 * from where it is told no more while it stands, by as much again on the other side.
 */
const limits: readonly (readonly [
  what: string,
  rule: Rule,
  looks: (number: number) => Model | readonly Model[],
  limit: number,
  beyond: number,
  stands: number,
])[] = [
  ['a guest’s swap', guestSwapped, bytes => idleHost([well({ status: { VmSwap: bytes } })]), 128 * MiB, 1, 102.4 * MiB],
  [
    'what a forgotten balloon holds',
    balloonForgotten,
    bytes => idleHost([well(withheld(bytes))]),
    256 * MiB,
    1,
    204.8 * MiB,
  ],
  [
    'what the host would have left',
    balloonForgotten,
    bytes => hostWith({ ...host, MemAvailable: bytes + GiB }, [well()]),
    6 * GiB,
    1,
    4.8 * GiB,
  ],
  [
    'what a balloon holds in vain',
    balloonInVain,
    bytes => idleHost([well({ ...withheld(bytes), launch: { memLock: true } })]),
    16 * MiB,
    1,
    12.8 * MiB,
  ],
  [
    'what is promised',
    commitNear,
    bytes =>
      idleHost([], one => ({
        ...withSysctls({ 'vm.overcommit_memory': 2 })(one),
        meminfo: { ...one.meminfo, CommitLimit: 1000 * MiB, Committed_AS: bytes },
      })),
    950 * MiB,
    100,
    940 * MiB,
  ],
  [
    'what waits to be written',
    dirtyNear,
    bytes =>
      idleHost([], one => ({
        meminfo: { ...one.meminfo, Dirty: bytes, Writeback: 0 },
        vmstat: { ...one.vmstat, nr_dirty_threshold: 100_000 },
      })),
    90_000 * 4096,
    1,
    72_000 * 4096,
  ],
  ['what the host has', hostShort, bytes => hostWith({ ...host, MemAvailable: bytes }), 2 * GiB, -1, 2.4 * GiB],
  [
    'pressure on some',
    pressureHigh,
    percent => idleHost([], () => ({ pressure: { memory: { 'some avg10': percent, 'full avg10': 0 } } })),
    10,
    0.01,
    8,
  ],
  [
    'pressure on all',
    pressureHigh,
    percent => idleHost([], () => ({ pressure: { memory: { 'some avg10': percent, 'full avg10': percent } } })),
    5,
    0.01,
    4,
  ],
  // In the last 16 s so many pages of 4 KiB came in: 256 KiB/s are 1024.
  [
    'what the host swaps',
    hostSwapping,
    pages => swapping(pages, hostWith({ ...host, MemAvailable: 3 * GiB })),
    1024,
    1,
    819.2,
  ],
  [
    'what is idle while it does',
    hostSwappingIdle,
    bytes =>
      swapping(
        4000,
        hostWith({ ...host, MemAvailable: 3 * GiB }, [well({ age: -10, status: { RssAnon: 1152 * MiB + bytes } })]),
      ),
    256 * MiB,
    1,
    204.8 * MiB,
  ],
  // 1 MiB/s: 3600 s are 3600 MiB.
  [
    'a scan of all',
    ksmSlow,
    bytes =>
      idleHost([well({ status: { RssAnon: bytes } })], withKsm({ run: 1, pages_to_scan: 256, sleep_millisecs: 1000 })),
    3600 * MiB,
    1,
    2880 * MiB,
  ],
  ['what could be alike', ksmOff, bytes => idleHost(twins(bytes)), GiB, 1, 0.8 * GiB],
  [
    'the age of answers',
    monitorsSlow,
    seconds => idleHost([well({ monitor: { time: start - seconds } })]),
    8,
    0.1,
    6.4,
  ],
  // Four guests of 4 GiB that hold 3 each: 4 GiB are claimed.
  [
    'what is missing for all claims',
    overcommitUnmet,
    bytes =>
      hostWith(
        { ...host, MemAvailable: 4 * GiB - bytes },
        [1, 2, 3, 4].map(index => well({ id: `${index}.1` })),
      ),
    256 * MiB,
    1,
    -256 * MiB,
  ],
  [
    'what of a pool is idle',
    poolIdle,
    pages => idleHost([], ({ pools = [] }) => ({ pools: pools.map(poolWith(undefined, pages)) })),
    512,
    1,
    409.6,
  ],
  [
    'what of a pool one node has',
    poolUnbalanced,
    pages =>
      capturedModel('two-nodes', ({ pools = [] }) => ({
        pools: pools.map(poolWith(0, 0)).map(poolWith(1, pages)),
      })),
    512,
    1,
    409.6,
  ],
];

describe('exactly at its limit', () => {
  it.each(limits)('%s is not told yet, beyond it is', (_what, rule, looks, limit, beyond) => {
    const told = (number: number): number => remarks(rule, [looks(number)].flat()).length;
    expect([told(limit), told(limit + beyond)]).toEqual([0, 1]);
  });

  it.each(limits)(
    '%s is told while it stands, until it has come back by a fifth',
    (_what, rule, looks, _limit, beyond, stands) => {
      const told = (number: number): number => remarks(rule, [looks(number)].flat(), { stands: true }).length;
      expect([told(stands - beyond), told(stands + beyond)]).toEqual([0, 1]);
    },
  );
});

describe('what is worse begins', () => {
  const severityOf = (rule: Rule, ...looks: readonly Model[]): string | undefined => remarks(rule, looks)[0]?.severity;

  it('below 4 % available', () => {
    const at = (bytes: number): string | undefined =>
      severityOf(hostShort, hostWith({ MemTotal: 25 * GiB, Hugetlb: 0, MemAvailable: bytes }));
    expect([at(GiB), at(GiB - 1)]).toEqual(['warning', 'critical']);
  });

  it('above 99 % of what may be promised', () => {
    const at = (bytes: number): string | undefined =>
      severityOf(
        commitNear,
        idleHost([], one => ({
          ...withSysctls({ 'vm.overcommit_memory': 2 })(one),
          meminfo: { ...one.meminfo, CommitLimit: 100 * MiB, Committed_AS: bytes },
        })),
      );
    expect([at(99 * MiB), at(99 * MiB + 1)]).toEqual(['warning', 'critical']);
  });

  it('above 5 % of the time in which all wait, however long it has stood', () => {
    const at = (full: number) =>
      remarks(
        pressureHigh,
        [idleHost([], () => ({ pressure: { memory: { 'some avg10': 20, 'full avg10': full } } }))],
        { stands: true },
      )[0]?.severity;
    expect([at(5), at(5.01)]).toEqual(['warning', 'critical']);
    const first = hostWith({ ...host, MemAvailable: 3 * GiB });
    const swaps = (full: number): Model =>
      later(first, 16, now => ({
        host: { ...raised({ pswpin: 4000 })(now).host, pressure: { memory: { 'full avg10': full } } },
      }));
    expect([severityOf(hostSwapping, first, swaps(5)), severityOf(hostSwapping, first, swaps(5.01))]).toEqual([
      'warning',
      'critical',
    ]);
  });

  it('above one major fault a second of a guest in swap', () => {
    const at = (faults: number): Model => idleHost([well({ status: { VmSwap: GiB }, stat: { majflt: faults } })]);
    const told = (faults: number): string | undefined => severityOf(guestSwapped, at(0), later(at(faults), 10));
    expect([told(10), told(11)]).toEqual(['notice', 'warning']);
  });

  it('where the swap is not enough for what is missing', () => {
    const guests = [1, 2, 3, 4].map(index => well({ id: `${index}.1`, launch: { memLock: true } }));
    const at = (used: number): Model =>
      idleHost(guests, one => ({
        meminfo: { ...one.meminfo, ...host, MemAvailable: 2 * GiB },
        swaps: [{ path: '/dev/sda2', type: 'partition', size: 4 * GiB, used, priority: -2 }],
      }));
    expect([severityOf(overcommitUnmet, at(2 * GiB)), severityOf(overcommitUnmet, at(2 * GiB + 1))]).toEqual([
      'notice',
      'warning',
    ]);
  });
});

it('a guest that was migrated away holds nothing worth telling up to 64 MiB', () => {
  const told = (bytes: number): number =>
    remarks(migratedHolding, [
      idleHost([well({ monitor: { status: 'postmigrate' }, status: { RssAnon: bytes, VmRSS: bytes } })]),
    ]).length;
  expect([told(64 * MiB), told(64 * MiB + KiB)]).toEqual([0, 1]);
});
