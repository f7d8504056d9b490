import { describe, expect, it } from 'vitest';
import { commitNear } from '../../../src/policy/findings/commit.ts';
import { dirtyNear } from '../../../src/policy/findings/dirty.ts';
import { hostShort } from '../../../src/policy/findings/host-short.ts';
import { hostSwapping, hostSwappingIdle } from '../../../src/policy/findings/host-swapping.ts';
import { oomKill } from '../../../src/policy/findings/oom.ts';
import { pressureHigh } from '../../../src/policy/findings/pressure.ts';
import { defaultThresholds } from '../../../src/policy/thresholds.ts';
import type { Numbers } from '../../../src/sample.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { withSysctls } from '../../actions/hosts.ts';
import { hostWith, idleHost, later, line, raised, remark, remarks, well } from './looks.ts';

describe('a host short of memory', () => {
  it('is told with what balloons could give back, as the fix', () => {
    const said = remark(hostShort, [hostWith({ MemAvailable: 2 * GiB }, [well()])]);
    expect(said).toMatchObject({ subject: 'host', severity: 'warning', numbers: { mem_available_with_arc: 2 * GiB } });
    expect(said.text).toBe(
      'Only 2.00 GiB of 23.5 GiB RAM are available (8.5%). It soon drops caches that it needs, and swaps guests.',
    );
    // web-1 holds 3 GiB and its floor is 1.13 GiB: 1.53 GiB bring the host back to 15 %.
    expect(said.advice).toBe('Guests have about 1.88 GiB to spare.');
    expect(line(said)).toBe(`balloon 100.5000 ${1505 * MiB}B`);
  });

  it('takes no more than the operator lets balloons take', () => {
    const limits = { ...defaultThresholds.limits, floorShare: 0.5 };
    const said = remark(hostShort, [hostWith({ MemAvailable: 2 * GiB }, [well()])], {
      thresholds: { ...defaultThresholds, limits },
    });
    expect(said.advice).toMatch(/^Guests have about 1\.00 GiB to spare, which is not enough/);
    expect(line(said)).toBe(`balloon 100.5000 ${2048 * MiB}B`);
  });

  it('takes from several guests, the idlest first', () => {
    const guests = [well(), well({ id: '200.6000', name: 'web-2', stats: { 'stat-available-memory': 2.5 * GiB } })];
    const said = remark(hostShort, [hostWith({ MemAvailable: GiB }, guests)]);
    expect(line(said)).toMatch(/^balloons 200\.6000 \d+B 100\.5000 \d+B$/);
  });

  it('is critical below the second limit, and says so when no balloon can help', () => {
    const stale = well({ age: 60 });
    const said = remark(hostShort, [hostWith({ MemAvailable: 0.5 * GiB }, [stale])]);
    expect(said.severity).toBe('critical');
    expect(said.fix).toBeUndefined();
    expect(said.advice).toMatch(
      /^No balloon is known to give anything back \(what 1 guest uses \(web-1\) is unknown\): move a guest away/,
    );
    const none = remark(hostShort, [hostWith({ MemAvailable: 0.5 * GiB }, [well({ launch: { backend: 'hugetlb' } })])]);
    expect(none.advice).toMatch(/^No balloon can give anything back: move a guest away/);
  });

  it('is judged by the memory outside hugepage pools, which are set aside on purpose', () => {
    const pools = { MemTotal: 566 * GiB, Hugetlb: 503 * GiB };
    expect(remarks(hostShort, [hostWith({ ...pools, MemAvailable: 32 * GiB })])).toEqual([]);
    const said = remark(hostShort, [hostWith({ ...pools, MemAvailable: 2 * GiB }, [well()])]);
    expect(said.severity).toBe('critical');
    expect(said.text).toMatch(/^Only 2\.00 GiB of 63\.0 GiB RAM outside hugepage pools are available \(3\.2%\)\./);
    expect(said.numbers).toEqual({ mem_available_with_arc: 2 * GiB, mem_outside_pools: 63 * GiB });
  });

  it('has what ZFS would give back of its cache', () => {
    const zfs = (arc: Numbers) =>
      idleHost([], host => ({ meminfo: { ...host.meminfo, MemTotal: 31 * GiB, MemAvailable: GiB }, arc }));
    expect(remarks(hostShort, [zfs({ size: 15 * GiB, c_min: GiB })])).toEqual([]);
    expect(zfs({ size: 15 * GiB, c_min: GiB }).host.values).toMatchObject({
      mem_available: GiB,
      mem_available_with_arc: 15 * GiB,
      arc_size: 15 * GiB,
      arc_min: GiB,
    });
    const least = zfs({ size: 2 * GiB, c_min: GiB });
    expect(remark(hostShort, [least]).text).toMatch(
      /^Only 2\.00 GiB of 31\.0 GiB RAM are available, 1\.00 GiB of them in ZFS’s cache \(6\.5%\)\./,
    );
    // What is in use can't be evicted.
    const evictable = {
      mru_evictable_data: GiB,
      mru_evictable_metadata: 0,
      mfu_evictable_data: 0,
      mfu_evictable_metadata: 0,
    };
    expect(zfs({ size: 15 * GiB, c_min: GiB, ...evictable }).host.values.mem_available_with_arc).toBe(2 * GiB);
  });

  it('is not told of a host that has enough, or does not tell what it has', () => {
    expect(remarks(hostShort, [idleHost()])).toEqual([]);
    expect(remarks(hostShort, [idleHost([], () => ({ meminfo: {} }))])).toEqual([]);
  });

  it('stands until there is a fifth more', () => {
    const model = hostWith({ MemAvailable: 2.5 * GiB });
    expect(remarks(hostShort, [model])).toEqual([]);
    expect(remarks(hostShort, [model], { stands: true })).toHaveLength(1);
    expect(remarks(hostShort, [hostWith({ MemAvailable: 3 * GiB })], { stands: true })).toEqual([]);
  });
});

