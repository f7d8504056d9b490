import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGigantic, nodeAvailable, persistent, poolChange } from '../../../src/actions/hugepages/pool.ts';
import { derive, type Model } from '../../../src/model.ts';
import { parseCall } from '../../../src/programs/options.ts';
import type { HostSample } from '../../../src/sample.ts';
import { GiB, KiB, MiB } from '../../../src/units.ts';
import { guest, sample } from '../../samples.ts';
import { capturedModel, planOf, undoLine, withMeminfo, writes } from '../hosts.ts';

const pool2M = '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages';
const pool1G = '/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages';

/** Other counts for the host's pool of 2 MiB pages. */
const withPool =
  (total: number, free: number, reserved: number, surplus = 0) =>
  (host: HostSample): Partial<HostSample> => ({
    pools: (host.pools ?? []).map(pool =>
      pool.pageSize === 2 * MiB && pool.node === undefined
        ? {
            ...pool,
            counts: {
              ...pool.counts,
              nr_hugepages: total,
              free_hugepages: free,
              resv_hugepages: reserved,
              surplus_hugepages: surplus,
            },
          }
        : pool,
    ),
  });

describe('gigantic pages begin where the page allocator ends', () => {
  it.each([
    ['x86', 4 * KiB, [2 * MiB], [GiB]],
    ['s390x', 4 * KiB, [MiB], [2 * GiB]],
    ['arm64 with 4 KiB', 4 * KiB, [64 * KiB, 2 * MiB], [32 * MiB, GiB]],
    ['arm64 with 16 KiB', 16 * KiB, [2 * MiB, 32 * MiB], [GiB]],
    ['arm64 with 64 KiB', 64 * KiB, [2 * MiB, 512 * MiB], [16 * GiB]],
    ['ppc64le', 64 * KiB, [2 * MiB, 16 * MiB], [GiB, 16 * GiB]],
  ])('%s', (_architecture, pageSize, whole, gigantic) => {
    const model = derive(undefined, sample({ pageSize }));
    expect([...whole, ...gigantic].filter(size => isGigantic(model, size))).toEqual(gigantic);
  });
});

describe('what the kernel makes of a number', () => {
  it.each([
    ['grows', { total: 64, free: 64, reserved: 0, surplus: 0 }, 100, { allocated: 36, freed: 0, surplus: 0 }],
    [
      'adopts surplus first',
      { total: 64, free: 0, reserved: 0, surplus: 48 },
      40,
      { allocated: 0, freed: 0, surplus: 24 },
    ],
    ['and then grows', { total: 64, free: 0, reserved: 0, surplus: 48 }, 70, { allocated: 6, freed: 0, surplus: 0 }],
    ['frees', { total: 64, free: 64, reserved: 0, surplus: 0 }, 10, { allocated: 0, freed: 54, surplus: 0 }],
    // As seen: writing 0 to a pool in use left total = surplus = 128.
    [
      'keeps pages in use',
      { total: 128, free: 0, reserved: 0, surplus: 0 },
      0,
      { allocated: 0, freed: 0, surplus: 128 },
    ],
    [
      'keeps reserved ones',
      { total: 128, free: 100, reserved: 30, surplus: 0 },
      0,
      { allocated: 0, freed: 70, surplus: 58 },
    ],
  ])('%s', (_what, pool, count, change) => {
    expect(poolChange(pool, count)).toEqual(change);
  });

  it('never gives away pages in use or reserved, and counts up', () => {
    const pool = fc
      .tuple(fc.nat(999), fc.nat(999), fc.nat(999), fc.nat(999))
      .map(([used, spareFree, reserved, surplus]) => {
        const total = used + spareFree + reserved;
        return { total, free: total - used, reserved, surplus: Math.min(surplus, total) };
      });
    fc.assert(
      fc.property(pool, fc.nat(4000), (before, count) => {
        const { allocated, freed, surplus } = poolChange(before, count);
        const total = before.total + allocated - freed;
        expect(total).toBeGreaterThanOrEqual(Math.min(before.total, before.total - before.free + before.reserved));
        // What the kernel compares with the number is what was asked for, and the rest is surplus.
        expect(total - surplus).toBe(count);
        expect(Math.min(allocated, freed)).toBe(0);
      }),
    );
  });
});

