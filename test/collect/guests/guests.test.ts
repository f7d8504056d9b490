import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { createGuestReader, type GuestReader } from '../../../src/collect/guests/guests.ts';
import { roundInterval } from '../../../src/collect/guests/pace.ts';
import type { Need } from '../../../src/fields/field.ts';
import { Root } from '../../../src/root.ts';
import type { GuestSample, MonitorSample } from '../../../src/sample.ts';
import { type Behaviour, failure, guestStats, healthy, type Peer, startPeer } from '../../qmp/peer.ts';
import { until } from '../../until.ts';
import { makeTree, statLine, type Tree } from './tree.ts';

const exe = '/usr/bin/qemu-system-x86_64';
const nothing: ReadonlySet<Need> = new Set();
/** Long enough for every answer of a peer in this process, on a busy machine. */
const plenty = 20_000;
vi.setConfig({ testTimeout: 30_000 });

let tree: Tree;
let reader: GuestReader;
/** Longer than any answer of a peer takes; who waits for its end shortens it. Seconds. */
let patience = { greeting: 10, round: 10, pause: 30 };
const peers: Peer[] = [];
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
const qmp = (path: string) => ['-qmp', `unix:${path},server=on,wait=off`];

/** A guest in the tree, with a peer for its monitor. */
const guest = async (pid: number, name: string, replies = healthy(name)): Promise<Peer> => {
  tree.process(pid, { exe, args: ['qemu', '-name', name, '-m', '256', ...qmp(socket(name))] });
  const peer = await startPeer(socket(name), replies);
  peers.push(peer);
  return peer;
};

const read = (time: number, wanted = nothing) => reader.read(wanted, time);
const one = (time: number): GuestSample => {
  const { guests } = read(time);
  expect(guests).toHaveLength(1);
  return guests[0] as GuestSample;
};
const asked = async (time: number): Promise<MonitorSample> => {
  await reader.poll(time, plenty);
  return one(time).monitor;
};

