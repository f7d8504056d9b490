import { describe, expect, it } from 'vitest';
import { derive, whyUnknown } from '../src/model.ts';
import type { GuestSample, Sample } from '../src/sample.ts';
import { guest, sample } from './samples.ts';

const GiB = 1024 ** 3;

describe('derive', () => {
  it('gives a counter as its rate and its total, and no rate at the first look', () => {
    const first = sample({ monotonic: 10, host: { vmstat: { pswpin: 100 } } });
    const second = sample({ monotonic: 12, host: { vmstat: { pswpin: 150 } } });
    expect(derive(undefined, first).host.values.swap_in).toBeUndefined();
    const model = derive(first, second);
    expect(model.host.values.swap_in).toBe((50 * 4096) / 2);
    expect(model.host.totals.swap_in).toBe(150 * 4096);
    expect(model.interval).toBe(2);
  });

  it('loses a rate once when a counter is reset, and never shows a negative one', () => {
    const at = (monotonic: number, majflt: number): Sample =>
      sample({ monotonic, guests: [guest({ process: { stat: { majflt } } })] });
    const [a, b, c] = [at(0, 1000), at(1, 4), at(2, 9)] as const;
    expect(derive(a, b).guests[0]?.values.host_major_faults).toBeUndefined();
    expect(derive(b, c).guests[0]?.values.host_major_faults).toBe(5);
  });

  it('does not compare a guest with another that took its PID', () => {
    const before = sample({ monotonic: 0, guests: [guest({ id: '7.100', pid: 7, process: { stat: { majflt: 5 } } })] });
    const after = sample({ monotonic: 1, guests: [guest({ id: '7.900', pid: 7, process: { stat: { majflt: 9 } } })] });
    expect(derive(before, after).guests[0]?.values.host_major_faults).toBeUndefined();
  });

  it("takes the guest's own counters between its last two reports", () => {
    const reports = {
      device: true,
      stats: { lastUpdate: 110, values: { 'stat-swap-in': 3_000 } },
      earlier: { lastUpdate: 105, values: { 'stat-swap-in': 1_000 } },
    };
    const now = sample({ guests: [guest({ monitor: { state: 'ok', balloon: reports } })] });
    expect(derive(undefined, now).guests[0]?.values.guest_swap_in).toBe(400);
  });

  it('leaves the unknown out, and says why', () => {
    const reasons: [GuestSample['monitor'], RegExp][] = [
      [{ state: 'busy', reason: 'another client holds its monitor' }, /another client/],
      [{ state: 'ok', balloon: { device: false } }, /no balloon device/],
      [{ state: 'ok', balloon: { device: true, actual: GiB, pollingInterval: 2 } }, /never reported/],
      [{ state: 'ok', balloon: { device: true, actual: GiB, pollingInterval: 0 } }, /statistics are off/],
    ];
    for (const [monitor, reason] of reasons) {
      const only = derive(undefined, sample({ guests: [guest({ monitor })] })).guests[0];
      expect(only?.values).not.toHaveProperty('guest_used');
      expect(only && whyUnknown(only, 'guest_used')).toMatch(reason);
    }
  });

  it('does not count page cache inside the guest as used', () => {
    const values = { 'stat-total-memory': 8 * GiB, 'stat-free-memory': 1 * GiB, 'stat-available-memory': 6 * GiB };
    const balloon = { device: true, stats: { lastUpdate: 1, values } };
    const only = derive(undefined, sample({ guests: [guest({ monitor: { state: 'ok', balloon } })] })).guests[0];
    expect(only?.values.guest_used).toBe(2 * GiB);
    expect(only?.values.guest_used_cache).toBe(7 * GiB);
  });

  it('believes no guest that uses more than it has', () => {
    const values = { 'stat-total-memory': 404 * GiB, 'stat-free-memory': GiB, 'stat-available-memory': GiB };
    const used = (monitor: Partial<GuestSample['monitor']>) => {
      const balloon = { device: true, stats: { lastUpdate: 1, values } };
      return derive(undefined, sample({ guests: [guest({ monitor: { state: 'ok', balloon, ...monitor } })] })).guests[0]
        ?.values.guest_used;
    };
    expect(used({ memory: { 'base-memory': 4 * GiB, 'plugged-memory': 2 * GiB } })).toBe(5 * GiB);
    // Where only the command line tells a size, there may be more plugged.
    expect(used({})).toBe(403 * GiB);
  });

  it('gives no sum over guests when one guest is unknown', () => {
    const sized = guest({ id: 'a', launch: { size: GiB } });
    expect(derive(undefined, sample({ guests: [sized] })).host.values.guests_mem_max).toBe(GiB);
    expect(
      derive(undefined, sample({ guests: [sized, guest({ id: 'b', launch: {} })] })).host.values,
    ).not.toHaveProperty('guests_mem_max');
  });
});

describe('held', () => {
  it('charges merged pages by share, so that the sum over guests is what the host holds', () => {
    const page = 4096;
    const merged = (id: string): GuestSample =>
      guest({ id, process: { status: { RssAnon: 1000 * page }, ksm_stat: { ksm_merging_pages: 500 } } });
    // 1000 places on 500 kept pages.
    const ksm = { pages_shared: 500, pages_sharing: 500 };
    const model = derive(undefined, sample({ host: { ksm }, guests: [merged('a'), merged('b')] }));
    expect(model.host.values.guests_held).toBe((500 + 500 + 500) * page);
  });

  it('counts hugepages, shared memory, page tables and swap', () => {
    const status = { RssAnon: 1, RssShmem: 10, HugetlbPages: 100, VmPTE: 1000, VmSwap: 10_000 };
    expect(derive(undefined, sample({ guests: [guest({ process: { status } })] })).guests[0]?.values.held).toBe(11_111);
  });

  it('is unknown where KSM merges and the kernel does not say whose pages', () => {
    const host = { ksm: { pages_shared: 1, pages_sharing: 5 } };
    const only = derive(undefined, sample({ host, guests: [guest({ process: { status: { RssAnon: 4096 } } })] }))
      .guests[0];
    expect(only?.values).not.toHaveProperty('held');
    expect(only && whyUnknown(only, 'held')).toMatch(/root/);
  });
});

it('a rate over next to no time is unknown where it would be endless', () => {
  const at = (monotonic: number, pswpin: number) =>
    sample({ monotonic, host: { vmstat: { pswpin }, meminfo: { MemTotal: pswpin } } });
  const model = derive(at(0, 0), at(5e-324, 1e300));
  expect(model.host.values).not.toHaveProperty('swap_in');
  expect(model.meminfoRates).toEqual({});
});
