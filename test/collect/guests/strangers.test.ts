import {
  lchownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createGuestReader, type GuestReader } from '../../../src/collect/guests/guests.ts';
import { Root } from '../../../src/root.ts';
import type { MonitorSample } from '../../../src/sample.ts';
import { firecrackerApi, startApi } from '../../api/peer.ts';
import { noRoot, testUnless } from '../../lacks.ts';
import { healthy, type Peer, startPeer } from '../../qmp/peer.ts';
import { type FakeProcess, makeTree, type Tree } from './tree.ts';

/**
 * Strangers that pass for guests and name a monitor that is another's. The processes are made up, sockets and links are real:
 * what decides is what the kernel says of them.
 */

const exe = '/usr/bin/qemu-system-x86_64';
const plenty = 20_000;
vi.setConfig({ testTimeout: 30_000 });

const [victimPid, strangerPid, stranger] = [1001, 6666, 4711];
const strangerId = `${strangerPid}.100`;

let tree: Tree;
let root: Root;
let reader: GuestReader;
let victim: Peer;
let home: string;
const ends: (() => unknown)[] = [];
beforeEach(async () => {
  tree = makeTree();
  root = new Root(tree.dir);
  reader = createGuestReader(root, { monitors: true });
  home = join(tree.dir, 'home');
  mkdirSync(home);
  mkdirSync(join(tree.dir, 'run'));
  victim = await startPeer(victimSocket(), { ...healthy('victim'), balloon: { return: {} } });
  tree.process(victimPid, { exe, uid: 0, args: ['qemu', '-name', 'victim', ...qmp(victimSocket())] });
});
afterEach(async () => {
  await reader.close();
  await victim.close();
  for (const end of ends.splice(0)) await end();
  tree.remove();
});

const victimSocket = (): string => join(tree.dir, 'run/qmp.sock');
const qmp = (path: string) => ['-qmp', `unix:${path},server=on,wait=off`];
const words = (path: string) => ['qemu', '-name', 'victim', ...qmp(path)];

/** A link, or whatever else is at this path, that the stranger made. */
const byStranger = (path: string): string => {
  lchownSync(path, stranger, stranger);
  return path;
};

/** Both are asked, twice, and told to change. What the stranger got, and how it was refused a change. */
const attack = async (about: FakeProcess): Promise<{ monitor: MonitorSample; refusal: string }> => {
  tree.process(strangerPid, { exe, uid: stranger, ...about });
  for (const time of [1000, 1005]) await reader.poll(time, plenty);
  const { guests } = reader.read(new Set(), 1005);
  expect(guests.find(({ pid }) => pid === victimPid)?.monitor.state).toBe('ok');
  const before = victim.connections();
  const refusal = await reader.execute(strangerId, 'balloon', { value: 1 }).then(
    () => 'not refused',
    (error: unknown) => String(error),
  );
  expect(victim.connections()).toBe(before);
  expect(victim.asked.map(({ command }) => command)).not.toContain('balloon');
  await reader.execute(`${victimPid}.100`, 'balloon', { value: 2 });
  expect(victim.asked.filter(({ command }) => command === 'balloon')).toEqual([
    { command: 'balloon', args: { value: 2 } },
  ]);
  return { monitor: guests.find(({ pid }) => pid === strangerPid)?.monitor as MonitorSample, refusal };
};

const none = { state: 'none', reason: expect.any(String) };

