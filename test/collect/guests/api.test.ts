import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { createGuestReader, type GuestReader } from '../../../src/collect/guests/guests.ts';
import { Root } from '../../../src/root.ts';
import type { GuestSample, MonitorSample } from '../../../src/sample.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { parseInfo } from '../../../src/vmm/cloud-hypervisor/dialect.ts';
import { optionOf } from '../../../src/vmm/launch.ts';
import { parseStatistics } from '../../../src/vmm/statistics.ts';
import {
  type Api,
  type ApiPeer,
  type Behaviour,
  type CloudVm,
  cloudHypervisorApi,
  firecrackerApi,
  type Microvm,
  startApi,
} from '../../api/peer.ts';
import { until } from '../../until.ts';
import { makeTree, type Tree } from './tree.ts';

const machine = { 'fd/3': 'socket:[1]', 'fd/14': 'anon_inode:kvm-vm' };
/** Long enough for every deadline within, on a busy machine. */
const plenty = 20_000;

let tree: Tree;
let reader: GuestReader;
/** Longer than any answer of a peer takes; who waits for its end shortens it. Seconds. */
let patience = { greeting: 10, round: 10, pause: 30 };
const peers: ApiPeer[] = [];
beforeEach(() => {
  tree = makeTree();
  patience = { greeting: 10, round: 10, pause: 30 };
  reader = createGuestReader(new Root(tree.dir), { monitors: true, patience });
});
afterEach(async () => {
  await reader.close();
  for (const peer of peers.splice(0)) await peer.close();
  tree.remove();
});

const socket = (name: string) => join(tree.dir, `${name}.sock`);
const listen = async (path: string, api: Api): Promise<ApiPeer> => {
  const peer = await startApi(path, api);
  peers.push(peer);
  return peer;
};
const guests = async (time: number): Promise<GuestSample[]> => {
  await reader.poll(time, plenty);
  return reader.read(new Set(), time).guests;
};
const only = async (time: number): Promise<GuestSample> => {
  const found = await guests(time);
  expect(found).toHaveLength(1);
  return found[0] as GuestSample;
};

const microvm = (change: Partial<Microvm> = {}): Microvm => ({
  id: 'fn-1',
  state: 'Running',
  memory: 512,
  balloon: { amount_mib: 64, deflate_on_oom: true, stats_polling_interval_s: 2 },
  follows: true,
  held: 64,
  statistics: { free_memory: 100, total_memory: 400, available_memory: 300, disk_caches: 7, hugetlb_failures: 1 },
  ...change,
});

const firecracker = async (vm = microvm(), args = ['--id', 'fn-1', '--api-sock', socket('fc')]): Promise<ApiPeer> => {
  tree.process(1001, { exe: '/opt/firecracker-v1.7.0-x86_64', args: ['firecracker', ...args], links: machine });
  return listen(socket('fc'), firecrackerApi(vm));
};

const cloudVm = (change: Partial<CloudVm> = {}): CloudVm => ({
  state: 'Running',
  memory: { size: GiB, hotplugged_size: GiB, mergeable: true, shared: false, hugepages: false, zones: null },
  balloon: { size: 512 * MiB, deflate_on_oom: false, free_page_reporting: true },
  actual: 1.5 * GiB,
  whole: 2 * GiB,
  ...change,
});

const cloudHypervisor = async (
  vm: CloudVm | undefined = cloudVm(),
  value = `path=${socket('ch')}`,
): Promise<ApiPeer> => {
  tree.process(1002, {
    exe: '/usr/bin/cloud-hypervisor',
    args: ['cloud-hypervisor', '--api-socket', value],
    links: machine,
  });
  return listen(socket('ch'), cloudHypervisorApi(vm));
};