describe('pools of hugepages before meminfo told their sum (Linux 4.19)', () => {
  const { Hugetlb: _, ...older } = idleHost().sample.host.meminfo ?? {};
  const at = (meminfo: Numbers, counts: Numbers | undefined) =>
    idleHost([], () => ({ meminfo: { ...older, ...meminfo }, pools: counts ? [{ pageSize: 2 * MiB, counts }] : [] }))
      .host.values;

  it('are counted from the pools, or from the lines of the one size that it has', () => {
    expect(at({}, { nr_hugepages: 1024 })).toMatchObject({
      hugetlb_total: 2 * GiB,
      mem_outside_pools: 24684084 * 1024 - 2 * GiB,
    });
    expect(at({ HugePages_Total: 2048, Hugepagesize: 2 * MiB }, undefined).hugetlb_total).toBe(4 * GiB);
  });
});

describe('a host that swaps', () => {
  const swapped = { SwapTotal: 8 * GiB, SwapFree: 7 * GiB };
  /** Ten seconds in which 1000 pages came in and 3000 went out: 1.56 MiB/s; 4 GiB of 23.5 GiB are available. */
  const window = (
    guests = [well()],
    counts: Numbers = { pswpin: 1000, pswpout: 3000 },
    meminfo: Numbers = { MemAvailable: 4 * GiB },
  ) => {
    const first = hostWith({ ...swapped, ...meminfo }, guests);
    return [first, later(first, 10, raised(counts))];
  };

  it('is told to use balloons first, where guests have memory to spare', () => {
    // The second look is ten seconds later, so the guest has reported again.
    const fresh = window([well({ age: -9 })]);
    const said = remark(hostSwappingIdle, fresh);
    expect(said.severity).toBe('warning');
    expect(said.text).toBe(
      'The host swaps: 400 KiB/s in, 1.17 MiB/s out, 1.00 GiB are out. Yet balloons could take about 1.88 GiB that guests have and do not use.',
    );
    expect(line(said)).toMatch(/^balloon 100\.5000 \d+B$/);
    expect(remarks(hostSwapping, fresh)).toEqual([]);
  });

  it('is told over many looks as it is now', () => {
    const [first, second] = window([], undefined, { MemAvailable: 4 * GiB });
    const last = later(second!, 5, now => ({
      host: { ...now.host, meminfo: { ...now.host.meminfo, SwapFree: 5 * GiB } },
    }));
    expect(remark(hostSwapping, [first!, second!, last]).text).toMatch(
      /^The host swaps: 267 KiB\/s in, .*, 3\.00 GiB are out\./,
    );
  });

  it('is told without what is in swap where that is unknown', () => {
    const { SwapTotal: _total, SwapFree: _free, ...meminfo } = idleHost().sample.host.meminfo ?? {};
    const first = idleHost([], () => ({ meminfo: { ...meminfo, MemAvailable: 4 * GiB } }));
    const said = remark(hostSwapping, [first, later(first, 10, raised({ pswpin: 1000, pswpout: 3000 }))]);
    expect(said.text).toMatch(/^The host swaps: 400 KiB\/s in, 1\.17 MiB\/s out\. No balloon/);
    expect(said.numbers).toEqual({ swap_in: 409_600, swap_out: 1_228_800 });
  });

  it('is told that nothing else helps, where they have none', () => {
    const said = remark(hostSwapping, window([]));
    expect(said.text).toMatch(/^The host swaps: 400 KiB\/s in.*guests wait for the disk\.$/);
    expect(said.numbers).toMatchObject({ swap_in: 409_600, swap_used: GiB });
    expect(remarks(hostSwappingIdle, window([]))).toEqual([]);
  });

  it('is not told to use balloons while it has memory to give: a limit, or its page cache, makes it swap', () => {
    const roomy = window([well({ age: -9 })], undefined, { MemAvailable: 20 * GiB });
    expect(remarks(hostSwappingIdle, roomy)).toEqual([]);
    const said = remark(hostSwapping, roomy);
    expect(said.text).toMatch(/ are out\. Yet it is not short: 20\.0 GiB of 23\.5 GiB RAM are available \(85%\)\./);
    expect(said.advice).toMatch(/memory limit \(cgroup\).*virsh memtune/);
    expect(said.advice).not.toMatch(/move a guest/i);
  });

  it('does not take what is unknown for nothing', () => {
    const said = remark(hostSwapping, window([well({ age: 60 })]));
    expect(said.text).toMatch(
      /No balloon is known to have anything worth taking: what 1 guest uses \(web-1\) is unknown\.$/,
    );
  });

  it('is critical where everybody waits', () => {
    const [first, second] = window([]);
    const waiting = later(first!, 10, now => ({
      host: { ...raised({ pswpin: 1000, pswpout: 3000 })(now).host, pressure: { memory: { 'full avg10': 20 } } },
    }));
    expect(remark(hostSwapping, [first!, waiting]).severity).toBe('critical');
    expect(remark(hostSwapping, [first!, second!]).severity).toBe('warning');
  });

  it('is not told for a little, for one look, or for a counter that was reset', () => {
    expect(remarks(hostSwapping, window([], { pswpin: 100, pswpout: 100 }))).toEqual([]);
    expect(remarks(hostSwapping, window([]).slice(1))).toEqual([]);
    expect(remarks(hostSwapping, window([], { pswpin: -1, pswpout: 9000 }))).toEqual([]);
  });
});

