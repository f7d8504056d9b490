import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupBytes, ledger, ledgerGroups, ledgerParts } from '../src/ledger.ts';
import type { Numbers } from '../src/sample.ts';
import { guest, sample } from './samples.ts';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

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
            { pageSize: 2 * MiB, counts: { nr_hugepages: 1024, free_hugepages: 512 } },
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
    const pools = { HugePages_Total: 1024, HugePages_Free: 512, Hugepagesize: 2 * MiB };
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
    expect(ledger(sample({ host, guests: [guest({ process: { status: {} } })] }))?.notes).toEqual([
      'whose pages KSM merged is not known: guests may be counted too high',
    ]);
  });

  it('says how many guests could not be read', () => {
    const gone = (id: string) => guest({ id, process: {} });
    const account = ledger(
      sample({ host: { meminfo: { MemTotal: GiB, AnonPages: GiB } }, guests: [gone('1.1'), gone('2.2')] }),
    );
    expect(account?.notes).toEqual(['2 guests could not be read: their memory is under others']);
    expect(account?.parts).toMatchObject({ guest_anon: 0, other_anon: GiB });
  });

  /** Each part has an amount of its own, of which no sum of others is a part. MiB. */
  const whole = {
    guest_anon: 1100,
    guest_shmem: 130,
    guest_file: 270,
    guest_hugetlb: 512,
    ksm: 64,
    other_hugetlb: 256,
    free_hugetlb: 1024,
    other_anon: 777,
    other_shmem: 55,
    cache: 3000,
    arc: 2000,
    swap_cache: 33,
    zram: 21,
    zswap: 17,
    slab: 401,
    page_tables: 29,
    kernel_stack: 11,
    percpu: 19,
    vmalloc: 7,
    pcp_free: 5,
    other_kernel: 83,
    free: 1500,
  } as const;
  const total = Object.values(whole).reduce((sum, part) => sum + part, 0);
  const status = {
    RssAnon: (whole.guest_anon + 100) * MiB,
    RssShmem: whole.guest_shmem * MiB,
    RssFile: whole.guest_file * MiB,
    VmExe: 0,
    VmLib: 0,
    HugetlbPages: whole.guest_hugetlb * MiB,
  };
  const parts = [{ use: 'base', kind: 'file', size: whole.guest_file * MiB }] as const;
  const wholeSample = sample({
    host: {
      meminfo: Object.fromEntries(
        Object.entries({
          MemTotal: total,
          MemFree: whole.free,
          AnonPages: whole.guest_anon + whole.ksm + whole.other_anon,
          Shmem: whole.guest_shmem + whole.other_shmem,
          Cached: whole.guest_file + whole.cache + whole.guest_shmem + whole.other_shmem - 40,
          Buffers: 40,
          // 1 + 2 + 3 + 4 MiB of it describe the ARC.
          Slab: whole.slab + 10,
          PageTables: whole.page_tables - 9,
          SecPageTables: 9,
          KernelStack: whole.kernel_stack,
          ShadowCallStack: 2,
          VmallocUsed: whole.vmalloc + whole.kernel_stack + 2,
          VmallocChunk: 0,
          Percpu: whole.percpu,
          Zswap: whole.zswap,
          SwapCached: 2 * whole.swap_cache,
          'Active(anon)': whole.guest_anon + whole.ksm + whole.guest_shmem,
          'Inactive(anon)': whole.other_anon - 70 + whole.other_shmem + whole.swap_cache,
          Unevictable: 70,
        }).map(([key, amount]) => [key, amount * MiB]),
      ),
      arc: {
        size: whole.arc * MiB,
        hdr_size: MiB,
        l2_hdr_size: 2 * MiB,
        dbuf_size: 3 * MiB,
        dnode_size: 4 * MiB,
      },
      ksm: { pages_shared: whole.ksm * 256, pages_sharing: 100 * 256 - whole.ksm * 256 },
      pools: [
        {
          pageSize: 2 * MiB,
          counts: {
            nr_hugepages: (whole.guest_hugetlb + whole.other_hugetlb + whole.free_hugetlb) / 2,
            free_hugepages: whole.free_hugetlb / 2,
          },
        },
      ],
      zoneinfo: { 'pagesets count': whole.pcp_free * 256 },
      zram: [{ device: 'zram0', stat: { mem_used_total: whole.zram * MiB } }],
    },
    guests: [
      guest({
        launch: { size: 4 * GiB, parts, backend: 'anon' },
        process: { status, ksm_stat: { ksm_merging_pages: 100 * 256 } },
      }),
    ],
  });

  it('tells each part from all others', () => {
    expect(ledger(wholeSample)).toEqual({
      total: total * MiB,
      parts: Object.fromEntries(Object.entries(whole).map(([part, amount]) => [part, amount * MiB])),
      notes: [],
    });
  });

  it('has each part but free memory in one group', () => {
    const account = ledger(wholeSample)!;
    const groups = Object.keys(ledgerGroups) as (keyof typeof ledgerGroups)[];
    expect(groups.flatMap(group => ledgerGroups[group].parts).toSorted()).toEqual(
      Object.keys(ledgerParts)
        .filter(part => part !== 'free')
        .toSorted(),
    );
    expect(Object.fromEntries(groups.map(group => [group, groupBytes(account, group) / MiB]))).toEqual({
      guests: 1100,
      shared: 400,
      ksm: 64,
      huge: 768,
      pool_free: 1024,
      others: 832,
      cache: 5000,
      kernel: 626,
    });
  });

  it('takes no more for a part than there is', () => {
    const meminfo = { MemTotal: 3 * GiB, AnonPages: GiB };
    const ksm = { pages_shared: (2 * GiB) / 4096 };
    const pools = [{ pageSize: GiB, counts: { nr_hugepages: 1, free_hugepages: 3 } }];
    expect(ledger(sample({ host: { meminfo, ksm, pools } }))?.parts).toMatchObject({
      ksm: GiB,
      other_anon: 0,
      free_hugetlb: GiB,
      other_hugetlb: 0,
      other_kernel: GiB,
    });
  });

  it('is unknown without /proc/meminfo', () => {
    expect(ledger(sample({}))).toBeUndefined();
  });
});