describe('Firecracker', () => {
  it('tells its guest under the names that QEMU has', async () => {
    await firecracker();
    const { vmm, name, launch, monitor } = await only(1000);
    expect({ vmm, name, launch }).toEqual({
      vmm: 'firecracker',
      name: 'fn-1',
      launch: {
        size: 512 * MiB,
        parts: [{ use: 'base', kind: 'anon', size: 512 * MiB }],
        backend: 'anon',
      },
    });
    expect(monitor).toEqual({
      state: 'ok',
      time: expect.closeTo(1000, -1),
      path: socket('fc'),
      status: 'running',
      memory: { 'base-memory': 512 * MiB, 'plugged-memory': 0 },
      balloon: {
        device: true,
        actual: 448 * MiB,
        target: 448 * MiB,
        deflateOnOom: true,
        pollingInterval: 2,
        stats: {
          lastUpdate: 1000,
          values: {
            'stat-free-memory': 100,
            'stat-total-memory': 400,
            'stat-available-memory': 300,
            'stat-disk-caches': 7,
            'stat-htlb-pgfail': 1,
          },
        },
      },
    });
  });

  it('tells statistics that no longer change as old, and keeps the report before', async () => {
    const vm = microvm();
    await firecracker(vm);
    await only(1000);
    expect((await only(1010)).monitor.balloon?.stats?.lastUpdate).toBe(1000);
    vm.statistics = { ...vm.statistics, free_memory: 90 };
    const { balloon } = (await only(1020)).monitor;
    expect(balloon?.stats?.lastUpdate).toBe(1020);
    expect(balloon?.earlier?.lastUpdate).toBe(1000);
  });

  it('leaves unknown what it does not tell: without statistics, without a balloon', async () => {
    const vm = microvm({ balloon: { amount_mib: 64, deflate_on_oom: false, stats_polling_interval_s: 0 } });
    const peer = await firecracker(vm);
    expect((await only(1000)).monitor.balloon).toEqual({
      device: true,
      target: 448 * MiB,
      deflateOnOom: false,
      pollingInterval: 0,
    });
    expect(peer.asked).not.toContain('GET /balloon/statistics');
    vm.balloon = undefined;
    expect((await only(1010)).monitor.balloon).toEqual({ device: false });
  });

  it('of a guest whose driver never reported has the balloon’s size and no statistics', async () => {
    await firecracker(microvm({ statistics: {}, huge_pages: '2M' }));
    const { launch, monitor } = await only(1000);
    expect(launch.backend).toBe('hugetlb');
    expect(launch.parts).toEqual([{ use: 'base', kind: 'hugetlb', size: 512 * MiB }]);
    expect(monitor.balloon).toMatchObject({ actual: 448 * MiB });
    expect(monitor.balloon).not.toHaveProperty('stats');
  });

  it('moves its balloon', async () => {
    const vm = microvm();
    const peer = await firecracker(vm);
    const { id } = await only(1000);
    await reader.call(id, 'PATCH', '/balloon', { amount_mib: 128 });
    expect(peer.asked).toContain('PATCH /balloon {"amount_mib":128}');
    expect((await only(1000.1)).monitor.balloon).toMatchObject({ actual: 384 * MiB, target: 384 * MiB });
    await expect(reader.call(id, 'PATCH', '/balloon', { amount_mib: -1 })).rejects.toThrow(
      /Firecracker refused: The balloon device can’t be updated; nothing was changed/,
    );
    await expect(reader.execute(id, 'balloon', { value: 1 })).rejects.toThrow(/speaks no QMP; nothing was sent/);
  });

  it('that answers as another guest is not believed', async () => {
    await firecracker(microvm({ id: 'other' }));
    expect((await only(1000)).monitor).toMatchObject({ state: 'none', reason: 'another guest answers there' });
  });

  it('in a jail is reached through its root', async () => {
    const jail = join(tree.dir, 'jail');
    mkdirSync(jail);
    tree.process(1001, {
      exe: '/srv/jailer/firecracker/fn-1/root/firecracker',
      args: ['firecracker', '--id=fn-1', '--api-sock=/api.sock'],
      links: { ...machine, root: jail },
    });
    await listen(join(jail, 'api.sock'), firecrackerApi(microvm()));
    expect((await only(1000)).monitor).toMatchObject({ path: '/api.sock', state: 'ok' });
  });

  it.each([
    [['--no-api'], /without an API socket/],
    [['--api-sock', '/nowhere.sock'], /its API socket is not there/],
  ])('with %j has no monitor', async (args, reason) => {
    tree.process(1001, { exe: '/bin/firecracker', args: ['firecracker', '--id', 'x', ...args], links: machine });
    expect((await only(1000)).monitor).toMatchObject({ state: 'none', reason: expect.stringMatching(reason) });
  });
});