describe('memory pressure', () => {
  const pressed = (some: number, full: number) =>
    idleHost([], () => ({ pressure: { memory: { 'some avg10': some, 'full avg10': full } } }));

  it('is told with both of its numbers', () => {
    const said = remark(pressureHigh, [pressed(22, 1)]);
    expect(said.severity).toBe('warning');
    expect(said.text).toMatch(/some task waited for memory 22% of the time, and all of them at once 1\.0%/);
    expect(remark(pressureHigh, [pressed(22, 9)]).severity).toBe('critical');
  });

  it('is not told while it is low, or where the kernel has no PSI', () => {
    expect(remarks(pressureHigh, [pressed(5, 1)])).toEqual([]);
    expect(remarks(pressureHigh, [idleHost()])).toEqual([]);
  });
});

describe('the killer', () => {
  it('is told for as long as the window has it', () => {
    const first = idleHost();
    const second = later(first, 30, raised({ oom_kill: 2 }));
    expect(remark(oomKill, [first, second]).text).toBe(
      'The kernel has killed 2 processes for lack of memory in the last 30s.',
    );
    expect(remark(oomKill, [first, second]).advice).toMatch(/a memory limit \(cgroup\)/);
    expect(remark(oomKill, [first, second, later(second, 12.4)]).text).toMatch(/killed 2 processes .* last 42s\.$/);
    expect(remark(oomKill, [first, later(first, 30, raised({ oom_kill: 1 }))]).text).toMatch(/killed a process for/);
    // Only what came in that time counts.
    const earlier = later(first, 100, raised({ oom_kill: 5 }));
    expect(remark(oomKill, [earlier, later(earlier, 20, raised({ oom_kill: 3 }))]).text).toBe(
      'The kernel has killed 3 processes for lack of memory in the last 20s.',
    );
    expect(remarks(oomKill, [second, later(second, 30)])).toEqual([]);
    expect(remarks(oomKill, [second])).toEqual([]);
  });
});