describe('the process', () => {
  it('is read with what is wanted, in bytes', () => {
    tree.process(1001, { exe, args: ['qemu', '-m', '256', '-name', 'web'] });
    expect(one(1)).toEqual({
      id: '1001.100',
      pid: 1001,
      starttime: 100,
      name: 'web',
      vmm: 'qemu',
      launch: {
        size: 256 * 1024 ** 2,
        parts: [{ use: 'base', kind: 'anon', size: 256 * 1024 ** 2 }],
        backend: 'anon',
        memLock: false,
        prealloc: false,
      },
      process: {
        state: 'S',
        stat: { minflt: 4799, majflt: 7, utime: 20, stime: 30, num_threads: 4 },
        status: { VmLck: 0, VmRSS: 1024_000, RssAnon: 1024_000, VmSwap: 12_288, HugetlbPages: 2_097_152 },
      },
      monitor: { state: 'none', reason: 'it was started without a QMP monitor' },
    });
    expect(read(2, new Set(['guest_ksm_stat'])).guests[0]?.process.ksm_stat).toMatchObject({ ksm_merging_pages: 2 });
  });

  it('tells what KSM merges also where ksm_stat does not (before Linux 6.4) or is not there (before 6.1)', () => {
    const merging = (pages: number) => tree.write('proc/1001/ksm_merging_pages', `${pages}\n`);
    const wanted: ReadonlySet<Need> = new Set(['guest_ksm_stat']);
    const told = () => read(1, wanted).guests.map(({ process }) => process.ksm_stat);
    tree.process(1001, { exe, args: ['qemu'], files: { ksm_stat: 'ksm_rmap_items 12288\n' } });
    merging(11007);
    const [first] = told();
    expect(first).toEqual({ ksm_rmap_items: 12288, ksm_merging_pages: 11007 });
    // What reads as it did the last time is the very same: recordings leave it out.
    expect(told()[0]).toBe(first);
    merging(11008);
    expect(told()).toEqual([{ ksm_rmap_items: 12288, ksm_merging_pages: 11008 }]);

    for (const pid of [1002, 1003]) {
      tree.process(pid, { exe, args: ['qemu'] });
      rmSync(join(tree.dir, `proc/${pid}/ksm_stat`));
    }
    tree.write('proc/1002/ksm_merging_pages', '7\n');
    expect(told().slice(1)).toEqual([{ ksm_merging_pages: 7 }, undefined]);
  });

  it('runs under what QEMU says, once it does, where its words leave that open and it may not have opened KVM yet', async () => {
    const launchOf = async (name: string, pid: number, enabled: boolean) => {
      tree.write('proc/uptime', '102.00 1.00\n');
      const args = ['/usr/bin/kvm', '-name', name, '-m', '256', '-cpu', 'host', ...qmp(socket(name))];
      tree.process(pid, { exe, args, starttime: 10_000, links: { 'fd/0': '/dev/null' } });
      const replies = { ...healthy(name), 'query-kvm': { return: { enabled, present: true } } };
      peers.push(await startPeer(socket(name), replies));
      const launch = () => read(1).guests.find(one => one.pid === pid)?.launch;
      expect(launch()).not.toHaveProperty('accelerator');
      await reader.poll(1, plenty);
      // The very same from then on: recordings leave it out.
      expect(launch()).toBe(launch());
      return launch();
    };
    expect(await launchOf('proxmox', 1001, true)).toMatchObject({ accelerator: 'kvm', asyncPageFaults: true });
    expect(await launchOf('emulated', 1002, false)).toMatchObject({ accelerator: 'tcg', asyncPageFaults: false });
  });

  it('is told where its program is a VMM’s and its words can’t be read, but not while it ends', () => {
    tree.process(1001, { exe, args: ['qemu'] });
    tree.process(1002, { exe, args: [] });
    tree.process(1003, { exe, args: [] });
    rmSync(join(tree.dir, 'proc/1003/exe'));
    const wordless = (time: number) =>
      read(time).problems.filter(({ message }) => /command line can’t be read/.test(message));
    expect(wordless(1)).toMatchObject([{ source: 'process 1002' }]);
    tree.process(1002, { exe, args: ['qemu'] });
    expect(wordless(6)).toEqual([]);
    expect(read(6).guests.map(({ pid }) => pid)).toEqual([1001, 1002]);
  });

  it('gives fresh numbers in every round', () => {
    tree.process(1001, { exe, args: ['qemu'] });
    expect(one(1).name).toBe('qemu-1001');
    tree.write('proc/1001/status', 'VmRSS:\t 77 kB\n');
    expect(one(2).process.status).toEqual({ VmRSS: 77 * 1024 });
  });

  it('is another guest when its PID was taken again', () => {
    tree.process(1001, { exe, args: ['qemu', '-name', 'old'] });
    expect(one(1).id).toBe('1001.100');
    tree.process(1001, { exe, args: ['qemu', '-name', 'new'], starttime: 555 });
    read(2);
    expect(one(3)).toMatchObject({ id: '1001.555', name: 'new' });
  });

  it('is no guest when it is only waited for, or waits for its child', () => {
    tree.process(1001, { exe, args: ['qemu', '-name', 'gone'], state: 'Z' });
    tree.process(1002, { exe, args: ['qemu', '-name', 'd', '-daemonize'] });
    tree.process(1003, { exe, args: ['qemu', '-name', 'd', '-daemonize'], ppid: 1002 });
    expect(one(1).pid).toBe(1003);
  });

  it('of another VMM has its name from --id and no monitor', () => {
    const links = { 'fd/7': 'anon_inode:kvm-vm' };
    tree.process(1001, { exe: '/usr/bin/lkvm', args: ['lkvm', '--id', 'vm-7'], links });
    expect(one(1)).toMatchObject({ name: 'vm-7', vmm: 'other', launch: {}, monitor: { state: 'none' } });
  });
});

const isEndless = (behaviour: Behaviour): boolean => behaviour === 'silent' || behaviour === 'deaf';

