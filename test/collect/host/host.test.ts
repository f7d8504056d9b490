import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, release, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { createHostReader, type HostReader } from '../../../src/collect/host/host.ts';
import type { Need } from '../../../src/fields/field.ts';
import { Root } from '../../../src/root.ts';
import { descriptorsUnder } from '../../descriptors.ts';

const hosts = join(import.meta.dirname, '../../hosts');
const everything: ReadonlySet<Need> = new Set<Need>([
  'vmstat',
  'swaps',
  'pressure',
  'ksm',
  'pools',
  'nodes',
  'zswap',
  'zram',
  'sysctls',
  'thp',
  'stat',
]);

let reader: HostReader | undefined;
afterEach(() => reader?.close());
const open = (dir: string): HostReader => {
  reader = createHostReader(new Root(dir));
  return reader;
};

/** A folder with these files, gone after the test. */
const makeTree = (files: Readonly<Record<string, string>> = {}) => {
  const dir = mkdtempSync(join(tmpdir(), 'kvmtop-host-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  for (const [path, text] of Object.entries(files)) put(path, text);
  return { dir, put, remove: (path: string) => rmSync(join(dir, path), { recursive: true }) };
};

describe('captured hosts', () => {
  test('a busy one: every part under the kernel’s own names', () => {
    const host = open(join(hosts, 'debian12-busy')).read(everything);
    expect(host.hostname).toBe('debian12-busy');
    expect(host.kernel).toMatch(/^6\.18\./);
    expect(host.meminfo).toMatchObject({ MemTotal: 24684084 * 1024, SwapTotal: 262132 * 1024, HugePages_Surp: 48 });
    expect(host.vmstat).toMatchObject({ nr_hugetlb: expect.any(Number), pswpout: expect.any(Number) });
    expect(host.swaps).toMatchObject([
      { path: '/dev/zram0', used: 24576 * 1024, priority: 100 },
      { path: '/var/lib/swap file', type: 'file', priority: 5 },
      { path: '/var/lib/swap-old', size: 65532 * 1024, priority: -2 },
    ]);
    expect(Object.keys(host.pressure ?? {}).sort()).toEqual(['cpu', 'io', 'memory']);
    expect(host.ksm).toMatchObject({ run: 1, pages_shared: 9091, pages_sharing: 17375, advisor_mode: 'none' });
    expect(host.pools).toMatchObject([
      { pageSize: 2 * 1024 ** 2, counts: { nr_hugepages: 64, free_hugepages: 0, surplus_hugepages: 48 } },
      { pageSize: 1024 ** 3, counts: { nr_hugepages: 0, resv_hugepages: 0 } },
    ]);
    expect(host.nodes).toMatchObject([{ id: 0, meminfo: { MemTotal: 5990604 * 1024, HugePages_Total: 64 } }]);
    expect(host.zswap).toEqual({
      accept_threshold_percent: 90,
      compressor: 'lzo',
      enabled: 0,
      max_pool_percent: 20,
      shrinker_enabled: 0,
    });
    expect(host.zram).toMatchObject([{ device: 'zram0', stat: { orig_data_size: 25165824, mem_used_total: 507904 } }]);
    expect(host.sysctls).toMatchObject({ 'vm.swappiness': 60, 'vm.page-cluster': 3, 'vm.nr_overcommit_hugepages': 8 });
    expect(host.thp).toMatchObject({ enabled: 'madvise', shmem_enabled: 'never', 'khugepaged/max_ptes_none': 511 });
  });

  test('every line of meminfo and vmstat is kept', () => {
    const dir = join(hosts, 'debian12-1node');
    const host = open(dir).read(everything);
    const lines = (path: string): number => new Root(dir).read(path)?.split('\n').length ?? 0;
    expect(Object.keys(host.meminfo ?? {})).toHaveLength(lines('/proc/meminfo'));
    expect(Object.keys(host.vmstat ?? {})).toHaveLength(lines('/proc/vmstat'));
    expect(Object.keys(host.ksm ?? {})).toEqual(readdirSync(join(dir, 'sys/kernel/mm/ksm')).sort());
    expect(host.swaps).toEqual([]);
  });

  test('an old kernel lacks parts, and they are absent rather than 0', () => {
    const host = open(join(hosts, 'linux-4.18')).read(everything);
    expect(host).not.toHaveProperty('pressure');
    expect(host.ksm).not.toHaveProperty('general_profit');
    expect(host.ksm).toMatchObject({ run: 0, pages_sharing: 0 });
    expect(host.meminfo).not.toHaveProperty('Zswap');
    expect(host.zram?.[0]?.stat).not.toHaveProperty('huge_pages');
  });

  test('pools of each node only where there are several', () => {
    const { pools, nodes } = open(join(hosts, 'two-nodes')).read(everything);
    expect(nodes?.map(({ id }) => id)).toEqual([0, 1]);
    expect(pools?.map(({ node, pageSize }) => [node, pageSize / 1024 ** 2])).toEqual([
      [undefined, 2],
      [undefined, 1024],
      [0, 2],
      [0, 1024],
      [1, 2],
      [1, 1024],
    ]);
    expect(pools?.[2]?.counts).toEqual({ nr_hugepages: 48, free_hugepages: 0, surplus_hugepages: 40 });
    expect(pools?.[4]?.counts).toEqual({ nr_hugepages: 16, free_hugepages: 0, surplus_hugepages: 8 });
  });

  test('what is read again is the same', () => {
    const host = open(join(hosts, 'two-nodes'));
    const first = host.read(everything);
    for (let round = 0; round < 130; round += 1) expect(host.read(everything)).toEqual(first);
  });

  test.each(readdirSync(hosts, { withFileTypes: true }).filter(entry => entry.isDirectory()))(
    '$name is plain data: it survives JSON',
    ({ name }) => {
      const host = open(join(hosts, name)).read(everything);
      expect(JSON.parse(JSON.stringify(host))).toEqual(host);
      expect(host.meminfo?.['MemTotal']).toBeGreaterThan(0);
    },
  );
});

test('reads only what is wanted', () => {
  const host = open(join(hosts, 'debian12-busy'));
  expect(Object.keys(host.read(new Set())).sort()).toEqual(['hostname', 'kernel', 'loadavg', 'meminfo', 'uptime']);
  expect(Object.keys(host.read(new Set<Need>(['ksm', 'guest_stat']))).sort()).toEqual([
    'hostname',
    'kernel',
    'ksm',
    'loadavg',
    'meminfo',
    'uptime',
  ]);
});

test('an empty root is an empty sample', () => {
  expect(open(makeTree().dir).read(everything)).toEqual({});
});

describe('while the host changes', () => {
  const pool = '/sys/kernel/mm/hugepages/hugepages-2048kB';

  test('each read is fresh', () => {
    const { dir, put } = makeTree({ '/proc/meminfo': 'MemFree:  7 kB\n', '/sys/kernel/mm/ksm/run': '0\n' });
    const host = open(dir);
    expect(host.read(everything)).toMatchObject({ meminfo: { MemFree: 7168 }, ksm: { run: 0 } });
    put('/proc/meminfo', 'MemFree: 10 kB\nNew: 1 kB\n');
    put('/sys/kernel/mm/ksm/run', '1\n');
    expect(host.read(everything)).toMatchObject({ meminfo: { MemFree: 10240, New: 1024 }, ksm: { run: 1 } });
  });

  test('what stays as it was is the very same object', () => {
    const { dir, put, remove } = makeTree({
      '/proc/meminfo': 'MemFree:  7 kB\n',
      '/sys/kernel/mm/ksm/run': '0\n',
      '/sys/kernel/mm/ksm/advisor_mode': '[none] scan-time\n',
      '/proc/sys/vm/swappiness': '60\n',
      [`${pool}/nr_hugepages`]: '3\n',
    });
    const host = open(dir);
    const first = host.read(everything);
    put('/sys/kernel/mm/ksm/run', '1\n');
    const second = host.read(everything);
    expect(second.ksm).toEqual({ run: 1, advisor_mode: 'none' });
    expect(second.meminfo).toBe(first.meminfo);
    expect(second.sysctls).toBe(first.sysctls);
    expect(second.pools?.[0]?.counts).toBe(first.pools?.[0]?.counts);
    const third = host.read(everything);
    expect(third.ksm).toBe(second.ksm);
    put('/sys/kernel/mm/ksm/run', '');
    expect(host.read(everything).ksm).toEqual({ advisor_mode: 'none' });
    remove('/proc/sys/vm/swappiness');
    put('/proc/meminfo', 'MemFree:  8 kB\n');
    for (let round = 1; round < 60; round += 1) host.read(everything);
    expect(host.read(everything)).toMatchObject({ meminfo: { MemFree: 8192 } });
    expect(host.read(everything).sysctls).toBeUndefined();
  });

  test('files, pools, nodes and devices that come or go are seen within a minute of reads', () => {
    const { dir, put, remove } = makeTree({
      [`${pool}/nr_hugepages`]: '3\n',
      '/sys/devices/system/node/node0/meminfo': 'Node 0 MemFree: 1 kB\n',
      '/sys/block/zram0/mm_stat': '1 2\n',
    });
    const host = open(dir);
    expect(host.read(everything)).toMatchObject({ pools: [{ pageSize: 2097152 }], nodes: [{ id: 0 }], zram: [{}] });
    put(`${pool}/free_hugepages`, '1\n');
    put('/sys/kernel/mm/ksm/run', '1\n');
    put('/sys/devices/system/node/node10/meminfo', 'Node 10 MemFree: 2 kB\n');
    put('/sys/devices/system/node/node2/meminfo', 'Node 2 MemFree: 3 kB\n');
    put('/sys/devices/system/node/node2/hugepages/hugepages-2048kB/nr_hugepages', '2\n');
    remove('/sys/block/zram0');
    put('/sys/block/vda/size', '1\n');
    for (let round = 1; round < 60; round += 1) host.read(everything);
    expect(host.read(everything)).toEqual({
      ksm: { run: 1 },
      pools: [
        { pageSize: 2097152, counts: { nr_hugepages: 3, free_hugepages: 1 } },
        { pageSize: 2097152, node: 2, counts: { nr_hugepages: 2 } },
      ],
      nodes: [
        { id: 0, meminfo: { MemFree: 1024 } },
        { id: 2, meminfo: { MemFree: 3072 } },
        { id: 10, meminfo: { MemFree: 2048 } },
      ],
      zram: [],
    });
  });

  test('a file that can’t be read leaves the rest', () => {
    const { dir } = makeTree({ '/sys/kernel/mm/ksm/run': '1\n', '/sys/kernel/mm/ksm/folder/file': '2\n' });
    expect(open(dir).read(everything).ksm).toEqual({ run: 1 });
  });

  test('a sysctl of several numbers is no number', () => {
    const { dir } = makeTree({ '/proc/sys/vm/swappiness': '60\t1\n', '/proc/sys/vm/dirty_ratio': '20\n' });
    expect(open(dir).read(everything).sysctls).toEqual({ 'vm.dirty_ratio': 20 });
  });
});

describe('this host', () => {
  const descriptors = (): number => descriptorsUnder('/proc') + descriptorsUnder('/sys');

  test('agrees with what Node says of it', () => {
    const host = open('/').read(everything);
    expect(host.hostname).toBe(hostname());
    expect(host.kernel).toBe(release());
    expect(host.uptime).toBeGreaterThan(0);
    // A host that is itself a guest with a balloon changes its total; not by as much as this between two looks.
    expect(Math.abs((host.meminfo?.['MemTotal'] ?? 0) / totalmem() - 1)).toBeLessThan(0.2);
    expect(host.vmstat?.['pgfault']).toBeGreaterThan(0);
  });

  test('close gives back every descriptor, and a read after it works', () => {
    const before = descriptors();
    const host = open('/');
    host.read(everything);
    const during = descriptors();
    expect(during).toBeGreaterThan(before);
    for (let round = 0; round < 130; round += 1) host.read(everything);
    expect(descriptors()).toBe(during);
    host.close();
    expect(descriptors()).toBe(before);
    expect(host.read(new Set()).meminfo?.['MemTotal']).toBeGreaterThan(0);
  });
});

describe('capture.sh', () => {
  const prepare = (): string => {
    const { dir } = makeTree();
    copyFileSync(join(hosts, 'capture.sh'), join(dir, 'capture.sh'));
    return dir;
  };

  test('takes along every key that the reader finds on this host', () => {
    const dir = prepare();
    execFileSync(join(dir, 'capture.sh'), ['here']);
    // Without a zram device nothing of /sys/block is captured, and then zram is unknown there.
    const { zram: _live, ...live } = open('/').read(everything);
    reader?.close();
    const { zram: _captured, ...captured } = open(join(dir, 'here')).read(everything);
    expect(captured.hostname).toBe('here');
    expect(Object.keys(captured)).toEqual(Object.keys(live));
    for (const part of ['meminfo', 'vmstat', 'ksm', 'zswap', 'sysctls', 'thp', 'stat'] as const) {
      expect(Object.keys(captured[part] ?? {}), part).toEqual(Object.keys(live[part] ?? {}));
    }
    // The script starts hundreds of programs, one after the other.
  }, 120_000);

  test('overwrites nothing and stays in its folder', () => {
    const dir = prepare();
    cpSync(join(hosts, 'linux-4.18/proc'), join(dir, 'taken/proc'), { recursive: true });
    expect(spawnSync(join(dir, 'capture.sh'), ['taken']).status).toBe(1);
    expect(spawnSync(join(dir, 'capture.sh'), ['../out']).status).toBe(2);
    expect(spawnSync(join(dir, 'capture.sh')).status).toBe(2);
    expect(readdirSync(dir).sort()).toEqual(['capture.sh', 'taken']);
  });
});