describe('hugepages', () => {
  it('grows where there is room, told with its owners', () => {
    const owner = guest({ name: 'big', process: { status: { HugetlbPages: 96 * MiB } } });
    const model = capturedModel('debian12-1node', () => ({}), [owner]);
    const plan = planOf(model, 'hugepages 2M 1024');
    expect(plan.refusal).toBeUndefined();
    expect(plan.steps).toEqual([{ kind: 'write', path: pool2M, value: '1024', before: '0' }]);
    expect(plan.summary).toBe('Grow the pool of 2 MiB pages from 0 to 1024 (2.00 GiB)');
    expect(plan.effect).toEqual([
      'host: 2.00 GiB leave the 23.1 GiB that are available, for hugepages alone',
      'host: 22.8 GiB are free, so it is expected to succeed',
      'held by guests: big 96.0 MiB',
    ]);
    expect(undoLine(plan)).toBe('hugepages 2M 0');
  });

  it('counts from what was asked for, not from surplus', () => {
    const model = capturedModel('debian12-busy');
    expect(undoLine(planOf(model, 'hugepages 2M 100'))).toBe('hugepages 2M 16');
    expect(planOf(model, 'hugepages 2M 16').refusal?.reason).toMatch(/16 pages already/);
    expect(writes(planOf(model, 'hugepages 2M +4'))).toEqual([`${pool2M}=20`]);
    expect(writes(planOf(model, 'hugepages 2M -6'))).toEqual([`${pool2M}=10`]);
  });

  it('says that pages in use become surplus', () => {
    const plan = planOf(capturedModel('debian12-1node', withPool(128, 28, 10)), 'hugepages 2M 40');
    expect(plan.refusal).toBeUndefined();
    expect(plan.effect).toContain('host: gets back 36.0 MiB');
    expect(plan.warnings).toEqual([expect.stringMatching(/^70 pages are in use or reserved: they stay as surplus/)]);
  });

  it('tells that pages of 1 GiB need contiguous memory', () => {
    const plan = planOf(capturedModel('debian12-1node'), 'hugepages 1G 4G');
    expect(writes(plan)).toEqual([`${pool1G}=4`]);
    expect(plan.effect.join()).toMatch(/in one piece: the kernel may give fewer/);
  });

  it('tells what must be taken from page cache, and warns of more than half', () => {
    const model = capturedModel('debian12-1node', withMeminfo({ MemFree: 4 * GiB, MemAvailable: 8 * GiB }));
    const plan = planOf(model, 'hugepages 2M 5G');
    expect(plan.refusal).toBeUndefined();
    expect(plan.effect.join()).toMatch(/only 4.00 GiB are free, the rest must be taken from page cache/);
    expect(plan.warnings.join()).toMatch(/more than half/);
  });

  it.each([
    ['into the reserve', '11900M', true, /482 MiB must stay for host itself/],
    ['beyond all', '13G', false, /needs 13.0 GiB, and 12.0 GiB are available/],
  ])('refuses to grow %s', (_what, size, forceable, reason) => {
    const model = capturedModel('debian12-1node', withMeminfo({ MemAvailable: 12 * GiB }));
    const { refusal } = planOf(model, `hugepages 2M ${size}`);
    expect(refusal?.reason).toMatch(reason);
    expect(refusal?.forceable).toBe(forceable);
  });

  it('refuses to grow where what is available is unknown', () => {
    const model = capturedModel('debian12-1node', ({ meminfo }) => {
      const { MemAvailable: _gone, ...rest } = meminfo ?? {};
      return { meminfo: rest };
    });
    expect(planOf(model, 'hugepages 2M 1').refusal?.reason).toMatch(/unknown/);
  });
});

