import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDesk } from '../pty/kvmtop.ts';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { type Lab, startLab } from './lab.ts';
import { insideOf, kilobytes, knob, merged, mib, numbersOf, prefix, setInterval } from './oracle.ts';

type Numbers = Readonly<Record<string, number>>;

/** `free -b`: the rows Mem and Swap. */
const free = (): Numbers => {
  const text = execFileSync('free', ['-b', '-w'], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  const [titles = [], ...rows] = text
    .trimEnd()
    .split('\n')
    .map(line => line.trim().split(/\s+/));
  return Object.fromEntries(
    rows.flatMap(([name = '', ...values]) => values.map((value, at) => [`${name}${titles[at]}`, Number(value)])),
  );
};

/** All that is compared, under the names that the snapshot gives it. */
const host = (): Numbers => {
  const own = free();
  const meminfo = kilobytes('/proc/meminfo');
  const ksm = (name: string): number => knob(`/sys/kernel/mm/ksm/${name}`);
  const entries = {
    mem_total: own['Mem:total'],
    mem_free: own['Mem:free'],
    mem_available: own['Mem:available'],
    swap_total: own['Swap:total'],
    swap_free: own['Swap:free'],
    buffers: meminfo.get('Buffers'),
    cached: meminfo.get('Cached'),
    slab: meminfo.get('Slab'),
    page_tables: meminfo.get('PageTables'),
    kernel_stack: meminfo.get('KernelStack'),
    anon_pages: meminfo.get('AnonPages'),
    shmem: meminfo.get('Shmem'),
    commit_limit: meminfo.get('CommitLimit'),
    committed_as: meminfo.get('Committed_AS'),
    hugetlb_total: meminfo.get('Hugetlb'),
    ksm_run: ksm('run'),
    ksm_pages_shared: ksm('pages_shared'),
    ksm_pages_sharing: ksm('pages_sharing'),
    ksm_saved: (ksm('pages_sharing') + ksm('ksm_zero_pages')) * 4096,
    swappiness: knob('/proc/sys/vm/swappiness'),
    overcommit_memory: knob('/proc/sys/vm/overcommit_memory'),
  };
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, value ?? Number.NaN]));
};

/** These don't move while nobody changes the host. */
const exact = ['mem_total', 'swap_total', 'hugetlb_total', 'ksm_run', 'swappiness', 'overcommit_memory'];

/** Between the reading before and the one after, with so much to spare for what rose and fell in between. */
const between = (value: number | undefined, before: number, after: number, slack: number): boolean =>
  value !== undefined && value >= Math.min(before, after) - slack && value <= Math.max(before, after) + slack;

