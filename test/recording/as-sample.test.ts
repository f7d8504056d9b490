import { expect, test } from 'vitest';
import { asSample } from '../../src/recording/as-sample.ts';
import { RecordingError } from '../../src/recording/tape.ts';
import type { GuestSample, Sample } from '../../src/sample.ts';
import { guest, sample } from '../samples.ts';

/** Something of all that a sample can have. */
const full: Sample = {
  ...sample({}),
  late: { ksm: 0.01 },
  migrated: ['7.1'],
  host: {
    hostname: 'kvm-a',
    kernel: '6.1',
    uptime: 1,
    loadavg: { load1: 1 },
    meminfo: { MemTotal: 1 },
    arc: { size: 1 },
    vmstat: { pswpin: 1 },
    zoneinfo: { 'pagesets count': 1 },
    swaps: [{ path: '/swap', type: 'file', size: 1, used: 0, priority: -2 }],
    pressure: { memory: { 'some avg10': 1 }, cpu: { 'some avg10': 1 }, io: { 'some avg10': 1 } },
    ksm: { run: 1, advisor_mode: 'none' },
    pools: [{ pageSize: 1, node: 0, counts: { nr_hugepages: 1 } }],
    nodes: [{ id: 0, meminfo: { MemTotal: 1 } }],
    zswap: { enabled: 1, compressor: 'zstd' },
    zram: [{ device: 'zram0', stat: { mem_limit: 1 } }],
    sysctls: { 'vm.swappiness': 60 },
    thp: { enabled: 'always' },
    settings: { '/etc/tmpfiles.d/kvmtop.conf': '' },
    stat: { user: 1 },
    processes: [
      { pid: 1, starttime: 1, name: 'init', uid: 0, user: 'root', status: { VmRSS: 1 }, stat: { minflt: 1 } },
    ],
    kvm: {
      modules: ['kvm'],
      parameters: { 'kvm.x': 1 },
      flags: ['ept'],
      tlbEntries: 1,
      statistics: 'read',
      vms: { 1: { pages_4k: 1 } },
    },
  },
  guests: [
    guest({
      manager: 'proxmox',
      balloonTarget: 1,
      launch: {
        uuid: 'x',
        size: 1,
        maxmem: 1,
        maxmemFormal: true,
        parts: [{ use: 'virtio-mem', id: 'vm0', kind: 'anon', size: 1, requested: 1, merge: false }],
        backend: 'anon',
        memLock: true,
        pinnedBy: 'vfio-pci',
        confidential: 'SEV',
        prealloc: false,
        memMerge: true,
        accelerator: 'kvm',
        asyncPageFaults: true,
        vmid: 100,
      },
      process: {
        state: 'S',
        status: { VmRSS: 1 },
        stat: { minflt: 1 },
        ksm_stat: { ksm_merging_pages: 1 },
        smaps_rollup: { Pss: 1 },
        smaps_time: 1,
        numa_maps: { N0: 1 },
        numa_time: 1,
      },
      monitor: {
        state: 'ok',
        reason: 'x',
        time: 1,
        path: '/x',
        qemuVersion: '8',
        kvm: true,
        status: 'running',
        memory: { 'base-memory': 1 },
        balloon: {
          device: true,
          actual: 1,
          target: 1,
          path: '/x',
          deflateOnOom: true,
          pollingInterval: 2,
          stats: { lastUpdate: 1, values: { 'stat-swap-in': 1 }, actual: 1 },
          earlier: { lastUpdate: 1, values: { 'stat-swap-in': 1 }, actual: 1 },
        },
        memdevs: [{ size: 1, share: true, merge: true, prealloc: true }],
        memtune: { hard_limit: 1 },
        memoryDevices: [{ type: 'virtio-mem', id: 'vm0', memdev: '/x', path: '/x', values: { size: 1 } }],
        migrationLimits: { bandwidth: 1, downtime: 1 },
        migration: { status: 'active', error: 'x', blocked: ['x'], values: { downtime: 1 }, ram: { total: 1 } },
      },
    }),
  ],
  problems: [{ source: 'x', message: 'y' }],
};

type Json = Readonly<Record<string, unknown>> | readonly unknown[];
const isParent = (value: unknown): value is Json => typeof value === 'object' && value !== null;

