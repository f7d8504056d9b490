import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actions } from '../../../src/actions/actions.ts';
import {
  isGigantic,
  nodeAvailable,
  nodePoolChange,
  parsePageSize,
  persistent,
  poolChange,
  poolCounts,
  poolOwners,
} from '../../../src/actions/hugepages/pool.ts';
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

describe('what the kernel makes of the number of a node', () => {
  const host = { total: 100, free: 40, reserved: 30, surplus: 0 };
  it.each([
    // Of the 40 that are free 30 are reserved somewhere: only 10 go back.
    [
      'what is reserved stays',
      { total: 50, free: 40, reserved: 0, surplus: 0 },
      10,
      { allocated: 0, freed: 10, surplus: 30 },
    ],
    [
      'less than that goes',
      { total: 50, free: 40, reserved: 0, surplus: 0 },
      45,
      { allocated: 0, freed: 5, surplus: 0 },
    ],
    ['all in use', { total: 50, free: 0, reserved: 0, surplus: 0 }, 10, { allocated: 0, freed: 0, surplus: 40 }],
    ['growing', { total: 50, free: 40, reserved: 0, surplus: 0 }, 60, { allocated: 10, freed: 0, surplus: 0 }],
  ])('%s', (_what, node, count, change) => {
    expect(nodePoolChange(host, node, count)).toEqual(change);
  });
});

describe('a pool', () => {
  const pool = (
    pageSize: number,
    node?: number,
    counts: Record<string, number> = { nr_hugepages: 8, free_hugepages: 3 },
  ) => ({
    pageSize,
    counts,
    ...(node === undefined ? {} : { node }),
  });
  const modelWith = (pools: HostSample['pools'], nodes: readonly number[] = [0]): Model =>
    derive(undefined, sample({ host: { pools: pools ?? [], nodes: nodes.map(id => ({ id, meminfo: {} })) } }));
  const counts = { total: 8, free: 3, reserved: 0, surplus: 0 };

  it('is of its page size and its node; that of the only node is the host’s', () => {
    const both = modelWith(
      [pool(GiB), pool(2 * MiB, undefined, { nr_hugepages: 1, free_hugepages: 1 }), pool(2 * MiB, 1)],
      [0, 1],
    );
    expect(poolCounts(both, GiB, undefined)).toEqual(counts);
    expect(poolCounts(both, 2 * MiB, 1)).toEqual(counts);
    expect(poolCounts(both, 2 * MiB, 0)).toBeUndefined();
    expect(poolCounts(modelWith([pool(GiB)]), GiB, 0)).toEqual(counts);
    expect(poolCounts(modelWith([pool(GiB)]), GiB, 1)).toBeUndefined();
    expect(poolCounts(modelWith([pool(GiB, 1)], [0]), GiB, 0)).toBeUndefined();
    expect(poolCounts(derive(undefined, sample({})), GiB, undefined)).toBeUndefined();
  });

  it('is unknown without its total or what is free', () => {
    for (const known of [{ nr_hugepages: 8 }, { free_hugepages: 8 }])
      expect(poolCounts(modelWith([pool(GiB, undefined, known)]), GiB, undefined)).toBeUndefined();
    const all = { nr_hugepages: 8, free_hugepages: 3, resv_hugepages: 2, surplus_hugepages: 1 };
    expect(poolCounts(modelWith([pool(GiB, undefined, all)]), GiB, undefined)).toEqual({
      ...counts,
      reserved: 2,
      surplus: 1,
    });
    const blind = modelWith([pool(GiB, undefined, { nr_hugepages: 8 })]);
    expect(planOf(blind, 'hugepages-overcommit 1G 1').refusal?.reason).toMatch(/only in advance/);
    expect(actions.get('hugepages')?.hint?.(blind, ['1G'])).toBe('its counts are unknown');
    expect(() => planOf(blind, 'hugepages 1G +1')).toThrow(/no number of pages/);
    expect(planOf(blind, 'hugepages 1G 1').refusal).toEqual({ reason: 'its counts are unknown', forceable: false });
  });

  it('is meant by its page size, and told where there is none', () => {
    const model = modelWith([pool(2 * MiB), pool(2 * MiB, 0), pool(GiB)]);
    expect(['2M', '2048K', '1G'].map(word => parsePageSize(model, word))).toEqual([2 * MiB, 2 * MiB, GiB]);
    expect(() => parsePageSize(model, '4M')).toThrow("no pool of hugepages of '4M': there are 2M, 1G");
    expect(() => parsePageSize(model, 'x')).toThrow(/of 'x'/);
    expect(() => parsePageSize(modelWith([]), '2M')).toThrow(/there are none at all, or none were read$/);
  });

  it('is held by guests, the largest first, the rest as a number', () => {
    const holds = (name: string, mib: number | undefined) =>
      guest({ id: `${name}.1`, name, process: { status: mib === undefined ? {} : { HugetlbPages: mib * MiB } } });
    const told = (...guests: ReturnType<typeof holds>[]) => poolOwners(derive(undefined, sample({ guests })));
    const four = [holds('a', 2), holds('b', 8), holds('c', 4), holds('d', 6)];
    expect(told()).toEqual([]);
    expect(told(holds('a', 0), holds('b', undefined))).toEqual([]);
    expect(told(...four)).toEqual(['held by guests: b 8.00 MiB, d 6.00 MiB, c 4.00 MiB, a 2.00 MiB']);
    expect(told(holds('none', 0), ...four, holds('e', 1), holds('f', 1))).toEqual([
      'held by guests: b 8.00 MiB, d 6.00 MiB, c 4.00 MiB, a 2.00 MiB, 2 more',
    ]);
  });
});