describeLab('snapshot --json on real guests', () => {
  let lab: Lab<'id' | 'noid' | 'bare' | 'nodriver' | 'hugetlb' | 'memfd' | 'twinA' | 'twinB' | 'paused' | 'odd'>;
  const desk = openDesk();
  beforeAll(async () => {
    lab = await startLab(undefined, prefix);
    const { id, twinA, twinB } = lab.guests;
    await setInterval(id, 1);
    await until('the twins share pages', 60_000, () => merged(twinA) > 40 * mib && merged(twinB) > 40 * mib);
    await until('fresh statistics', 20_000, async () => ((await insideOf(id))?.reported ?? 0) > Date.now() / 1000 - 3);
  });
  afterAll(async () => {
    await desk.close();
    await lab?.stop();
  });

  // biome-ignore lint/suspicious/noExplicitAny: a script reads into it without types, too.
  const take = async (): Promise<any> => {
    const { code, stdout, stderr } = await desk.run(['snapshot', '--json', '-d', '0.5']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  };

  describe('taken between two readings', () => {
    let before: Numbers;
    let after: Numbers;
    let guestsBefore: Awaited<ReturnType<typeof numbersOf>>[];
    let guestsAfter: typeof guestsBefore;
    let json: Awaited<ReturnType<typeof take>>;
    // Each test on a moment of its own: the host is shared, and may be lent or given back in the middle of one.
    beforeEach(async () => {
      guestsBefore = await Promise.all(Object.values(lab.guests).map(numbersOf));
      before = host();
      json = await take();
      after = host();
      guestsAfter = await Promise.all(Object.values(lab.guests).map(numbersOf));
    });

    test('the host’s numbers are those of free, /proc/meminfo and /sys', { retry: 2 }, () => {
      const wrong = Object.entries(before).filter(([name, value]) => {
        // The program itself comes and goes meanwhile, with some 100 MiB.
        const pages = name.startsWith('ksm_pages');
        const slack = exact.includes(name) ? 0 : pages ? 2000 : name === 'committed_as' ? 1024 * mib : 192 * mib;
        return !between(json.host[name], value, after[name] ?? Number.NaN, slack);
      });
      expect(wrong.map(([name, value]) => [name, value, json.host[name], after[name]])).toEqual([]);
      expect(json).toMatchObject({ version: 1, hostname: expect.any(String) });
    });

    test('the ledger sums to all of RAM, and explains nearly all of it', () => {
      const { total, parts } = json.ledger as { total: number; parts: Numbers };
      expect(total).toBe(before['mem_total']);
      expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(total);
      expect(Math.min(...Object.values(parts))).toBeGreaterThanOrEqual(0);
      expect(parts['other_kernel']).toBeLessThan(0.03 * total);
      const { hugetlb, memfd } = lab.guests;
      expect(parts['guest_hugetlb']).toBeGreaterThanOrEqual(hugetlb.size);
      expect(parts['guest_shmem']).toBeGreaterThanOrEqual(
        (kilobytes(`/proc/${memfd.pid}/status`).get('RssShmem') ?? Number.NaN) - mib,
      );
      // The twins' equal pages are there once.
      expect(parts['ksm']).toBe(json.host.ksm_pages_shared * 4096);
    });

    test('each pool is as /sys has it', { retry: 2 }, () => {
      const pools: Numbers[] = json.pools.filter((pool: Numbers) => pool['node'] === undefined);
      expect(pools.length).toBeGreaterThan(0);
      for (const pool of pools) {
        const size = pool['page_size'] ?? Number.NaN;
        const count = (name: string): number =>
          knob(`/sys/kernel/mm/hugepages/hugepages-${size / 1024}kB/${name}_hugepages`) * size;
        expect(pool).toMatchObject({
          total: count('nr'),
          free: count('free'),
          reserved: count('resv'),
          surplus: count('surplus'),
        });
      }
      const huge = pools.find(pool => pool['page_size'] === 2 * mib);
      expect((huge?.['total'] ?? 0) - (huge?.['free'] ?? 0)).toBeGreaterThanOrEqual(lab.guests.hugetlb.size);
    });

    test('each guest’s numbers are QEMU’s and /proc’s', () => {
      for (const [at, guest] of Object.values(lab.guests).entries()) {
        const found = json.guests.find((one: { pid: number }) => one.pid === guest.pid);
        const [was, is] = [guestsBefore[at]!, guestsAfter[at]!];
        expect(found).toMatchObject({ name: guest.name, vmm: 'qemu', monitor: 'ok', mem_size: guest.size });
        expect(found.balloon_actual).toBe(is.balloon);
        const wrong = [
          ['held', was.held, is.held],
          ['ksm_merging', was.ksm, is.ksm],
        ].filter(([name, low, high]) => !between(found[name as string], low as number, high as number, 2 * mib));
        expect(wrong.map(row => [guest.name, ...row, found[row[0] as string]])).toEqual([]);
        const status = kilobytes(`/proc/${guest.pid}/status`);
        for (const [name, key] of [
          ['rss', 'VmRSS'],
          ['rss_anon', 'RssAnon'],
          ['rss_shmem', 'RssShmem'],
          ['hugetlb', 'HugetlbPages'],
          ['swap', 'VmSwap'],
        ] as const) {
          const value = status.get(key) ?? Number.NaN;
          expect({ guest: guest.name, name, near: between(found[name], value, value, 4 * mib) }).toEqual({
            guest: guest.name,
            name,
            near: true,
          });
        }
      }
    });

    test('what is unknown is absent, and what is odd is told as it is', () => {
      const of = (guest: { pid: number }) => json.guests.find((one: { pid: number }) => one.pid === guest.pid);
      const { id, bare, nodriver, hugetlb, memfd, paused, odd } = lab.guests;
      for (const key of ['guest_used', 'guest_free', 'guest_total', 'stats_age']) {
        expect(of(nodriver)).not.toHaveProperty(key);
        expect(of(bare)).not.toHaveProperty(key);
      }
      expect(of(bare)).not.toHaveProperty('balloon_actual');
      const at = Object.keys(lab.guests).indexOf('id');
      const [was, is] = [guestsBefore[at], guestsAfter[at]];
      expect(between(of(id).guest_used, was?.used ?? Number.NaN, is?.used ?? Number.NaN, mib)).toBe(true);
      // However seldom a slow guest reports: it is as old as QEMU has it, which tells whole seconds.
      const reported = Date.parse(json.time) / 1000 - of(id).stats_age;
      expect(between(reported, was?.reported ?? Number.NaN, is?.reported ?? Number.NaN, 1)).toBe(true);
      expect([of(paused).state, of(id).state]).toEqual(['paused', 'running']);
      expect([of(id), of(hugetlb), of(memfd)].map(({ backend }) => backend)).toEqual(['anon', 'hugetlb', 'shared']);
      expect(of(odd).name).toBe(odd.name);
    });
  });

  test('as text a hostile name can’t steer the terminal', async () => {
    const { code, stdout } = await desk.run(['snapshot', '-d', '0.2', '-p', String(lab.guests.odd.pid)]);
    expect(code).toBe(0);
    expect(stdout).toContain(`${prefix}we b�[31mX`);
    expect(stdout).not.toContain('\x1b');
  });
});
