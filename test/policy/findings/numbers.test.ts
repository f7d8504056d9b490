import { expect, it } from 'vitest';
import type { Model } from '../../../src/model.ts';
import type { Rule } from '../../../src/policy/finding.ts';
import { balloonForgotten } from '../../../src/policy/findings/balloon-forgotten.ts';
import { balloonInVain } from '../../../src/policy/findings/balloon-in-vain.ts';
import { commitNear } from '../../../src/policy/findings/commit.ts';
import { dirtyNear } from '../../../src/policy/findings/dirty.ts';
import { guestSwapped } from '../../../src/policy/findings/guest-swapped.ts';
import { hostShort } from '../../../src/policy/findings/host-short.ts';
import { hostSwapping, hostSwappingIdle } from '../../../src/policy/findings/host-swapping.ts';
import { ksmIdle, ksmLoss, ksmSlow } from '../../../src/policy/findings/ksm-idle.ts';
import { ksmOff } from '../../../src/policy/findings/ksm-off.ts';
import { migratedHolding } from '../../../src/policy/findings/migrated.ts';
import { monitorsSlow } from '../../../src/policy/findings/monitors.ts';
import { oomKill } from '../../../src/policy/findings/oom.ts';
import { overcommitUnmet } from '../../../src/policy/findings/overcommit.ts';
import { hugepagesUnmerged, poolExhausted, poolIdle, poolUnbalanced } from '../../../src/policy/findings/pools.ts';
import { pressureHigh } from '../../../src/policy/findings/pressure.ts';
import { driverMissing, statisticsFrozen, statisticsOff } from '../../../src/policy/findings/statistics.ts';
import type { GuestSample, HostSample, Numbers } from '../../../src/sample.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { capturedModel, withKsm, withSysctls } from '../../actions/hosts.ts';
import { hostWith, idleHost, later, raised, remark, start, well } from './looks.ts';

const twins = [well({ id: '1.1' }), well({ id: '2.1' })];
const hugepages = well({ launch: { backend: 'hugetlb' }, status: { HugetlbPages: 3 * GiB, RssAnon: MiB } });
/** Of 20 GiB RAM, none of it in pools. */
const short = { MemTotal: 20 * GiB, Hugetlb: 0, MemAvailable: GiB };
const pools =
  (counts: Numbers, node?: number) =>
  ({ pools: all = [] }: HostSample): Partial<HostSample> => ({
    pools: all.map(one => (one.pageSize === 2 * MiB && one.node === node ? { ...one, counts } : one)),
  });
const waiting = (model: Model): readonly Model[] => [
  model,
  later(model, 10, now => ({
    host: {
      ...raised({ pswpin: 1000, pswpout: 3000 })(now).host,
      pressure: { memory: { 'some avg10': 12, 'full avg10': 2 } },
    },
  })),
];
const swapped = { ...short, MemAvailable: 3 * GiB, SwapTotal: 8 * GiB, SwapFree: 7 * GiB };
const unheard = (): GuestSample => {
  const { stats: _stats, earlier: _earlier, ...balloon } = well().monitor.balloon!;
  return { ...well(), monitor: { ...well().monitor, balloon } };
};