describe('Cloud Hypervisor', () => {
  it('tells its guest under the names that QEMU has', async () => {
    await cloudHypervisor();
    const { vmm, name, launch, monitor } = await only(1000);
    expect({ vmm, name, launch }).toEqual({
      vmm: 'cloud-hypervisor',
      name: 'cloud-hypervisor-1002',
      launch: {
        size: 2 * GiB,
        parts: [
          { use: 'base', kind: 'anon', size: GiB },
          { use: 'dimm', kind: 'anon', size: GiB },
        ],
        backend: 'anon',
        prealloc: false,
      },
    });
    expect(monitor).toEqual({
      state: 'ok',
      time: expect.closeTo(1000, -1),
      path: socket('ch'),
      status: 'running',
      memory: { 'base-memory': 2 * GiB, 'plugged-memory': 0 },
      balloon: { device: true, actual: 1.5 * GiB, target: 1.5 * GiB, deflateOnOom: false },
      memdevs: [{ size: 2 * GiB, share: false, merge: true, prealloc: false }],
    });
  });

  it('moves its balloon, and tells the outermost error', async () => {
    const vm = cloudVm();
    await cloudHypervisor(vm, socket('ch'));
    const { id } = await only(1000);
    await reader.call(id, 'PUT', '/api/v1/vm.resize', { desired_balloon: GiB });
    expect((await only(1000.1)).monitor.balloon).toMatchObject({ actual: GiB, target: GiB });
    vm.balloon = null;
    await expect(reader.call(id, 'PUT', '/api/v1/vm.resize', { desired_balloon: 0 })).rejects.toThrow(
      /Cloud Hypervisor refused: Error from API; nothing was changed/,
    );
    expect((await only(1010)).monitor.balloon).toEqual({ device: false });
  });

  it('counts the memory of zones, and knows where it comes from', () => {
    const zones = [
      { id: 'a', size: GiB, hotplugged_size: GiB, shared: true, mergeable: true },
      { size: 2 * GiB, hugepages: true },
    ];
    const round = parseInfo({ config: { memory: { size: 0, zones } }, state: 'Paused', memory_actual_size: 7 });
    expect(round).toMatchObject({
      known: { status: 'paused', memory: { 'base-memory': 4 * GiB }, balloon: { device: false } },
      launch: {
        size: 4 * GiB,
        backend: 'shared',
        parts: [
          { use: 'base', id: 'a', kind: 'shmem', size: GiB },
          { use: 'dimm', id: 'a', kind: 'shmem', size: GiB },
          { use: 'base', kind: 'hugetlb', merge: false, size: 2 * GiB },
        ],
      },
    });
  });

  it('tells what pins its memory, and what keeps it from the host', () => {
    const launch = (config: object) => parseInfo({ config: { memory: { size: GiB }, ...config } }).launch;
    expect(launch({ devices: [{ path: '/sys/bus/pci/devices/0000:01:00.0' }] })).toMatchObject({ pinnedBy: 'VFIO' });
    expect(launch({ vdpa: [{ path: '/dev/vhost-vdpa-0' }], devices: null })).toMatchObject({ pinnedBy: 'vDPA' });
    expect(launch({ platform: { tdx: true } })).toMatchObject({ confidential: 'TDX' });
    expect(launch({ platform: { sev_snp: true } })).toMatchObject({ confidential: 'SEV-SNP' });
    expect(launch({ devices: [], vdpa: null, platform: { tdx: false } })).toEqual({
      size: GiB,
      parts: [{ use: 'base', kind: 'anon', merge: false, size: GiB }],
      backend: 'anon',
      prealloc: false,
    });
  });

  it('without a guest is no monitor yet', async () => {
    tree.process(1002, { exe: '/bin/cloud-hypervisor', args: ['ch', '--api-socket', socket('ch')], links: machine });
    await listen(socket('ch'), () => [500, ['The VM is not created']]);
    expect((await only(1000)).monitor).toMatchObject({
      state: 'busy',
      reason: expect.stringMatching(/is not created/),
    });
  });

  it('with its API on a descriptor has no monitor', async () => {
    tree.process(1002, { exe: '/bin/cloud-hypervisor', args: ['ch', '--api-socket', 'fd=3'], links: machine });
    expect((await only(1000)).monitor.state).toBe('none');
  });
});