/** The value with another in place of each of its parts in turn, at any depth, with the way there. */
function* replaced(
  value: Json,
  by: (part: unknown) => readonly unknown[],
  way = '',
): Generator<readonly [string, unknown]> {
  for (const [key, part] of Object.entries(value)) {
    const put = (other: unknown): unknown =>
      Array.isArray(value) ? value.map((one, at) => (String(at) === key ? other : one)) : { ...value, [key]: other };
    const here = Array.isArray(value) ? `${way}[]` : `${way}.${key}`;
    for (const other of by(part)) yield [here, put(other)];
    if (isParent(part)) for (const [there, other] of replaced(part, by, here)) yield [there, put(other)];
  }
}

/** What no value of this kind is; of names and numbers of the kernel's the name is not told. */
const strangers = (part: unknown): readonly unknown[] => [
  null,
  ...(typeof part === 'number' || typeof part === 'string' ? [true, [part], { 0: part }] : []),
  ...(typeof part === 'boolean' ? [0, 'true'] : []),
  ...(Array.isArray(part) ? [{ ...part }, 'x'] : isParent(part) ? [[part], 1] : []),
];
const refusal = (value: unknown): string => {
  try {
    asSample(value);
  } catch (error) {
    expect(error).toBeInstanceOf(RecordingError);
    return (error as Error).message;
  }
  return '';
};

test('a sample that has everything is one, as it is', () => {
  expect(asSample(full)).toBe(full);
  expect(asSample(sample({}))).toEqual(sample({}));
});

test('no part of a sample may be something else, and it is told which one is', () => {
  let tried = 0;
  for (const [way, other] of replaced(full as unknown as Json, strangers)) {
    if (way === '.version') continue;
    const told = refusal(other);
    expect(told, `${way}: ${JSON.stringify(other)}`).toMatch(
      /^a sample of the recording is none: \S+ is not what it should be$/,
    );
    const place = told.split(' ')[7] ?? '';
    expect(way.slice(1).startsWith(place), `${way} is told as ${place}`).toBe(true);
    tried += 1;
  }
  expect(tried).toBeGreaterThan(500);
});

test('what every sample and every guest has may not be missing', () => {
  const least: Json = { ...sample({ guests: [guest({})], problems: [{ source: 'x', message: 'y' }] }) };
  const ways = [...replaced(least, () => [undefined])];
  for (const [way, other] of ways) expect([way, refusal(JSON.parse(JSON.stringify(other)))]).not.toEqual([way, '']);
  expect(ways.length).toBeGreaterThan(15);
});

test.each<[string, unknown]>([
  ['time', { ...full, time: -1 }],
  ['time', { ...full, time: 1e13 }],
  ['time', { ...full, time: Number.POSITIVE_INFINITY }],
  ['time', { ...full, time: '1' }],
  ['pageSize', { ...full, pageSize: Number.NaN }],
  ['monotonic', { ...full, monotonic: 1e30 }],
  ['host.meminfo', { ...full, host: { meminfo: { MemTotal: -1e30 } } }],
  ['guests[].launch.backend', { ...full, guests: [guest({ launch: { backend: 'paper' as never } })] }],
  [
    'guests[].launch.parts[].kind',
    { ...full, guests: [guest({ launch: { parts: [{ use: 'base', kind: '__proto__' as never }] } })] },
  ],
  [
    'guests[].launch.parts[].use',
    { ...full, guests: [guest({ launch: { parts: [{ use: 'toString' as never, kind: 'anon' }] } })] },
  ],
  ['guests[].launch.maxmemFormal', { ...full, guests: [guest({ launch: { maxmemFormal: false as never } })] }],
])('of what can be its %s nothing else is', (way, value) => {
  expect(refusal(value)).toBe(`a sample of the recording is none: ${way} is not what it should be`);
});

test('what is no sample at all, and one of a later version', () => {
  for (const value of [null, undefined, 1, 'x', [full]])
    expect(refusal(value)).toBe('a sample of the recording is none: it is no object');
  expect(refusal({ ...full, version: 2 })).toBe('a sample of the recording is of version 2: use a newer kvmtop');
  for (const version of ['1', null, undefined])
    expect(refusal({ ...full, version })).toBe('a sample of the recording is none: version is not what it should be');
});

test('what a later kvmtop adds, and words that it knows, are kept', () => {
  const later = {
    ...full,
    cxl: [{ slot: 1 }],
    host: { ...full.host, cxl: 'yes', kvm: { ...full.host.kvm, statistics: 'sealed' } },
    guests: full.guests.map((one: GuestSample) => ({
      ...one,
      vmm: 'bhyve',
      manager: 'incus',
      monitor: { ...one.monitor, state: 'asleep', more: null },
    })),
  };
  expect(asSample(later)).toBe(later);
});
