import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guestColumns, hostColumns, nodeColumns, poolColumns } from '../../src/export/columns.ts';
import { jsonText, toJson } from '../../src/export/json.ts';
import { derive } from '../../src/model.ts';
import { sample } from '../samples.ts';
import { findings, model, named, samples, steering } from './models.ts';

/** What scripts rely on, from the command line's contract. */
const promised = {
  host: `mem_total mem_free mem_available buffers cached slab page_tables kernel_stack anon_pages shmem swap_total
    swap_free swap_cached dirty writeback commit_limit committed_as swap_in_rate swap_out_rate major_faults_rate
    psi_mem_some_avg10 psi_mem_full_avg10 swappiness overcommit_memory overcommit_ratio ksm_run ksm_pages_shared
    ksm_pages_sharing ksm_saved ksm_profit ksm_full_scans hugetlb_total`,
  pool: 'total free reserved surplus overcommit',
  guest: `mem_size mem_max balloon_actual balloon_target guest_total guest_free guest_available guest_caches guest_used
    guest_swap_in_rate guest_swap_out_rate guest_major_faults_rate stats_age rss rss_anon rss_shmem rss_file swap hugetlb
    ksm_merging ksm_profit host_major_faults_rate`,
};
const list = (ids: string): string[] => ids.split(/\s+/);

describe('the contract', () => {
  test('the whole object', async () => {
    await expect(`${jsonText(toJson(model(), findings()), 'indented')}\n`).toMatchFileSnapshot(
      '../../snapshots/snapshot.json',
    );
  });

  test.each([
    ['host', hostColumns, promised.host],
    ['pool', poolColumns, promised.pool],
    ['guest', guestColumns, promised.guest],
  ] as const)('every promised field of a %s is there', (_subject, columns, ids) => {
    expect(columns.map(column => column.name)).toEqual(expect.arrayContaining(list(ids)));
  });

  test('no number takes the name of another, or of a word beside it', () => {
    const words = { host: [], node: ['id'], pool: ['page_size', 'node'] };
    const ofGuest = ['id', 'name', 'pid', 'vmm', 'manager', 'backend', 'monitor', 'state'];
    for (const [columns, taken] of [
      [hostColumns, words.host],
      [nodeColumns, words.node],
      [poolColumns, words.pool],
      [guestColumns, ofGuest],
    ] as const) {
      const names = [...taken, ...columns.map(column => column.name)];
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test('counters are a rate per second and a total, gauges are themselves', () => {
    const { host, guests, interval, time } = toJson(model());
    expect(time).toBe('2027-01-15T08:00:00.000Z');
    expect(interval).toBe(2);
    expect(host).toMatchObject({ mem_total: 24684084 * 1024, swap_in_rate: 5 * 4096, major_faults_rate: 15 });
    expect(guests[0]).toMatchObject({
      id: '100.5000',
      name: 'web-1',
      pid: 100,
      vmm: 'qemu',
      manager: 'proxmox',
      backend: 'anon',
      monitor: 'ok',
      state: 'running',
      balloon_actual: 3 * 1024 ** 3,
      guest_major_faults_rate: 20,
      guest_major_faults_total: 140,
      host_major_faults_rate: 0,
      host_major_faults_total: 50,
      ksm_profit: -64,
      stats_age: 1,
    });
  });

  test('a first look has totals and no rates of its own', () => {
    const { host, interval } = toJson(derive(undefined, samples()[1]));
    expect(interval).toBeUndefined();
    expect(host['swap_in_total']).toBeGreaterThan(0);
    expect(Object.keys(host).filter(name => name.endsWith('_rate'))).toEqual([]);
  });

  test('what is unknown is absent', () => {
    const { guests, ...rest } = toJson(derive(undefined, sample({ guests: [named('dark')] })));
    expect(rest).toEqual({
      version: 1,
      time: '2027-01-15T08:00:00.000Z',
      host: { guests: 1 },
      nodes: [],
      pools: [],
      swaps: [],
      findings: [],
      problems: [],
    });
    expect(guests).toEqual([
      { id: '100.5000', name: 'dark', pid: 100, vmm: 'qemu', monitor: 'unasked', state: 'unknown' },
    ]);
  });

  test('pools of a node name it, and those of the whole host do not', () => {
    const { pools } = toJson(model());
    expect(pools.map(({ page_size, node }) => [page_size, node])).toEqual([
      [2 * 1024 ** 2, undefined],
      [1024 ** 3, undefined],
      [2 * 1024 ** 2, 0],
      [1024 ** 3, 0],
      [2 * 1024 ** 2, 1],
      [1024 ** 3, 1],
    ]);
  });

  test('the ledger sums to the host’s memory', () => {
    const { ledger, host } = toJson(model());
    expect(Object.values(ledger?.parts ?? {}).reduce((sum, part) => sum + part, 0)).toBe(host['mem_total']);
  });
});

describe('findings', () => {
  test('are told in words, with the words of `kvmtop do` that would help, and nothing else', () => {
    const fix = { action: 'balloon', words: ['100.5000', '1073741824B'] };
    const told = { severity: 'warning', subject: 'web-1', text: 'It has more than it needs.' } as const;
    const finding = { id: 'balloon-forgotten', ...told, strategy: 'balloon', since: 7, numbers: { held: 1 } } as const;
    expect(toJson(model(), [{ ...finding, fix }, finding]).findings).toEqual([
      { id: 'balloon-forgotten', ...told, fix: ['balloon', '100.5000', '1073741824B'] },
      { id: 'balloon-forgotten', ...told },
    ]);
  });
});

describe('hostile text', () => {
  test.each(['line', 'indented'] as const)('is harmless as %s, and parses back to what it was', shape => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary-ascii' }), (name, message) => {
        const hostile = derive(
          undefined,
          sample({ guests: [named(name)], problems: [{ source: `guest ${name}`, message }] }),
        );
        const [first] = findings();
        const json = toJson(hostile, first ? [{ ...first, subject: name, text: message }] : []);
        expect(json.findings[0]?.subject).toBe(name);
        const printed = jsonText(json, shape);
        expect(printed).not.toMatch(steering);
        if (shape === 'line') expect(printed).not.toContain('\n');
        expect(JSON.parse(printed)).toEqual(json);
      }),
    );
  });

  test('such as C1 controls, direction overrides and half a surrogate pair', () => {
    const name = 'a\u009b2J\u007f\u202e\u2028\ud800"\\';
    const printed = jsonText(toJson(model([named(name)])), 'line');
    expect(printed).toContain(String.raw`"name":"a\u009b2J\u007f\u202e\u2028\ud800\"\\"`);
    expect(JSON.parse(printed).guests[0].name).toBe(name);
  });
});