describe('the monitor', () => {
  it('is asked in one short connection, and first for what hardly changes', async () => {
    const peer = await guest(1001, 'web');
    expect(one(1000).monitor).toEqual({ state: 'unasked', path: socket('web') });
    const sample = await asked(1000);
    expect(sample).toEqual({
      state: 'ok',
      time: expect.closeTo(1000, -1),
      path: socket('web'),
      qemuVersion: '7.2.22',
      status: 'running',
      memory: { 'base-memory': 268_435_456, 'plugged-memory': 0 },
      balloon: {
        device: true,
        actual: 268_435_456,
        path: '/machine/peripheral/balloon0',
        deflateOnOom: true,
        pollingInterval: 2,
        stats: { lastUpdate: 1_700_000_000, values: { 'stat-free-memory': 1000 } },
      },
      memdevs: [{ size: 268_435_456, share: false, merge: true, prealloc: false }],
    });
    peer.asked.length = 0;
    expect((await asked(1001)).state).toBe('ok');
    expect(peer.asked.map(({ command }) => command).sort()).toEqual(
      ['qom-get', 'qom-get', 'query-balloon', 'query-memory-size-summary', 'query-status'].sort(),
    );
    expect(peer.connections()).toBe(2);
  });

  it('is not asked before it is due', async () => {
    const peer = await guest(1001, 'web');
    await asked(1000);
    await asked(1000.5);
    expect(peer.connections()).toBe(1);
    await asked(1001);
    expect(peer.connections()).toBe(2);
  });

  test.each<Behaviour>(['split', 'pretty', 'events'])('is understood when it is %s', async behaviour => {
    const peer = await guest(1001, 'web');
    peer.script.behaviour = behaviour;
    expect(await asked(1000)).toMatchObject({ state: 'ok', balloon: { actual: 268_435_456, pollingInterval: 2 } });
  });

  it('is understood when its greeting is late', async () => {
    const peer = await guest(1001, 'web');
    peer.script.delay = 300;
    expect((await asked(1000)).state).toBe('ok');
  });

  it('shows unknown statistics as absent', async () => {
    const stats = guestStats(1_700_000_000, {
      'stat-free-memory': -1,
      'stat-total-memory': 2 ** 64,
      'stat-swap-in': 3,
    });
    await guest(1001, 'web', healthy('web', stats));
    expect((await asked(1000)).balloon?.stats?.values).toEqual({ 'stat-swap-in': 3 });
  });

  it('of an old QEMU that lacks commands gives the rest', async () => {
    const { 'query-memory-size-summary': _, 'query-memdev': __, ...old } = healthy('web');
    await guest(1001, 'web', old);
    const sample = await asked(1000);
    expect(sample).toMatchObject({ state: 'ok', balloon: { device: true } });
    expect(sample).not.toHaveProperty('memory');
  });

  test.each<[Behaviour, MonitorSample['state'], RegExp]>([
    ['silent', 'busy', /another client holds its monitor, or QEMU does not answer/],
    ['deaf', 'busy', /another client holds/],
    ['garbage', 'none', /does not speak QMP/],
    ['refuse', 'busy', /closed the connection/],
    ['die', 'busy', /closed the connection/],
  ])('that is %s from the start is %s', async (behaviour, state, reason) => {
    const peer = await guest(1001, 'web');
    peer.script.behaviour = behaviour;
    if (isEndless(behaviour)) Object.assign(patience, { greeting: 0.1, round: 0.2 });
    const sample = await asked(1000);
    expect(sample).toEqual({ state, reason: expect.stringMatching(reason), path: socket('web') });
  });

  test.each<Behaviour>(['silent', 'deaf', 'garbage', 'refuse', 'die'])(
    'that turns %s keeps its last values with their time, and recovers',
    async behaviour => {
      const peer = await guest(1001, 'web');
      const good = await asked(1000);
      peer.script.behaviour = behaviour;
      if (isEndless(behaviour)) Object.assign(patience, { greeting: 0.1, round: 0.2 });
      const bad = await asked(1001);
      expect(bad).toEqual({ ...good, state: 'busy', reason: expect.any(String) });
      Object.assign(patience, { greeting: 10, round: 10 });
      peer.script.behaviour = 'ok';
      peer.asked.length = 0;
      expect((await asked(1003)).state).toBe('ok');
      expect(peer.asked.map(({ command }) => command)).toContain('query-name');
    },
  );

  it('is left alone for 1, 2, 4 … 30 seconds after failures', async () => {
    const peer = await guest(1001, 'web');
    peer.script.behaviour = 'refuse';
    const tries: number[] = [];
    for (let time = 1000; time < 1130; time += 1) {
      const before = peer.connections();
      await reader.poll(time, plenty);
      if (peer.connections() > before) tries.push(time - 1000);
    }
    expect(tries.slice(1).map((time, index) => time - (tries[index] ?? 0))).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it('that hangs holds up neither the poll beyond its budget nor the others', async () => {
    const stuck = await guest(1001, 'stuck');
    stuck.script.behaviour = 'silent';
    patience.greeting = 1;
    await guest(1002, 'web');
    await reader.poll(1000, 50);
    expect(read(1000).guests[0]?.monitor.state).toBe('unasked');
    await until('the answer of the other', plenty, () => read(1001).guests[1]?.monitor.state === 'ok');
    await until('the late failure to be told', plenty, () => read(1001).guests[0]?.monitor.state === 'busy');
  });

  it('of a stopped QEMU is not asked, and says so', async () => {
    const peer = await guest(1001, 'web');
    tree.write('proc/1001/stat', statLine(1001, { state: 'T' }));
    expect(await asked(1000)).toMatchObject({ state: 'busy', reason: expect.stringContaining('SIGSTOP') });
    expect(peer.connections()).toBe(0);
  });

  it('that is not there yet is none, and is found later', async () => {
    tree.process(1001, { exe, args: ['qemu', '-name', 'web', ...qmp(socket('web'))] });
    expect(await asked(1000)).toMatchObject({ state: 'none', reason: expect.stringContaining('not there') });
    await guest(1001, 'web');
    expect((await asked(1002)).state).toBe('ok');
  });

  it('gives the size that the command line does not', async () => {
    tree.process(1001, { exe, args: ['qemu', ...qmp(socket('x'))] });
    peers.push(await startPeer(socket('x'), healthy('')));
    await asked(1000);
    expect(one(1000).launch.size).toBe(268_435_456);
  });

  it('of many guests is asked sixteen at a time', async () => {
    let most = 0;
    for (let index = 0; index < 40; index += 1) {
      const name = `g${index}`;
      const peer = await guest(2000 + index, name);
      peer.script.delay = 20;
    }
    const watch = setInterval(() => {
      const open = peers.reduce((sum, peer) => sum + peer.open(), 0);
      most = Math.max(most, open);
    }, 2);
    await reader.poll(1000, plenty);
    clearInterval(watch);
    expect(read(1000).guests.every(({ monitor }) => monitor.state === 'ok')).toBe(true);
    expect(most).toBeGreaterThan(8);
    expect(most).toBeLessThanOrEqual(16);
  });
});

describe('many monitors', () => {
  test.each([
    [1, 1],
    [50, 1],
    [75, 1.5],
    [100, 2],
    [200, 2],
    [1000, 10],
  ])('%i guests are asked every %d seconds each', (guests, seconds) => expect(roundInterval(guests)).toBe(seconds));

  it('are all asked at first, and then in turns', async () => {
    for (let index = 0; index < 100; index += 1) await guest(2000 + index, `vm-${index}`);
    const askedBy = async (time: number): Promise<number> => {
      await reader.poll(time, plenty);
      return peers.reduce((sum, peer) => sum + peer.connections(), 0);
    };
    expect(await askedBy(1000)).toBe(100);
    const second = (await askedBy(1001)) - 100;
    expect(second).toBeGreaterThan(30);
    expect(second).toBeLessThan(70);
    expect(await askedBy(1002)).toBe(200);
    expect(await askedBy(1003)).toBe(200 + second);
    expect(await askedBy(1004)).toBe(300);
  });

  it('that nobody looks at are asked once in five seconds, unless something goes on in them', async () => {
    for (let index = 0; index < 10; index += 1) await guest(2000 + 7 * index, `vm-${index}`);
    const watched = new Set(['2000.100']);
    const asks = new Map<Peer, number[]>(peers.map(peer => [peer, []]));
    for (let time = 1000; time < 1060; time += 1) {
      if (time === 1040) Object.assign(peers[1]!.script.replies, { 'query-balloon': { return: { actual: 1 << 27 } } });
      const before = peers.map(peer => peer.connections());
      await reader.poll(time, plenty, watched);
      for (const [index, peer] of peers.entries()) if (peer.connections() > before[index]!) asks.get(peer)!.push(time);
    }
    const [seen, moved, ...others] = [...asks.values()];
    expect(seen).toHaveLength(60);
    const resting = [moved!.filter(time => time < 1040), ...others];
    for (const times of resting) {
      // The first answer is news, so the next follows soon.
      const pauses = times.slice(3).map((time, index) => time - times[index + 2]!);
      expect(new Set(pauses)).toEqual(new Set([5]));
    }
    expect(new Set(others.map(times => times.at(-1))).size).toBeGreaterThan(2);
    // Noticed within five seconds, and followed until it rests.
    const after = moved!.filter(time => time >= 1040);
    expect(after[1]! - after[0]!).toBe(1);
  });

  it('that the gate has changed are asked by the next look, wherever they are', async () => {
    await guest(2000, 'vm');
    for (let time = 1000; time < 1010; time += 1) await reader.poll(time, plenty, new Set());
    const rests = peers[0]!.connections();
    // Within the five seconds of its last turn.
    await reader.poll(1010, plenty, new Set());
    expect(peers[0]!.connections()).toBe(rests);
    await reader.execute('2000.100', 'query-status');
    const asked = peers[0]!.connections();
    await reader.poll(1010.5, plenty, new Set());
    expect(peers[0]!.connections()).toBe(asked + 1);
  });

  it('that are busy, migrate or are to move are followed as well', async () => {
    await guest(2000, 'vm');
    const at = async (time: number): Promise<boolean> => {
      const before = peers[0]!.connections();
      await reader.poll(time, plenty, new Set());
      return peers[0]!.connections() > before;
    };
    for (let time = 1000; time < 1010; time += 1) await at(time);
    reader.noteTarget('2000.100', 1 << 27);
    const seen: boolean[] = [];
    for (let time = 1010; time < 1020; time += 1) seen.push(await at(time));
    const first = seen.indexOf(true);
    expect(seen.slice(first)).toEqual(seen.slice(first).map(() => true));
    expect(first).toBeLessThan(5);
  });
});

describe('Proxmox', () => {
  it('is recognised by its layout, and its guest asked on its socket with the usual etiquette', async () => {
    const host = join(tree.dir, 'pve');
    mkdirSync(join(host, 'var/run/qemu-server'), { recursive: true });
    const path = '/var/run/qemu-server/8006.qmp';
    const args = [
      ...['/usr/bin/kvm', '-id', '8006', '-name', 'simple,debug-threads=on'],
      ...['-chardev', `socket,id=qmp,path=${path},server=on,wait=off`, '-mon', 'chardev=qmp,mode=control'],
      ...[
        '-chardev',
        'socket,id=qmp-event,path=/var/run/qmeventd.sock,reconnect=5',
        '-mon',
        'chardev=qmp-event,mode=control',
      ],
      ...['-smbios', 'type=1,uuid=BBBBBBBB-1111-2222-3333-444444444444', '-m', '2048'],
    ];
    tree.process(1001, { exe, args, links: { root: host } });
    const replies = {
      ...healthy('simple'),
      'query-uuid': { return: { UUID: 'bbbbbbbb-1111-2222-3333-444444444444' } },
      // Its QEMU tells more here than others do.
      'query-balloon': {
        return: { actual: 1073741824, max_mem: 2147483648, total_mem: 1000, free_mem: 500, last_update: 1_700_000_000 },
      },
    };
    const peer = await startPeer(join(host, path), replies);
    peers.push(peer);
    await asked(1000);
    expect(one(1000)).toMatchObject({
      name: 'simple',
      manager: 'proxmox',
      launch: { vmid: 8006, size: 2 ** 31, uuid: 'bbbbbbbb-1111-2222-3333-444444444444' },
      monitor: { state: 'ok', path, balloon: { device: true, actual: 2 ** 30 } },
    });
    expect(peer.connections()).toBe(1);
    await until('the connection is closed', 20_000, () => peer.open() === 0);
  });
});

describe('which monitor', () => {
  it('of libvirt is never connected to', async () => {
    const path = socket('web');
    const args = [
      'qemu',
      '-name',
      'guest=web,debug-threads=on',
      '-chardev',
      'socket,id=m,fd=31,server=on',
      '-mon',
      'chardev=m,mode=control',
    ];
    tree.process(1001, { exe, args });
    const peer = await startPeer(path, healthy('web'));
    peers.push(peer);
    expect(await asked(1000)).toEqual({ state: 'libvirt', reason: 'its monitor belongs to libvirt' });
    expect(one(1000).manager).toBe('libvirt');
    await expect(reader.execute('1001.100', 'balloon')).rejects.toThrow(/belongs to libvirt; nothing was sent/);
    expect(peer.connections()).toBe(0);
  });

  it('that it does not listen on is not its own, whatever its words say', async () => {
    const peer = await guest(1001, 'web');
    tree.process(1002, { exe, args: ['qemu', '-name', 'other', ...qmp(socket('web'))], listens: [] });
    await reader.poll(1000, plenty);
    const { guests, problems } = read(1000);
    expect(guests.map(({ monitor }) => monitor.state)).toEqual(['ok', 'none']);
    expect(guests[1]?.monitor.reason).toContain('it does not listen on');
    expect(problems.map(({ source }) => source)).toEqual(['guest other']);
    await expect(reader.execute('1002.100', 'balloon')).rejects.toThrow(/does not listen on .*; nothing was sent/);
    expect(peer.connections()).toBe(1);
  });

  it('on which two processes listen is used by none, until one has gone', async () => {
    const peer = await guest(1001, 'web');
    tree.process(1002, { exe, args: ['qemu', '-name', 'other', ...qmp(socket('web'))] });
    for (const time of [1000, 1001]) await reader.poll(time, plenty);
    const { guests, problems } = read(1001);
    expect(guests.map(({ monitor }) => monitor.state)).toEqual(['none', 'none']);
    expect(guests[0]?.monitor.reason).toContain('process 1002 listens on its monitor');
    expect(problems.map(({ source }) => source)).toEqual(['guest web', 'guest other']);
    await expect(reader.execute('1001.100', 'balloon')).rejects.toThrow(/process 1002 listens on .* nothing was sent/);
    const before = peer.connections();
    for (const time of [1002, 1003, 1010]) await asked(time).catch(() => undefined);
    expect(peer.connections()).toBe(before);
    tree.end(1002);
    read(1020);
    expect((await asked(1021)).state).toBe('ok');
  });

  it('of two is the other once one fails, and the first again when that fails too', async () => {
    const second = join(tree.dir, 'second.sock');
    const args = ['qemu', '-name', 'web', ...qmp(socket('web')), ...qmp(second)];
    tree.process(1001, { exe, args });
    const peer = await startPeer(second, healthy('web'));
    peers.push(peer);
    expect(await asked(1000)).toMatchObject({ state: 'none', path: socket('web') });
    expect(await asked(1001)).toMatchObject({ state: 'ok', path: second });
    await peer.close();
    peers.push(await startPeer(socket('web'), healthy('web')));
    expect(await asked(1002)).toMatchObject({ state: 'busy', path: second });
    expect(await asked(1003)).toMatchObject({ state: 'ok', path: socket('web') });
  });

  it('that answers as another guest keeps nothing of what the first had said', async () => {
    const peer = await guest(1001, 'web');
    expect(await asked(1000)).toMatchObject({ state: 'ok', status: 'running' });
    peer.script.behaviour = 'refuse';
    expect(await asked(1001)).toMatchObject({ state: 'busy', status: 'running', balloon: { actual: 268_435_456 } });
    peer.script.behaviour = 'ok';
    peer.script.replies['query-name'] = { return: { name: 'somebody-else' } };
    expect(await asked(1002)).toEqual({
      state: 'none',
      reason: 'another guest answers there: somebody-else',
      path: socket('web'),
    });
  });

  it('that answers as another guest is not believed', async () => {
    await guest(1001, 'web', healthy('somebody-else'));
    expect(await asked(1000)).toEqual({
      state: 'none',
      reason: 'another guest answers there: somebody-else',
      path: socket('web'),
    });
    expect(read(1000).problems).toEqual([{ source: 'guest web', message: expect.stringContaining('another guest') }]);
  });

  it('with a relative path starts at the process’s folder, and after -daemonize at the one it was started in', async () => {
    const args = ['qemu', '-name', 'web', ...qmp('web.sock')];
    const uid = process.geteuid?.() ?? 0;
    tree.process(1001, { exe, args, cwd: tree.dir, uid });
    peers.push(await startPeer(socket('web'), healthy('web')));
    expect(await asked(1000)).toMatchObject({ state: 'ok', path: 'web.sock' });
    tree.end(1001);
    const files = { environ: `HOME=/root\0PWD=${tree.dir}\0` };
    tree.process(1002, { exe, args: [...args, '-daemonize'], cwd: '/', files, uid });
    read(1001);
    expect((await asked(1002)).state).toBe('ok');
  });

  it('in another root is reached through it', async () => {
    mkdirSync(join(tree.dir, 'jail'));
    tree.process(1001, { exe, args: ['qemu', '-name', 'web', ...qmp('/q')], links: { root: join(tree.dir, 'jail') } });
    peers.push(await startPeer(join(tree.dir, 'jail/q'), healthy('web')));
    expect(await asked(1000)).toMatchObject({ state: 'ok', path: '/q' });
  });

  it('with a path longer than a socket address is reached all the same', async () => {
    const folder = join(tree.dir, 'x'.repeat(120));
    mkdirSync(folder);
    const short = join(tree.dir, 's');
    tree.process(1001, { exe, args: ['qemu', '-name', 'web', ...qmp(join(folder, 'q'))] });
    // The peer can't bind there itself, for the same reason.
    peers.push(await startPeer(short, healthy('web')));
    renameSync(short, join(folder, 'q'));
    expect((await asked(1000)).state).toBe('ok');
  });

  /** Text of a configuration file. */
  const config = (): string =>
    `[name]\n  guest = "cfg"\n[memory]\n  size = "96M"\n[chardev "c"]\n  backend = "socket"\n  path = "${socket('cfg')}"\n  server = "on"\n[mon "m"]\n  chardev = "c"\n  mode = "control"\n`;

  it('of a configuration file is found in it', async () => {
    tree.write('etc/guest.cfg', config());
    tree.process(1001, { exe, args: ['qemu', '-readconfig', '/etc/guest.cfg'], listens: [socket('cfg')] });
    peers.push(await startPeer(socket('cfg'), healthy('cfg')));
    expect((await asked(1000)).state).toBe('ok');
    expect(one(1000)).toMatchObject({ name: 'cfg', launch: { size: 96 * 1024 ** 2 } });
  });

  it('of a configuration file that was read before a change of root is found in it', async () => {
    tree.write('etc/guest.cfg', config());
    const args = ['qemu', '-readconfig', '/etc/guest.cfg', '-chroot', '/var/empty'];
    tree.process(1001, { exe, args, listens: [socket('cfg')], links: { root: '/var/empty' } });
    peers.push(await startPeer(socket('cfg'), healthy('cfg')));
    expect((await asked(1000)).state).toBe('ok');
  });

  it.each(['/dev/fd/7', '//dev/fd/7', '/tmp/../dev/fd/7', '/proc/self/fd/7', '/proc/thread-self/fd/7'])(
    'of the configuration file %s is not looked for: that would be kvmtop’s own',
    async path => {
      tree.write(path, config());
      tree.process(1001, { exe, args: ['qemu', '-name', 'cfg', '-readconfig', path] });
      const peer = await startPeer(socket('cfg'), healthy('cfg'));
      peers.push(peer);
      expect((await asked(1000)).state).toBe('none');
      expect(peer.connections()).toBe(0);
    },
  );

  it('of a lost configuration file is one that it listens on under a name that says QMP, and no other', async () => {
    const rows = ['serial', 'qmp']
      .map((name, index) => `0: 00000002 00000000 00010000 0001 01 ${index} ${join(tree.dir, name)}\n`)
      .join('');
    const links = { 'fd/8': 'socket:[0]', 'fd/9': 'socket:[1]' };
    tree.process(1001, { exe, args: ['qemu', '-readconfig', '/gone'], links });
    const serial = await startPeer(join(tree.dir, 'serial'), {});
    peers.push(serial, await startPeer(join(tree.dir, 'qmp'), healthy('')));
    expect(await asked(1000)).toMatchObject({ state: 'none' });
    tree.write('proc/1001/net/unix', rows);
    await reader.poll(1006, plenty);
    expect(one(1006).monitor.state).toBe('unasked');
    expect((await asked(1007)).path).toBe(join(tree.dir, 'qmp'));
    expect(serial.connections()).toBe(0);
  });

  test.each([
    ['tcp:192.0.2.1:4444,server=on', /only the loopback is trusted/],
    ['stdio', /not on a socket/],
    ['tcp:127.0.0.1:4444,server=on', /another network namespace/],
  ])('%s can not be used', async (monitor, reason) => {
    tree.process(1001, { exe, args: ['qemu', '-qmp', monitor], links: { 'ns/net': 'net:[4026532000]' } });
    tree.process(999, { links: { 'ns/net': 'net:[4026531840]' } });
    symlinkSync('999', join(tree.dir, 'proc/self'));
    expect(await asked(1000)).toEqual({ state: 'none', reason: expect.stringMatching(reason) });
  });

  it('of a captured tree is not connected to', async () => {
    const peer = await guest(1001, 'web');
    reader = createGuestReader(new Root(tree.dir));
    expect((await asked(1000)).state).toBe('none');
    expect(peer.connections()).toBe(0);
  });
});

describe('execute', () => {
  const id = '1001.100';

  it('sends one command after a look at who answers, and gives what QEMU returns', async () => {
    const peer = await guest(1001, 'web', { ...healthy('web'), balloon: { return: { done: true } } });
    read(1000);
    await expect(reader.execute(id, 'balloon', { value: 5 })).resolves.toEqual({ done: true });
    expect(peer.asked).toEqual([
      { command: 'query-name', args: {} },
      { command: 'query-uuid', args: {} },
      { command: 'balloon', args: { value: 5 } },
    ]);
  });

  it('waits for the round that is under way: the socket serves one client', async () => {
    const peer = await guest(1001, 'web', { ...healthy('web'), balloon: { return: {} } });
    peer.script.delay = 100;
    const connections: number[] = [];
    for (const command of ['query-status', 'balloon']) {
      peer.script.replies[command] = () => {
        connections.push(peer.connections());
        return { return: {} };
      };
    }
    read(1000);
    const round = reader.poll(1000, plenty);
    await Promise.all([
      reader.execute(id, 'balloon', { value: 5 }),
      reader.execute(id, 'balloon', { value: 6 }),
      round,
    ]);
    expect(connections).toEqual([1, 2, 3]);
    expect(peer.asked.filter(({ command }) => command === 'balloon').map(({ args }) => args['value'])).toEqual([5, 6]);
    expect(one(1000).monitor.state).toBe('ok');
  });

  it('makes the next round due, so that the effect is seen', async () => {
    const peer = await guest(1001, 'web', { ...healthy('web'), balloon: { return: {} } });
    await asked(1000);
    await reader.execute(id, 'balloon', { value: 5 });
    await asked(1000.1);
    expect(peer.connections()).toBe(3);
  });

  it('tells QEMU’s refusal in its words', async () => {
    await guest(1001, 'web', { ...healthy('web'), balloon: failure('DeviceNotActive', 'No balloon device') });
    read(1000);
    await expect(reader.execute(id, 'balloon')).rejects.toThrow(
      'balloon on web: QEMU refused: No balloon device (DeviceNotActive); nothing was changed',
    );
  });

  it('does nothing to a process that is another by now, or gone', async () => {
    const peer = await guest(1001, 'web');
    read(1000);
    tree.write('proc/1001/stat', statLine(1001, { starttime: 999 }));
    await expect(reader.execute(id, 'balloon')).rejects.toThrow(/no longer this guest; nothing was sent/);
    await expect(reader.execute('7.7', 'balloon')).rejects.toThrow(/the guest is gone/);
    expect(peer.asked).toEqual([]);
  });

  it('does nothing to a process that became another while it was asked who it is', async () => {
    const peer = await guest(1001, 'web', { ...healthy('web'), balloon: { return: {} } });
    read(1000);
    peer.script.replies['query-uuid'] = () => {
      tree.write('proc/1001/stat', statLine(1001, { starttime: 999 }));
      return { return: { UUID: '00000000-0000-0000-0000-000000000000' } };
    };
    await expect(reader.execute(id, 'balloon', { value: 5 })).rejects.toThrow(/no longer this guest; nothing was sent/);
    expect(peer.asked.map(({ command }) => command)).toEqual(['query-name', 'query-uuid']);
  });

  it('does nothing when another guest answers', async () => {
    const peer = await guest(1001, 'web', healthy('somebody-else'));
    read(1000);
    await expect(reader.execute(id, 'balloon')).rejects.toThrow(
      /another guest answers there: somebody-else; nothing was sent/,
    );
    expect(peer.asked.map(({ command }) => command)).not.toContain('balloon');
  });

  it('says whether the command was sent when time is up', async () => {
    const peer = await guest(1001, 'web');
    read(1000);
    peer.script.behaviour = 'silent';
    await expect(reader.execute(id, 'balloon', {}, { timeoutMs: 100 })).rejects.toThrow(
      /nothing was sent: end the other client/,
    );
    peer.script.behaviour = 'ok';
    peer.deafTo.add('balloon');
    await expect(reader.execute(id, 'balloon', {}, { timeoutMs: 1000 })).rejects.toThrow(
      /it was sent and may have been done/,
    );
  });

  it('says that the socket is gone', async () => {
    const peer = await guest(1001, 'web');
    read(1000);
    await peer.close();
    rmSync(socket('web'), { force: true });
    await expect(reader.execute(id, 'balloon')).rejects.toThrow(/not there; nothing was sent/);
  });
});

it('gives out the balloon’s target as it was noted, until it is forgotten', () => {
  tree.process(1001, { exe, args: ['qemu'] });
  reader.noteTarget('1001.100', 4096);
  expect(one(1).balloonTarget).toBe(4096);
  reader.noteTarget('1001.100', undefined);
  expect(one(2)).not.toHaveProperty('balloonTarget');
});

it('ends what is under way when it is closed', async () => {
  const peer = await guest(1001, 'web');
  peer.script.behaviour = 'silent';
  const round = reader.poll(1000, plenty);
  await until('the connection', 20_000, () => peer.connections() === 1);
  await reader.close();
  await round;
  await until('its end', 20_000, () => peer.open() === 0);
});