describe('a monitor of another guest', () => {
  it('that is named as it is', async () => {
    const { monitor, refusal } = await attack({ args: words(victimSocket()), listens: [] });
    expect(monitor).toMatchObject({ ...none, reason: expect.stringContaining('it does not listen on') });
    expect(refusal).toMatch(/does not listen on .*, though its command line says so; nothing was sent/);
  });

  it.each([
    ['twice the slash', (path: string) => path.replace('/run/', '//run/')],
    ['a way back', (path: string) => path.replace('/run/', '/home/../run/./')],
  ])('that is spelled with %s', async (_, spell) => {
    const { monitor } = await attack({ args: words(spell(victimSocket())), listens: [] });
    expect(monitor).toMatchObject(none);
  });

  testUnless(noRoot, 'behind a link', async () => {
    const path = join(home, 'evil.sock');
    symlinkSync(victimSocket(), path);
    const { monitor, refusal } = await attack({ args: words(byStranger(path)), listens: [] });
    expect(monitor).toMatchObject({ ...none, reason: expect.stringContaining('it does not listen on') });
    expect(refusal).toMatch(/nothing was sent/);
  });

  testUnless(noRoot, 'behind a link that took the place of a socket of its own', async () => {
    const path = join(home, 'evil.sock');
    symlinkSync(victimSocket(), path);
    const { monitor, refusal } = await attack({ args: words(byStranger(path)), listens: [path] });
    expect(monitor).toMatchObject({ ...none, reason: expect.stringContaining('another user’s socket') });
    expect(refusal).toMatch(/not certain .* nothing was sent/);
  });

  testUnless(noRoot, 'in a folder that took the place of its own', async () => {
    const folder = join(home, 'vm');
    symlinkSync(join(tree.dir, 'run'), folder);
    byStranger(folder);
    const path = join(folder, 'qmp.sock');
    const { monitor } = await attack({ args: words(path), listens: [path] });
    expect(monitor).toMatchObject(none);
  });

  testUnless(noRoot, 'that has a second name', async () => {
    const path = join(home, 'evil.sock');
    linkSync(victimSocket(), path);
    tree.process(strangerPid, { exe, uid: stranger, args: words(path) });
    await reader.poll(1000, plenty);
    expect(reader.read(new Set(), 1000).guests.find(({ pid }) => pid === strangerPid)?.monitor).toMatchObject(none);
    await expect(reader.execute(strangerId, 'balloon', { value: 1 })).rejects.toThrow(/nothing was sent/);
    expect(victim.asked.map(({ command }) => command)).not.toContain('balloon');
  });

  testUnless(noRoot, 'by a relative name, from the other’s folder', async () => {
    const { monitor } = await attack({ args: words('qmp.sock'), cwd: join(tree.dir, 'run') });
    expect(monitor).toMatchObject(none);
  });

  testUnless(noRoot, 'by a relative name, and a word of the environment about where it was started', async () => {
    const files = { environ: `PWD=${join(tree.dir, 'run')}\0` };
    const { monitor } = await attack({ args: [...words('qmp.sock'), '-daemonize'], cwd: '/', files });
    expect(monitor).toMatchObject(none);
  });

  testUnless(noRoot, 'by the same name in a root of its own, which it says it has left', async () => {
    const links = { root: home, 'ns/mnt': 'mnt:[1]', 'ns/user': 'user:[1]' };
    tree.process(1, { links: {} });
    mkdirSync(join(tree.dir, 'proc/self/ns'), { recursive: true });
    symlinkSync('mnt:[2]', join(tree.dir, 'proc/self/ns/mnt'));
    const { monitor } = await attack({ args: [...words(victimSocket()), '-chroot', '/'], links });
    expect(monitor).toMatchObject(none);
  });

  testUnless(noRoot, 'mounted on a name of its own, in namespaces of its own', async () => {
    // What is mounted there is seen as a folder of the root that it sees.
    mkdirSync(join(home, 'bound'));
    linkSync(victimSocket(), join(home, 'bound/q'));
    unlinkSync(victimSocket());
    renameSync(join(home, 'bound/q'), join(home, 'q'));
    symlinkSync(join(home, 'q'), victimSocket());
    const links = { root: home, 'ns/user': 'user:[1]' };
    const { monitor } = await attack({ args: words('/q'), links });
    expect(monitor).toMatchObject(none);
  });

  testUnless(noRoot, 'that its own was swapped for after the first look', async () => {
    const path = join(home, 'evil.sock');
    const own = await startPeer(path, { ...healthy('victim'), balloon: { return: {} } });
    ends.push(own.close);
    byStranger(path);
    tree.process(strangerPid, { exe, uid: stranger, args: words(path) });
    await reader.poll(1000, plenty);
    const state = () => reader.read(new Set(), 1000).guests.find(({ pid }) => pid === strangerPid)?.monitor.state;
    expect(state()).toBe('ok');
    renameSync(path, join(home, 'away'));
    symlinkSync(victimSocket(), path);
    byStranger(path);
    // Its own socket is held, whatever the name leads to now.
    await reader.execute(strangerId, 'balloon', { value: 7 });
    expect(own.asked.map(({ command }) => command)).toContain('balloon');
    await own.close();
    await expect(reader.execute(strangerId, 'balloon', { value: 8 })).rejects.toThrow(/nothing was sent/);
    await expect(reader.execute(strangerId, 'balloon', { value: 8 })).rejects.toThrow(/nothing was sent/);
    expect(victim.asked.map(({ command }) => command)).not.toContain('balloon');
  });

  it('on a port of the loopback', async () => {
    const port = 40_000 + (process.pid % 20_000);
    const other = await startPeer(port, { ...healthy('tcp'), balloon: { return: {} } });
    ends.push(other.close);
    const address = `127.0.0.1:${port}`;
    const args = (name: string) => ['qemu', '-name', name, '-qmp', `tcp:${address},server=on`];
    tree.process(2001, { exe, args: args('tcp') });
    const theirs = tree.text('proc/2001/net/tcp');
    const files = { 'net/tcp': theirs };
    tree.process(strangerPid, { exe, args: args('tcp'), listens: [], files, links: { 'fd/3': 'socket:[3]' } });
    await reader.poll(1000, plenty);
    const { guests } = reader.read(new Set(), 1000);
    expect(new Map(guests.map(({ pid, monitor }) => [pid, monitor.state]))).toEqual(
      new Map([
        [victimPid, 'ok'],
        [2001, 'ok'],
        [strangerPid, 'none'],
      ]),
    );
    await expect(reader.execute(strangerId, 'balloon', { value: 1 })).rejects.toThrow(/does not listen on .*sent/);
    await reader.execute('2001.100', 'balloon', { value: 1 });
    expect(other.asked.filter(({ command }) => command === 'balloon')).toHaveLength(1);
  });

  testUnless(noRoot, 'behind an HTTP API', async () => {
    const path = join(tree.dir, 'run/fc.sock');
    const vm = { id: 'fn', state: 'Running', memory: 512, balloon: { amount_mib: 0 } };
    const api = await startApi(path, firecrackerApi(vm as never));
    ends.push(api.close);
    const link = join(home, 'fc.sock');
    symlinkSync(path, link);
    byStranger(link);
    const args = ['firecracker', '--id', 'fn', '--api-sock', link];
    const links = { 'fd/14': 'anon_inode:kvm-vm' };
    tree.process(strangerPid, { exe: '/usr/bin/firecracker', uid: stranger, args, links });
    await reader.poll(1000, plenty);
    const { guests } = reader.read(new Set(), 1000);
    expect(guests.find(({ pid }) => pid === strangerPid)?.monitor).toMatchObject(none);
    await expect(reader.call(strangerId, 'PATCH', '/balloon', { amount_mib: 1 })).rejects.toThrow(
      /nothing was changed/,
    );
    expect(api.asked).toEqual([]);
  });
});