describe('an API', () => {
  const isEndless = (behaviour: Behaviour): boolean => behaviour === 'hang' || behaviour === 'drip';

  test.each<[Behaviour, MonitorSample['state'], RegExp]>([
    ['hang', 'busy', /does not answer/],
    ['drip', 'busy', /does not answer/],
    ['garbage', 'none', /does not speak HTTP/],
    ['html', 'none', /broken JSON/],
    ['flood', 'none', /an answer without end/],
    ['refuse', 'busy', /closed the connection/],
    ['die', 'busy', /closed the connection/],
  ])('that is %s from the start is %s', async (behaviour, state, reason) => {
    const peer = await firecracker();
    peer.behaviour = behaviour;
    if (isEndless(behaviour)) patience.round = 0.1;
    expect((await only(1000)).monitor).toEqual({ state, reason: expect.stringMatching(reason), path: socket('fc') });
  });

  test.each<Behaviour>(['hang', 'drip', 'flood', 'garbage', 'html', 'refuse', 'die'])(
    'that turns %s keeps its last values, recovers, and says of a change that it is in doubt',
    async behaviour => {
      const peer = await firecracker();
      const good = await only(1000);
      peer.behaviour = behaviour;
      if (isEndless(behaviour)) patience.round = 0.1;
      const bad = await only(1001);
      patience.round = 10;
      expect(bad.monitor).toEqual({ ...good.monitor, state: 'busy', reason: expect.any(String) });
      expect(bad.launch).toEqual(good.launch);
      await expect(reader.call(good.id, 'PATCH', '/balloon', { amount_mib: 1 }, { timeoutMs: 300 })).rejects.toThrow(
        /may have been done all the same/,
      );
      peer.behaviour = 'ok';
      expect((await only(1003)).monitor.state).toBe('ok');
    },
  );

  it('that hangs holds up neither the poll beyond its budget nor the others', async () => {
    const answered = ({ monitor }: GuestSample): boolean => monitor.state === 'ok';
    const slow = await firecracker();
    slow.behaviour = 'hang';
    await cloudHypervisor();
    const started = performance.now();
    await reader.poll(1000, 300);
    expect(performance.now() - started).toBeLessThan(patience.round * 1000);
    await until('the answer of the other', plenty, () => reader.read(new Set(), 1000).guests.some(answered));
    const states = reader.read(new Set(), 1000).guests.map(({ vmm, monitor }) => [vmm, monitor.state]);
    expect(Object.fromEntries(states)).toEqual({ firecracker: 'unasked', 'cloud-hypervisor': 'ok' });
  });

  it('on which two processes listen is used by none', async () => {
    await firecracker();
    tree.process(1003, {
      exe: '/opt/firecracker',
      args: ['firecracker', '--id', 'fn-1', '--api-sock', socket('fc')],
      links: machine,
    });
    for (const { id, monitor } of await guests(1000)) {
      expect(monitor).toMatchObject({ state: 'none', reason: expect.stringMatching(/process \d+ listens on its API/) });
      await expect(reader.call(id, 'PATCH', '/balloon', { amount_mib: 1 })).rejects.toThrow(/nothing was changed/);
    }
  });

  it('of a process that is another by now is not called', async () => {
    const peer = await firecracker();
    const { id } = await only(1000);
    tree.process(1001, { exe: '/opt/firecracker', args: ['firecracker'], links: machine, starttime: 999 });
    peer.asked.length = 0;
    await expect(reader.call(id, 'PATCH', '/balloon', { amount_mib: 1 })).rejects.toThrow(/no longer this guest/);
    expect(peer.asked).toEqual([]);
  });

  it('that is asked when kvmtop ends does not hold it up', async () => {
    const peer = await firecracker();
    peer.behaviour = 'hang';
    await reader.poll(1000, 50);
    const started = performance.now();
    await reader.close();
    expect(performance.now() - started).toBeLessThan(patience.round * 500);
  });
});

describe('any answer', () => {
  const odd = fc.oneof(fc.constantFrom(-1, 2 ** 64, null, 1e300, 0, -0), fc.jsonValue());

  it('gives sound statistics', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), odd), answer => {
        for (const [key, number] of Object.entries(parseStatistics(answer) ?? {})) {
          expect(key).toMatch(/^stat-[a-z-]+$/);
          expect(number).toBeGreaterThanOrEqual(0);
          expect(Object.is(number, -0)).toBe(false);
          expect(number).toBeLessThan(2 ** 63);
        }
      }),
    );
  });

  it('gives a sound guest', () => {
    const memory = fc.record({ size: odd, hotplugged_size: odd, zones: odd, shared: odd }, { requiredKeys: [] });
    const info = fc.record(
      {
        config: fc.oneof(odd, fc.record({ memory, balloon: fc.oneof(odd, fc.record({ size: odd })) })),
        state: odd,
        memory_actual_size: odd,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(odd, info), answer => {
        const { known } = parseInfo(answer);
        expect(known.balloon?.device).toBeTypeOf('boolean');
        const sizes = [known.memory?.['base-memory'], known.balloon?.actual, known.balloon?.target];
        for (const size of sizes) if (size !== undefined) expect(size).toBeGreaterThanOrEqual(0);
        expect(JSON.parse(JSON.stringify(known))).toEqual(known);
      }),
    );
  });

  it('an option is found in both forms', () => {
    expect(optionOf(['--api-sock', '/a', '--id=x'], '--id')).toBe('x');
    expect(optionOf(['--api-sock', '/a', '--id=x'], '--api-sock')).toBe('/a');
    expect(optionOf(['--api-sockets', '/a'], '--api-sock')).toBeUndefined();
    expect(optionOf(['--id'], '--id')).toBeUndefined();
  });
});