describe('the pool of a node', () => {
  const model = (change?: (host: HostSample) => Partial<HostSample>): Model => capturedModel('two-nodes', change);
  const node1 = '/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages';

  it.each(['2M 64 1', '2M 64 node1', '2M node1 64', '2M 64 --node 1'])('is meant by %j', words => {
    const plan = planOf(model(), `hugepages ${words}`);
    expect(plan.steps).toEqual([{ kind: 'write', path: node1, value: '64', before: '16' }]);
    expect(plan.effect[1]).toBe('node 1: 17.7 GiB are free, so it is expected to succeed');
    expect(undoLine(plan)).toBe('hugepages 2M node1 8');
  });

  it('has a count equal to its node', () => {
    expect(writes(planOf(model(), 'hugepages 1G 1 1'))).toEqual([
      '/sys/devices/system/node/node1/hugepages/hugepages-1048576kB/nr_hugepages=1',
    ]);
  });

  it('has room of its own', () => {
    // Node 0 has 3.58 GiB free of 5.71, though the host has 21.9 GiB available.
    expect(planOf(model(), 'hugepages 2M 6G node0').refusal).toMatchObject({ forceable: false });
    expect(planOf(model(), 'hugepages 2M 6G').refusal).toBeUndefined();
    expect(planOf(model(), 'hugepages 2M 6G').effect).toContain('nodes 0, 1: about 1536 pages each');
  });

  it('counts half of what can be reclaimed there, as MemAvailable does', () => {
    const host = {
      nodes: [{ id: 1, meminfo: { MemFree: 100, 'Active(file)': 30, 'Inactive(file)': 20, SReclaimable: 10 } }],
    };
    const of = derive(undefined, sample({ host }));
    expect(nodeAvailable(of, of.nodes[0]!)).toBe(130);
    const blind = derive(undefined, sample({ host: { nodes: [{ id: 1, meminfo: { SReclaimable: 10 } }] } }));
    expect(nodeAvailable(blind, blind.nodes[0]!)).toBeUndefined();
  });

  it('is the host’s where there is one node', () => {
    const plan = planOf(capturedModel('debian12-1node'), 'hugepages 2M 8G node0');
    expect(plan.refusal).toBeUndefined();
    expect(writes(plan)[0]).toMatch(/node0\/hugepages\/hugepages-2048kB\/nr_hugepages=4096$/);
  });

  it('comes as a flag of `do`', () => {
    const words = ['do', 'hugepages', '2M', '8', '--node', '1', '--dry-run'];
    expect(parseCall(words).options.words).toEqual(['hugepages', '2M', '8', 'node1']);
    expect(() => parseCall(['snapshot', '--node', '1'])).toThrow(/does not go with snapshot/);
  });

  it.each(['2M 64 7', '2M 64 node7', '2M 64 nodeX'])('is not there in %j', words => {
    expect(() => planOf(model(), `hugepages ${words}`)).toThrow(/no node '.*': there are 0, 1/);
  });
});

describe('the words of hugepages', () => {
  it.each(['', '2M', '3M 1', '4K 1', '2M many', '2M -1', '2M 1.5', '2M 0x10', '2M 1 0 0', '2M 1e9'])(
    'refuse %j',
    words => {
      expect(() => planOf(capturedModel('debian12-1node'), `hugepages ${words}`.trim())).toThrow(
        /takes SIZE COUNT|no pool|no number of pages|only 0 pages|no node/,
      );
    },
  );

  it('write only a pool’s file and a natural number, whatever they are', () => {
    const model = capturedModel('two-nodes');
    const word = fc.oneof(fc.constantFrom('2M', '1G', 'node0', '1', '+5', '8G', '-1'), fc.string());
    fc.assert(
      fc.property(fc.array(word, { maxLength: 4 }), words => {
        let plan: ReturnType<typeof planOf>;
        try {
          plan = planOf(model, ['hugepages', ...words].join(' '));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          return;
        }
        for (const write of writes(plan)) expect(write).toMatch(/\/hugepages-\d+kB\/nr_hugepages=\d+$/);
      }),
    );
  });

  it('counts persistent pages', () => {
    expect(persistent({ total: 64, free: 0, reserved: 0, surplus: 48 })).toBe(16);
  });
});

describe('hugepages-overcommit', () => {
  it('sets how far a pool may grow, and undoes it', () => {
    const plan = planOf(capturedModel('debian12-busy'), 'hugepages-overcommit 2M 16');
    expect(plan.refusal).toBeUndefined();
    expect(writes(plan)).toEqual(['/sys/kernel/mm/hugepages/hugepages-2048kB/nr_overcommit_hugepages=16']);
    expect(plan.warnings).toEqual([expect.stringMatching(/48 pages are there beyond/)]);
    expect(undoLine(plan)).toBe('hugepages-overcommit 2M 8');
  });

  it('warns of more than the host can spare', () => {
    expect(planOf(capturedModel('debian12-1node'), 'hugepages-overcommit 2M 20000').warnings.join()).toMatch(
      /can spare only 22.6 GiB/,
    );
  });

  it.each([
    ['2M 8', /8 already/],
    ['1G 1', /only in advance/],
  ])('refuses %s', (words, reason) => {
    expect(planOf(capturedModel('debian12-busy'), `hugepages-overcommit ${words}`).refusal?.reason).toMatch(reason);
  });

  it.each(['2M', '2M x', '2M -1', '2M 1 2'])('takes no %j', words => {
    expect(() => planOf(capturedModel('debian12-busy'), `hugepages-overcommit ${words}`)).toThrow(/takes SIZE COUNT/);
  });
});