/** What scripts read of a finding, and the detail view shows: the numbers by their fields. */
const told: readonly (readonly [Rule, Model | readonly Model[], Numbers])[] = [
  [
    balloonForgotten,
    idleHost([well()]),
    {
      balloon_actual: 3 * GiB,
      guest_available: 2 * GiB,
      mem_available_with_arc: idleHost().host.values.mem_available_with_arc!,
    },
  ],
  [balloonInVain, idleHost([hugepages]), { balloon_actual: 3 * GiB, hugetlb: 3 * GiB }],
  [
    commitNear,
    idleHost([], one => ({
      ...withSysctls({ 'vm.overcommit_memory': 2 })(one),
      meminfo: { ...one.meminfo, CommitLimit: 100 * MiB, Committed_AS: 99 * MiB },
    })),
    { committed_as: 99 * MiB, commit_limit: 100 * MiB },
  ],
  [
    dirtyNear,
    idleHost([], one => ({
      meminfo: { ...one.meminfo, Dirty: 300 * MiB, Writeback: 90 * MiB },
      vmstat: { nr_dirty_threshold: 102_400 },
    })),
    { dirty: 300 * MiB, writeback: 90 * MiB, dirty_threshold: 400 * MiB },
  ],
  [guestSwapped, idleHost([well({ status: { VmSwap: GiB } })]), { swap: GiB, mem_size: 4 * GiB }],
  [hostShort, hostWith(short), { mem_available_with_arc: GiB, mem_outside_pools: 20 * GiB }],
  [
    hostSwapping,
    waiting(hostWith(swapped)),
    { swap_in: 409_600, swap_out: 1_228_800, swap_used: GiB, psi_mem_full_avg10: 0.02 },
  ],
  [
    hostSwappingIdle,
    waiting(hostWith(swapped, [well({ age: -9 })])),
    { swap_in: 409_600, swap_out: 1_228_800, swap_used: GiB, psi_mem_full_avg10: 0.02 },
  ],
  [
    ksmIdle,
    idleHost(twins, withKsm({ run: 1, full_scans: 3, pages_unshared: (6 * GiB) / 4096 })),
    { ksm_run: 1, ksm_full_scans: 3, ksm_pages_unshared: (6 * GiB) / 4096 },
  ],
  [
    ksmLoss,
    idleHost(twins, withKsm({ run: 1, full_scans: 1, general_profit: -MiB, pages_sharing: 256 })),
    { ksm_profit: -MiB, ksm_saved: MiB, ksm_full_scans: 1 },
  ],
  [
    ksmSlow,
    idleHost(twins, withKsm({ run: 1, pages_to_scan: 5, sleep_millisecs: 20, full_scans: 2 })),
    { ksm_scan_ceiling: 1_024_000, ksm_full_scans: 2 },
  ],
  [ksmOff, idleHost(twins), { ksm_run: 0, guests: 2, ksm_saved: 0 }],
  [
    migratedHolding,
    idleHost([well({ monitor: { status: 'postmigrate' }, status: { VmRSS: 3 * GiB, HugetlbPages: 0 } })]),
    { held: 3 * GiB, rss: 3 * GiB, hugetlb: 0 },
  ],
  [
    monitorsSlow,
    idleHost([well({ monitor: { time: start - 20 } }), well({ id: '2.1', monitor: { time: start - 30 } })]),
    { monitor_age: 30, guests: 2 },
  ],
  [oomKill, [idleHost(), later(idleHost(), 30, raised({ oom_kill: 2 }))], { oom_kills: 2 }],
  [
    overcommitUnmet,
    hostWith(
      { MemAvailable: GiB },
      twins.map(one => ({ ...one, process: { status: { RssAnon: GiB } } })),
    ),
    { needed: 6 * GiB, mem_available_with_arc: GiB, short: 5 * GiB, ksm_saved: 0 },
  ],
  [
    poolIdle,
    idleHost([], pools({ nr_hugepages: 2048, free_hugepages: 1100, resv_hugepages: 100 })),
    { usable: 2000 * MiB, total: 4 * GiB },
  ],
  [
    poolExhausted,
    idleHost(
      [],
      pools({
        nr_hugepages: 64,
        free_hugepages: 0,
        resv_hugepages: 0,
        surplus_hugepages: 8,
        nr_overcommit_hugepages: 12,
      }),
    ),
    { total: 128 * MiB, usable: 0, surplus: 16 * MiB, overcommit: 24 * MiB },
  ],
  [
    poolUnbalanced,
    capturedModel('two-nodes', host => ({
      ...pools(
        { nr_hugepages: 1000, free_hugepages: 900 },
        1,
      )({
        ...host,
        ...pools({ nr_hugepages: 32, free_hugepages: 0 }, 0)(host),
      }),
    })),
    { free: 1800 * MiB, total: capturedModel('two-nodes').pools.find(({ node }) => node === undefined)!.values.total! },
  ],
  [hugepagesUnmerged, idleHost([hugepages, well({ id: '2.1' })], withKsm({ run: 1 })), { ksm_run: 1, guests: 1 }],
  [
    pressureHigh,
    idleHost([], () => ({ pressure: { memory: { 'some avg10': 22, 'full avg10': 1 } } })),
    { psi_mem_some_avg10: 0.22, psi_mem_full_avg10: 0.01 },
  ],
  [driverMissing, idleHost([unheard()]), { stats_interval: 2, balloon_actual: 3 * GiB }],
  [statisticsFrozen, idleHost([well({ age: 95 })]), { stats_age: 95, stats_interval: 2 }],
  [statisticsOff, idleHost([well({ age: 95, balloon: { pollingInterval: 0 } })]), { stats_age: 95, stats_interval: 0 }],
];

it.each(told.map(([rule, ...rest]) => [rule.id, rule, ...rest] as const))(
  '%s gives along the numbers that it was told by',
  (_id, rule, looks, numbers) => {
    expect(remark(rule, [looks].flat()).numbers).toEqual(numbers);
  },
);
