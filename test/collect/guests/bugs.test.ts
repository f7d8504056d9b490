import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Bugs } from '../../../src/collect/guests/bugs.ts';
import { createGuestReader, type GuestReader } from '../../../src/collect/guests/guests.ts';
import { RpcClient } from '../../../src/collect/guests/monitors/libvirt/rpc/client.ts';
import { VirshAsker } from '../../../src/collect/guests/monitors/libvirt/virsh.ts';
import { MessageSplitter } from '../../../src/collect/guests/monitors/qmp/splitter.ts';
import { Root } from '../../../src/root.ts';
import type { MonitorSample, Problem } from '../../../src/sample.ts';
import { cloudHypervisorDialect } from '../../../src/vmm/cloud-hypervisor/dialect.ts';
import { type CloudVm, cloudHypervisorApi, startApi } from '../../api/peer.ts';
import { healthy, startPeer } from '../../qmp/peer.ts';
import { makeTree, type Tree } from './tree.ts';

/** Long enough for every answer of a peer in this process, on a busy machine. */
const plenty = 20_000;
vi.setConfig({ testTimeout: 30_000 });

let tree: Tree;
let reader: GuestReader;
const ends: (() => Promise<void>)[] = [];
beforeEach(() => {
  tree = makeTree();
  reader = createGuestReader(new Root(tree.dir), { monitors: true });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await reader.close();
  for (const end of ends.splice(0)) await end();
  tree.remove();
});

const socket = (name: string) => join(tree.dir, `${name}.sock`);

const qemu = async (pid: number, name: string, replies = healthy(name)): Promise<void> => {
  const args = ['qemu', '-name', name, '-m', '256', '-qmp', `unix:${socket(name)},server=on,wait=off`];
  tree.process(pid, { exe: '/usr/bin/qemu-system-x86_64', args });
  ends.push((await startPeer(socket(name), replies)).close);
};

const cloud = async (pid: number, name: string): Promise<void> => {
  const args = ['cloud-hypervisor', '--api-socket', socket(name)];
  tree.process(pid, { exe: '/usr/bin/cloud-hypervisor', args, links: { 'fd/14': 'anon_inode:kvm-vm' } });
  const vm: CloudVm = { state: 'Running', memory: { size: 1024 }, balloon: null, actual: 1024, whole: 1024 };
  ends.push((await startApi(socket(name), cloudHypervisorApi(vm))).close);
};

const ofLibvirt = (pid: number, name: string): void => {
  const monitor = ['-chardev', 'socket,id=m,fd=26,server=on,wait=off', '-mon', 'chardev=m,id=monitor,mode=control'];
  const uuid = `938d9d25-c83b-41ac-81db-98444204${pid}`;
  const args = ['qemu', '-name', `guest=${name},debug-threads=on`, '-m', '256', '-uuid', uuid, ...monitor];
  tree.process(pid, { exe: '/usr/bin/qemu-system-x86_64', args });
};

const asked = async (time: number): Promise<{ of: Map<number, MonitorSample>; problems: Problem[] }> => {
  await reader.poll(time, plenty);
  const { guests, problems } = reader.read(new Set(), time);
  return {
    of: new Map(guests.map(({ pid, monitor }) => [pid, monitor])),
    problems: problems.filter(({ source }) => source === 'kvmtop'),
  };
};

/** What a TypeError of ours says: foreign words may be among it. */
const fault = (): never => {
  throw new TypeError('status.toUpperCase is not a function\u001b[2J');
};