describe('dirty pages', () => {
  it('count with those being written, against the limit in force', () => {
    const limit = idleHost().host.values.dirty_threshold!;
    const said = remark(dirtyNear, [hostWith({ Dirty: limit / 2, Writeback: limit / 2 - MiB })]);
    expect(said).toMatchObject({ severity: 'warning', subject: 'host' });
    expect(said.text).toMatch(/100% of the limit \(\d.*GiB\): everybody who writes is held up/);
    expect(remarks(dirtyNear, [hostWith({ Dirty: limit / 2, Writeback: 0 })])).toEqual([]);
  });
});

describe('promises', () => {
  const strict = (committed: number, sysctls: Numbers = {}) =>
    idleHost([], host => ({
      ...withSysctls({ 'vm.overcommit_memory': 2, ...sysctls })(host),
      meminfo: { ...host.meminfo, CommitLimit: 12 * GiB, Committed_AS: committed },
    }));

  it('near the limit are told with a ratio that would do', () => {
    const said = remark(commitNear, [strict(11.6 * GiB)]);
    expect(said.severity).toBe('warning');
    expect(said.text).toMatch(/^11\.6 GiB of 12\.0 GiB are promised \(97%\).*only 410 MiB more, then allocations fail/);
    // 11.6 GiB are to be nine tenths of it: 12.9 GiB of 23.5 GiB.
    expect(line(said)).toBe('sysctl vm.overcommit_ratio 55');
  });

  it('are offered all RAM, and no more', () => {
    // Of 23.5 GiB, nine tenths are 21.2.
    expect(line(remark(commitNear, [strict(21.1 * GiB)]))).toBe('sysctl vm.overcommit_ratio 100');
    expect(remark(commitNear, [strict(21.3 * GiB)]).fix).toBeUndefined();
  });

  it('are offered a larger ratio than that in force, in steps of 5', () => {
    const at = (ratio: number) => line(remark(commitNear, [strict(11.6 * GiB, { 'vm.overcommit_ratio': ratio })]));
    expect([at(50), at(52), at(55), at(57), at(95), at(100)]).toEqual([
      'sysctl vm.overcommit_ratio 55',
      'sysctl vm.overcommit_ratio 55',
      'sysctl vm.overcommit_ratio 60',
      'sysctl vm.overcommit_ratio 60',
      'sysctl vm.overcommit_ratio 100',
      undefined,
    ]);
  });

  it('within a hundredth are critical; a ratio above all RAM is not offered', () => {
    const said = remark(commitNear, [strict(11.95 * GiB)]);
    expect(said.severity).toBe('critical');
    const full = remark(commitNear, [strict(30 * GiB)]);
    expect(full.fix).toBeUndefined();
    expect(full.text).toMatch(/allocations fail now/);
    expect(full.advice).toMatch(/Add swap/);
  });

  it('of which none may be made are critical: a limit of 0 is no unknown limit', () => {
    const none = idleHost([], host => ({
      ...withSysctls({ 'vm.overcommit_memory': 2, 'vm.overcommit_ratio': 0, 'vm.overcommit_kbytes': 0 })(host),
      meminfo: { ...host.meminfo, CommitLimit: 0, Committed_AS: 11.6 * GiB },
    }));
    const said = remark(commitNear, [none]);
    expect(said.severity).toBe('critical');
    expect(said.text).toMatch(/^11\.6 GiB of 0 B are promised, and .*: allocations fail now\.$/);
    expect(line(said)).toBe('sysctl vm.overcommit_ratio 55');
  });

  it('are not offered a ratio where overcommit_kbytes is in force', () => {
    const said = remark(commitNear, [
      strict(11.6 * GiB, { 'vm.overcommit_ratio': 0, 'vm.overcommit_kbytes': 12 * 1024 ** 2 }),
    ]);
    expect(said.fix).toBeUndefined();
  });

  it('are no matter where the kernel is not strict', () => {
    expect(remarks(commitNear, [strict(11.9 * GiB, { 'vm.overcommit_memory': 0 })])).toEqual([]);
    expect(remarks(commitNear, [strict(8 * GiB)])).toEqual([]);
  });
});