describe('a monitor of its own', () => {
  const state = async (about: FakeProcess): Promise<MonitorSample['state'] | undefined> => {
    tree.process(2001, { exe, ...about });
    await reader.poll(1000, plenty);
    return reader.read(new Set(), 1000).guests.find(({ pid }) => pid === 2001)?.monitor.state;
  };
  const listen = async (path: string): Promise<string> => {
    const peer = await startPeer(path, healthy('own'));
    ends.push(peer.close);
    return path;
  };
  const ownWords = (path: string) => ['qemu', '-name', 'own', ...qmp(path)];

  testUnless(noRoot, 'may be behind a link of root', async () => {
    await listen(join(tree.dir, 'run/own.sock'));
    symlinkSync('run', join(tree.dir, 'var-run'));
    expect(await state({ uid: stranger, args: ownWords(join(tree.dir, 'var-run/own.sock')) })).toBe('ok');
  });

  testUnless(noRoot, 'may be behind a link of the user whose it is', async () => {
    byStranger(await listen(join(home, 'own.sock')));
    symlinkSync(home, join(tree.dir, 'vms'));
    byStranger(join(tree.dir, 'vms'));
    expect(await state({ uid: stranger, args: ownWords(join(tree.dir, 'vms/own.sock')) })).toBe('ok');
  });

  testUnless(noRoot, 'may be root’s, where it was started by root and became another', async () => {
    await listen(join(tree.dir, 'run/own.sock'));
    expect(await state({ uid: stranger, args: ownWords(join(tree.dir, 'run/own.sock')) })).toBe('ok');
  });

  testUnless(noRoot, 'is told by its user, to those who may not see what it holds', async () => {
    byStranger(await listen(join(home, 'own.sock')));
    root.denied.add('/proc/2001/fd');
    const args = ownWords(join(home, 'own.sock'));
    expect(await state({ uid: stranger, args, listens: [] })).toBe('ok');
  });
});

it('holds the file of a monitor only as long as the guest lives', async () => {
  const held = () =>
    readdirSync('/proc/self/fd').filter(name => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`).startsWith(join(tree.dir, 'run'));
      } catch {
        return false;
      }
    });
  await reader.poll(1000, plenty);
  expect(held()).toHaveLength(1);
  tree.end(victimPid);
  reader.read(new Set(), 1001);
  await vi.waitFor(() => expect(held()).toHaveLength(0));
});
