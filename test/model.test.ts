import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ledger } from '../src/ledger.ts';
import { derive, whyUnknown } from '../src/model.ts';
import type { GuestSample, Numbers, Sample } from '../src/sample.ts';
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

describe('ledger', () => {
  const amount = fc.integer({ min: 0, max: 64 * GiB });
  const some = (...keys: string[]): fc.Arbitrary<Numbers> =>
    fc.record(Object.fromEntries(keys.map(key => [key, amount])), { requiredKeys: [] }) as fc.Arbitrary<Numbers>;

  it('sums to MemTotal exactly and has no negative part, whatever the counters say', () => {
    const meminfo = some(
      'MemFree',
      'AnonPages',
      'Shmem',
      'Cached',
      'Buffers',
      'Slab',
      'PageTables',
      'KernelStack',
      'Hugetlb',
      'Percpu',
      'VmallocUsed',
      'Zswap',
      'SwapCached',
      'Active(anon)',
      'Inactive(anon)',
    );
    const arcstats = some('size', 'c_min', 'hdr_size', 'dbuf_size');
    const process = some('RssAnon', 'RssShmem', 'HugetlbPages');
    fc.assert(
      fc.property(
        amount,
        meminfo,
        arcstats,
        fc.array(process, { maxLength: 5 }),
        amount,
        (total, rest, arc, processes, some) => {
          const account = ledger(
            sample({
              host: {
                meminfo: { ...rest, VmallocChunk: 0, MemTotal: total },
                arc,
                ksm: { pages_shared: Math.floor(some / 4096) },
                zoneinfo: { 'pagesets count': Math.floor(some / 16_384) },
                zram: [{ device: 'zram0', stat: { mem_used_total: Math.floor(some / 2) } }],
              },
              guests: processes.map((status, index) =>
                guest({ id: String(index), process: { status, ksm_stat: { ksm_merging_pages: index } } }),
              ),
            }),
          );
          const parts = Object.values(account?.parts ?? {});
          expect(parts.reduce((sum, part) => sum + part, 0)).toBe(total);
          expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });

  it('takes a reserved pool for what it is: neither used by guests nor free', () => {
    const account = ledger(
      sample({
        host: {
          meminfo: { MemTotal: 10 * GiB, MemFree: 2 * GiB, Hugetlb: 6 * GiB },
          pools: [
            { pageSize: 2 * 1024 ** 2, counts: { nr_hugepages: 1024, free_hugepages: 512 } },
            { pageSize: GiB, counts: { nr_hugepages: 4, free_hugepages: 4 } },
            { pageSize: GiB, node: 0, counts: { nr_hugepages: 4, free_hugepages: 4 } },
          ],
        },
        guests: [guest({ process: { status: { HugetlbPages: GiB } } })],
      }),
    );
    expect(account?.parts).toMatchObject({
      guest_hugetlb: GiB,
      other_hugetlb: 0,
      free_hugetlb: 5 * GiB,
      free: 2 * GiB,
    });
  });

  it('names what the kernel has, and leaves only the rest unexplained', () => {
    const MiB = 1024 ** 2;
    const meminfo = {
      MemTotal: 32 * GiB,
      MemFree: 2 * GiB,
      AnonPages: 4 * GiB,
      Slab: 2 * GiB,
      KernelStack: 40 * MiB,
      Percpu: 300 * MiB,
      VmallocUsed: 240 * MiB,
      VmallocChunk: 0,
      Zswap: 150 * MiB,
      SwapCached: 500 * MiB,
      'Active(anon)': GiB,
      'Inactive(anon)': 3 * GiB + 120 * MiB,
    };
    const host = {
      meminfo,
      arc: { size: 15 * GiB, hdr_size: 60 * MiB, dnode_size: 40 * MiB },
      zram: [
        { device: 'zram0', stat: { mem_used_total: 500 * MiB } },
        { device: 'zram1', stat: { mem_used_total: 100 * MiB } },
      ],
      zoneinfo: { 'pagesets count': 25_600 },
    };
    const { parts } = ledger(sample({ host }))!;
    expect(parts).toMatchObject({
      arc: 15 * GiB,
      // Less what of it describes the ARC.
      slab: 2 * GiB - 100 * MiB,
      kernel_stack: 40 * MiB,
      percpu: 300 * MiB,
      // Stacks are such mappings, too.
      vmalloc: 200 * MiB,
      zram: 600 * MiB,
      zswap: 150 * MiB,
      // The rest of it is mapped, so it is in AnonPages.
      swap_cache: 120 * MiB,
      pcp_free: 100 * MiB,
      other_anon: 4 * GiB,
    });
    expect(parts.other_kernel).toBe(9 * GiB - (40 + 300 + 200 + 600 + 150 + 120 + 100 - 100) * MiB);
  });

  it('takes no addresses for memory, and zswap’s memory before meminfo told it from what zram leaves', () => {
    const older = { MemTotal: GiB, VmallocUsed: GiB, VmallocChunk: 34_359_000_000 };
    const zram = [{ device: 'zram0', stat: { mem_used_total: 300 * 4096 } }];
    const { parts } = ledger(sample({ host: { meminfo: older, vmstat: { nr_zspages: 1000 }, zram } }))!;
    expect(parts).toMatchObject({ vmalloc: 0, zram: 300 * 4096, zswap: 700 * 4096 });
  });

  it('counts what a process holds where the kernel tells VmRSS alone, and says so', () => {
    const meminfo = { MemTotal: 10 * GiB, AnonPages: 3 * GiB, Shmem: GiB, Cached: 2 * GiB };
    const pools = { HugePages_Total: 1024, HugePages_Free: 512, Hugepagesize: 2 * 1024 ** 2 };
    const old = (id: string, backend: 'anon' | 'shared' | 'hugetlb', VmRSS: number) =>
      guest({ id, launch: { backend }, process: { status: { VmRSS } } });
    const guests = [old('1.1', 'anon', 2 * GiB), old('2.2', 'shared', GiB), old('3.3', 'hugetlb', GiB / 2)];
    const account = ledger(sample({ host: { meminfo: { ...meminfo, ...pools } }, guests }))!;
    expect(account.parts).toMatchObject({
      guest_anon: 2.5 * GiB,
      other_anon: 0.5 * GiB,
      guest_shmem: GiB,
      guest_hugetlb: 0,
      other_hugetlb: GiB,
      free_hugetlb: GiB,
      cache: GiB,
    });
    expect(account.notes).toEqual([
      'kinds of RAM are not told (before 4.5): files that guests map count as theirs',
      'guests’ hugepages are not told (before 4.4): they are under others',
    ]);
  });

  it('tells a guest’s memory in files on a disk from the page cache', () => {
    const meminfo = { MemTotal: 10 * GiB, MemFree: GiB, AnonPages: GiB, Shmem: GiB, Cached: 5 * GiB };
    const parts = [{ use: 'base', kind: 'file', size: 4 * GiB }] as const;
    const status = { RssAnon: 0, RssShmem: 0, RssFile: 3 * GiB, VmExe: 0, VmLib: 0 };
    const one = guest({ launch: { size: 4 * GiB, parts, backend: 'shared' }, process: { status } });
    const { parts: told } = ledger(sample({ host: { meminfo }, guests: [one] }))!;
    expect(told).toMatchObject({ guest_file: 3 * GiB, guest_shmem: 0, other_shmem: GiB, cache: GiB });
    // The counters are of two moments: no more than there is.
    const late = guest({ launch: { size: 9 * GiB, parts }, process: { status: { ...status, RssFile: 9 * GiB } } });
    expect(ledger(sample({ host: { meminfo }, guests: [late] }))?.parts).toMatchObject({
      guest_file: 4 * GiB,
      cache: 0,
    });
  });

  it('says when it can’t tell whose pages KSM merged', () => {
    const host = { meminfo: { MemTotal: GiB, AnonPages: GiB }, ksm: { pages_shared: 10 } };
    expect(ledger(sample({ host, guests: [guest({ process: { status: {} } })] }))?.notes).toHaveLength(1);
  });

  it('is unknown without /proc/meminfo', () => {
    expect(ledger(sample({}))).toBeUndefined();
  });
});
