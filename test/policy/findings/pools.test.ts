import { describe, expect, it } from 'vitest';
import { hugepagesUnmerged, poolExhausted, poolIdle, poolUnbalanced } from '../../../src/policy/findings/pools.ts';
import type { HostSample, Numbers } from '../../../src/sample.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { capturedModel, withKsm, withMeminfo } from '../../actions/hosts.ts';
import { idleHost, line, remark, remarks, well } from './looks.ts';

/** The pool of 2 MiB pages of the whole host, or of a node, with other counts. */
const withPool =
  (counts: Numbers, node?: number) =>
  (host: HostSample): Partial<HostSample> => ({
    pools: (host.pools ?? []).map(pool =>
      pool.pageSize === 2 * MiB && pool.node === node ? { ...pool, counts: { ...pool.counts, ...counts } } : pool,
    ),
  });

const idle = withPool({ nr_hugepages: 2048, free_hugepages: 1100, resv_hugepages: 100 });

describe('a hugepage pool that nobody uses', () => {
  it('is shrunk by what is neither in use nor reserved', () => {
    const said = remark(poolIdle, [idleHost([], idle)]);
    expect(said).toMatchObject({ subject: 'pool of 2M pages', severity: 'notice' });
    expect(said.text).toMatch(/^1\.95 GiB of its 4\.00 GiB are neither in use nor reserved/);
    expect(line(said)).toBe('hugepages 2M 1048');
  });

  it('is a warning where the host is short', () => {
    const short = idleHost([], host => ({ ...idle(host), ...withMeminfo({ MemAvailable: GiB })(host) }));
    expect(remark(poolIdle, [short]).severity).toBe('warning');
  });

  it('is not told where it is used or reserved, or there is none', () => {
    expect(remarks(poolIdle, [idleHost([], withPool({ nr_hugepages: 2048, free_hugepages: 100 }))])).toEqual([]);
    const reserved = withPool({ nr_hugepages: 2048, free_hugepages: 1100, resv_hugepages: 1100 });
    expect(remarks(poolIdle, [idleHost([], reserved)])).toEqual([]);
    expect(remarks(poolIdle, [idleHost()])).toEqual([]);
  });
});

describe('a hugepage pool that is exhausted', () => {
  it('is worth knowing where it has its size', () => {
    const full = withPool({ surplus_hugepages: 0, nr_overcommit_hugepages: 0 });
    const said = remark(poolExhausted, [capturedModel('debian12-busy', full)]);
    expect(said).toMatchObject({ severity: 'notice', subject: 'pool of 2M pages' });
    expect(said.text).toBe('All of its 128 MiB are in use or reserved: one more guest on such pages does not start.');
    expect(said.advice).toMatch(/kvmtop do hugepages 2M \+COUNT/);
  });

  it('may grow on demand, and has a surplus where it was cut', () => {
    const growing = capturedModel('debian12-busy', withPool({ surplus_hugepages: 0 }));
    expect(remark(poolExhausted, [growing]).text).toMatch(
      /starts only if memory for them is found then \(up to 16\.0 MiB/,
    );
    const cut = capturedModel('debian12-busy', withPool({ nr_overcommit_hugepages: 0 }));
    expect(remark(poolExhausted, [cut])).toMatchObject({ severity: 'notice', advice: expect.any(String) });
  });

  it('keeps what it grew by, where it grew beyond its size', () => {
    const said = remark(poolExhausted, [capturedModel('debian12-busy')]);
    expect(said.severity).toBe('warning');
    expect(said.text).toMatch(/^All of its 128 MiB are in use or reserved, 96\.0 MiB of them beyond its size/);
    expect(line(said)).toBe('hugepages 2M 64');
  });

  it('is not told where a page is left, or there is no pool', () => {
    expect(remarks(poolExhausted, [capturedModel('debian12-busy', withPool({ free_hugepages: 1 }))])).toEqual([]);
    expect(remarks(poolExhausted, [idleHost()])).toEqual([]);
  });
});

describe('a hugepage pool of two nodes', () => {
  const lopsided = (free: number) => (host: HostSample) => ({
    pools:
      withPool(
        { nr_hugepages: 2000, free_hugepages: free },
        1,
      )({
        pools: withPool({ nr_hugepages: 32, free_hugepages: 0 }, 0)(host).pools ?? [],
      }).pools ?? [],
  });

  it('is told where one has none left and the other plenty', () => {
    const said = remark(poolUnbalanced, [capturedModel('two-nodes', lopsided(1900))]);
    expect(said.text).toBe(
      'Node 0 has no free page of it left, node 1 has 3.71 GiB: guests bound to node 0 do not start.',
    );
    expect(said.advice).toMatch(/hugepages 2M -COUNT node1, then kvmtop do hugepages 2M \+COUNT node0/);
  });

  it('is not told where both have none, and on hosts of one node', () => {
    expect(remarks(poolUnbalanced, [capturedModel('two-nodes', lopsided(0))])).toEqual([]);
    expect(remarks(poolUnbalanced, [idleHost([], idle)])).toEqual([]);
  });
});

describe('guests on hugepages', () => {
  const mixed = [well({ launch: { backend: 'hugetlb' } }), well({ id: '200.1', name: 'web-2' })];

  it('are named where KSM runs for others', () => {
    expect(remark(hugepagesUnmerged, [idleHost(mixed, withKsm({ run: 1 }))]).text).toBe(
      'KSM runs, but merges nothing of 1 guest of 2, whose memory is in hugepages: web-1. Balloons free nothing of them, either.',
    );
  });

  it('are no news where KSM is off, or nobody else is there', () => {
    expect(remarks(hugepagesUnmerged, [idleHost(mixed)])).toEqual([]);
    expect(remarks(hugepagesUnmerged, [idleHost(mixed.slice(0, 1), withKsm({ run: 1 }))])).toEqual([]);
    expect(remarks(hugepagesUnmerged, [idleHost(mixed.slice(1), withKsm({ run: 1 }))])).toEqual([]);
  });
});