describe('a bug of kvmtop itself', () => {
  it('at the answers of an API is told as one, and only once; the guest keeps its numbers, and the others go on', async () => {
    for (const pid of [1001, 1002]) await cloud(pid, `cloud-${pid}`);
    await qemu(1003, 'web');
    const good = await asked(1000);
    expect([...good.of.values()].map(({ state }) => state)).toEqual(['ok', 'ok', 'ok']);
    expect(good.problems).toEqual([]);

    vi.spyOn(cloudHypervisorDialect, 'round').mockImplementation(async () => fault());
    const bad = await asked(1010);
    for (const pid of [1001, 1002])
      expect(bad.of.get(pid)).toEqual({
        ...good.of.get(pid),
        state: 'bug',
        reason: expect.stringContaining('a bug in kvmtop'),
      });
    expect(bad.of.get(1003)).toMatchObject({ state: 'ok' });
    expect(bad.of.get(1003)?.time).toBeGreaterThan(good.of.get(1003)?.time ?? 0);
    expect(bad.problems).toEqual([
      {
        source: 'kvmtop',
        message: expect.stringMatching(
          /^a bug in kvmtop, met at an answer of cloud-hypervisor-1001, [ -~\ufffd]*TypeError: status[ -~\ufffd]* at fault \([^ ]*bugs\.test\.ts/,
        ),
      },
    ]);
    expect((await asked(1020)).problems).toEqual(bad.problems);

    vi.restoreAllMocks();
    const again = await asked(1100);
    expect(again.of.get(1001)).toMatchObject({ state: 'ok' });
    expect(again.of.get(1001)).not.toHaveProperty('reason');
    // What strikes now and then would else be told for a second only.
    expect(again.problems).toEqual(bad.problems);
  });

  it('at the answers of QMP is none of the guest’s', async () => {
    await qemu(1001, 'web');
    await cloud(1002, 'cloud');
    const good = await asked(1000);
    const push = MessageSplitter.prototype.push;
    // What the peer reads has no answers in it.
    vi.spyOn(MessageSplitter.prototype, 'push').mockImplementation(function (this: MessageSplitter, chunk) {
      return chunk.includes('"return"') ? fault() : push.call(this, chunk);
    });
    const bad = await asked(1010);
    expect(bad.of.get(1001)).toEqual({ ...good.of.get(1001), state: 'bug', reason: expect.any(String) });
    expect(bad.of.get(1002)).toMatchObject({ state: 'ok' });
    expect(bad.problems).toHaveLength(1);
    vi.restoreAllMocks();
    expect((await asked(1020)).of.get(1001)).toMatchObject({ state: 'ok', balloon: good.of.get(1001)?.balloon });
  });

  it('is not met by a refusal whose words are objects that can’t be made text', async () => {
    const odd = { toString: 1, valueOf: 1 } as unknown as string;
    await qemu(1001, 'web', { ...healthy('web'), 'query-balloon': { error: { class: odd, desc: odd } } });
    const { of, problems } = await asked(1000);
    expect(of.get(1001)).toMatchObject({ state: 'ok', status: 'running' });
    expect(problems).toEqual([]);
  });

  it.each([
    ['libvirtd tells', 'qemu+unix:///system?socket=/nowhere', RpcClient],
    ['virsh prints', 'test:///default', VirshAsker],
  ])('at what %s is none of libvirt’s', async (_what, libvirt, Asker) => {
    const other = createGuestReader(new Root(tree.dir), { monitors: true, libvirt });
    ends.push(() => other.close());
    ofLibvirt(1001, 'dom');
    vi.spyOn(Asker.prototype, 'domainXml').mockImplementation(async () => fault());
    await other.poll(1000, plenty);
    const { guests, problems } = other.read(new Set(), 1000);
    expect(guests[0]?.monitor).toEqual({ state: 'bug', reason: expect.any(String) });
    expect(problems.map(({ source }) => source)).toContain('kvmtop');
  });
});

it('tells some kinds of bugs, and not endlessly many', () => {
  const bugs = new Bugs();
  for (let index = 0; index < 100; index += 1) {
    const bug = new RangeError(`${'x'.repeat(5000)}\n${index}`);
    bug.stack = `RangeError: ${bug.message}\n    at place${index} (a.ts:1:${index})`;
    bugs.note(bug, 'web\u202e');
  }
  const problems = [...bugs.problems];
  expect(problems).toHaveLength(8);
  for (const { message } of problems) expect(message).toMatch(/^[ -~\ufffd]{1,1200}$/);
});

it('keeps nothing of where a bug is when it is in the message', () => {
  const bugs = new Bugs();
  const same = (word: string): Error => new TypeError(`no ${word}`);
  for (const word of ['one', 'two', 'three']) bugs.note(same(word), word);
  expect([...bugs.problems].map(({ message }) => /no \w+/.exec(message)?.[0])).toEqual(['no one']);
});