describe('hugepages', () => {
  it('goes back to what was there, with what it takes or gives back foreseen', () => {
    const model = capturedModel('debian12-1node', withPool(128, 100, 0));
    const plan = planOf(model, 'hugepages 2M 64');
    const { mem_available, hugetlb_total, commit_limit } = model.host.values;
    expect(plan).toEqual({
      request: { action: 'hugepages', words: ['2M', '64'] },
      subject: 'hugepages',
      summary: 'Shrink the pool of 2 MiB pages from 128 to 64 (128 MiB)',
      steps: [{ kind: 'write', path: pool2M, value: '64', before: '128' }],
      effect: ['host: gets back 128 MiB'],
      warnings: [],
      forecasts: [
        {
          assumes: 'at once',
          moves: [{ from: 'free_hugetlb', to: 'free', bytes: 128 * MiB }],
          host: {
            mem_available: mem_available! + 128 * MiB,
            mem_available_with_arc: mem_available! + 128 * MiB,
            hugetlb_total: hugetlb_total! - 128 * MiB,
            // Half of it may be promised.
            commit_limit: expect.closeTo(commit_limit! + 64 * MiB, -5),
          },
        },
      ],
      undo: { action: 'hugepages', words: ['2M', '128'] },
    });
    const grown = planOf(model, 'hugepages 2M 130').forecasts?.[0];
    expect(grown).toMatchObject({
      assumes: 'if the kernel finds them all',
      moves: [{ from: 'free', to: 'free_hugetlb', bytes: 4 * MiB }],
      host: { mem_available: mem_available! - 4 * MiB, hugetlb_total: hugetlb_total! + 4 * MiB },
    });
    // What only changes names moves nothing.
    expect(planOf(capturedModel('debian12-1node', withPool(64, 0, 0, 48)), 'hugepages 2M 40')).not.toHaveProperty(
      'forecasts',
    );
  });

  it('refuses and warns to the byte', () => {
    const available = (bytes: number) =>
      planOf(
        capturedModel('debian12-1node', withMeminfo({ MemAvailable: bytes, MemFree: 2 * GiB })),
        'hugepages 2M 2G',
      );
    const { mem_total, min_free } = capturedModel('debian12-1node').host.values;
    const kept = Math.max(min_free!, 0.02 * mem_total!);
    expect(available(2 * GiB - 1).refusal).toMatchObject({ forceable: false });
    expect(available(2 * GiB).refusal).toMatchObject({ forceable: true });
    expect(available(Math.floor(2 * GiB + kept)).refusal).toMatchObject({ forceable: true });
    expect(available(Math.ceil(2 * GiB + kept)).refusal).toBeUndefined();
    expect(available(4 * GiB - 1).warnings).toEqual([expect.stringMatching(/^that is more than half/)]);
    expect(available(4 * GiB).warnings).toEqual([]);
    expect(available(4 * GiB).effect).toContain('host: 2.00 GiB are free, so it is expected to succeed');
    const less = capturedModel('debian12-1node', withMeminfo({ MemFree: 2 * GiB - 1 }));
    expect(planOf(less, 'hugepages 2M 2G').effect[1]).toMatch(/^host: only 2.00 GiB are free, the rest/);
  });

  it.each([
    ['64', 64],
    ['0', 0],
    ['+16', 80],
    ['-64', 0],
    ['999999999', 999_999_999],
    ['3M', 2],
    ['4M', 2],
  ])('takes %s pages', (word, count) => {
    expect(actions.get('hugepages')?.parse(capturedModel('debian12-1node', withPool(64, 64, 0)), ['2M', word])).toEqual(
      {
        pageSize: 2 * MiB,
        node: undefined,
        count,
      },
    );
  });

  it.each([
    ['-65', /the pool has only 64 pages/],
    ['x64', /no number of pages/],
    ['64x', /no number of pages/],
    ['1000000000', /no number of pages/],
    ['64 5 6', /takes SIZE COUNT/],
    ['64 nodes', /takes SIZE COUNT|no node/],
    ['64 xnode0', /no node 'xnode0'/],
  ])('takes no %s', (words, reason) => {
    expect(() => planOf(capturedModel('debian12-1node', withPool(64, 64, 0)), `hugepages 2M ${words}`)).toThrow(reason);
  });

  it('tells the counts and the room while it is typed', () => {
    const hint = (model: Model, ...words: string[]) => actions.get('hugepages')?.hint?.(model, words);
    expect(hint(capturedModel('debian12-1node', withPool(128, 28, 10, 5)), '2M')).toBe(
      '123 pages, 28 free, 10 reserved, 5 surplus; 23.1 GiB available',
    );
    expect(hint(capturedModel('two-nodes'), '2M', 'node1')).toMatch(/^8 pages, \d+ free, 8 surplus; 1[78]\.\d GiB/);
    expect(() => hint(capturedModel('two-nodes'), '2M', 'node7')).toThrow(/no node '7'/);
    expect(() => hint(capturedModel('two-nodes'))).toThrow(/no pool of hugepages of ''/);
    const blind = capturedModel('debian12-1node', () => ({ meminfo: {} }));
    expect(hint(blind, '2M')).toBe('0 pages, 0 free, 0 reserved, 0 surplus; – available');
  });

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

  it('has a part of the host’s reserve, by its size', () => {
    const { nodes, host } = model();
    const node = nodes.find(({ id }) => id === 0)!;
    const available = nodeAvailable(model(), node)!;
    const kept = (0.02 * host.values.mem_outside_pools! * node.values.mem_total!) / host.values.mem_total!;
    const pages = Math.floor((available - kept) / (2 * MiB));
    const refusal = (more: number) => planOf(model(), `hugepages 2M +${pages + more} node0`).refusal;
    const adopted = poolCounts(model(), 2 * MiB, 0)!.surplus;
    expect(refusal(adopted)).toBeUndefined();
    expect(refusal(adopted + 1)).toMatchObject({
      forceable: true,
      reason: expect.stringMatching(/must stay for node 0 itself$/),
    });
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

  it('is planned whole, warned of to the byte, and told while it is typed', () => {
    const model = (available: number) => capturedModel('debian12-1node', withMeminfo({ MemAvailable: available }));
    const request = { action: 'hugepages-overcommit', words: ['2M', '512'] };
    const { mem_total, min_free } = model(0).host.values;
    const kept = Math.ceil(Math.max(min_free!, 0.02 * mem_total!));
    expect(planOf(model(GiB + kept), 'hugepages-overcommit 2M 512')).toEqual({
      request,
      subject: 'hugepages',
      summary: 'Let the pool of 2 MiB pages grow by 512 on demand (1.00 GiB)',
      steps: [
        {
          kind: 'write',
          path: '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_overcommit_hugepages',
          value: '512',
          before: '0',
        },
      ],
      effect: ['host: takes nothing now; up to 1.00 GiB when a program asks for more than the pool has'],
      warnings: [],
      undo: { action: 'hugepages-overcommit', words: ['2M', '0'] },
    });
    expect(planOf(model(GiB + kept - 2), 'hugepages-overcommit 2M 512').warnings).toEqual([
      'the host can spare only 1.00 GiB: a guest that counts on more can die when it touches it',
    ]);
    expect(planOf(model(0), 'hugepages-overcommit 2M 512').warnings).toEqual([expect.stringMatching(/only 0 B:/)]);
    const hint = (model: Model, ...words: string[]) => actions.get('hugepages-overcommit')?.hint?.(model, words);
    expect(hint(model(GiB + kept), '2M')).toBe('now 0 pages; the host can spare 1.00 GiB');
    expect(() => hint(model(0))).toThrow(/no pool of hugepages of ''/);
    const older = capturedModel('debian12-1node', ({ pools }) => ({
      pools: (pools ?? []).map(pool => ({ ...pool, counts: { nr_hugepages: 1 } })),
    }));
    expect(hint(older, '2M')).toMatch(/^now unknown pages/);
    expect(planOf(older, 'hugepages-overcommit 2M 5').refusal?.reason).toBe('its setting is unknown');
  });

  it('warns of surplus beyond it, and not of less than before', () => {
    const busy = capturedModel('debian12-busy', withMeminfo({ MemAvailable: 0 }));
    expect(planOf(busy, 'hugepages-overcommit 2M 7').warnings).toEqual([expect.stringMatching(/^48 pages are there/)]);
    expect(planOf(capturedModel('debian12-busy'), 'hugepages-overcommit 2M 48').warnings).toEqual([]);
    expect(planOf(capturedModel('debian12-busy'), 'hugepages-overcommit 2M 47').warnings).toHaveLength(1);
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

  it.each(['2M', '2M x', '2M 1x', '2M -1', '2M 1 2', '2M 1000000000'])('takes no %j', words => {
    expect(() => planOf(capturedModel('debian12-busy'), `hugepages-overcommit ${words}`)).toThrow(/takes SIZE COUNT/);
  });
});
