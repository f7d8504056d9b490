import { afterEach, beforeEach, expect, it, test } from 'vitest';
import { Discovery } from '../../../src/collect/guests/process/discovery.ts';
import { Root } from '../../../src/root.ts';
import { makeTree, type Tree } from './tree.ts';

let tree: Tree;
let discovery: Discovery;
beforeEach(() => {
  tree = makeTree();
  discovery = new Discovery(new Root(tree.dir));
});
afterEach(() => tree.remove());

const pids = (time: number) => discovery.scan(time).map(({ pid }) => pid);

test.each([
  ['/usr/bin/qemu-system-x86_64', true],
  ['/usr/bin/qemu-system-aarch64 (deleted)', true],
  ['/usr/libexec/qemu-kvm', true],
  ['/usr/bin/kvm', true],
  ['/opt/qemu', true],
  ['/nix/store/x/bin/.qemu-system-x86_64-wrapped', true],
  ['/usr/bin/qemu-img', false],
  ['/usr/bin/qemu-ga', false],
  ['/usr/bin/qemu-x86_64', false],
  ['/usr/bin/kvmtop', false],
  ['/usr/bin/not-qemu-system-x86_64', false],
])('%s is a guest: %s', (exe, is) => {
  tree.process(1001, { exe });
  expect(discovery.scan(1)).toEqual(is ? [{ pid: 1001, vmm: 'qemu' }] : []);
});

it('passes over what is no process, kernel threads, and a /proc that is not there', () => {
  expect(pids(1)).toEqual([]);
  tree.write('proc/meminfo', '');
  tree.process(2, {});
  expect(pids(2)).toEqual([]);
});

it('finds a process that becomes a QEMU right after it was started, at the next look', () => {
  pids(1);
  tree.process(1001, { exe: '/bin/sh' });
  expect(pids(2)).toEqual([]);
  tree.process(1001, { exe: '/usr/bin/qemu-system-x86_64' });
  expect(pids(3)).toEqual([1001]);
});

it('finds one that becomes a QEMU long after, within five seconds', () => {
  for (const pid of [1001, 1002, 1003, 1004]) tree.process(pid, { exe: '/bin/sh' });
  for (let time = 1; time < 100; time += 1) expect(pids(time)).toEqual([]);
  for (const pid of [1001, 1002, 1003, 1004]) tree.process(pid, { exe: '/usr/bin/qemu-system-x86_64' });
  for (let time = 100; time < 104; time += 1) pids(time);
  expect(pids(104)).toEqual([1001, 1002, 1003, 1004]);
});

it('looks at a quarter of the old processes in a round', () => {
  for (let pid = 1001; pid <= 1040; pid += 1) tree.process(pid, { exe: '/bin/sh' });
  const looks: number[] = [];
  const root = new Root(tree.dir);
  const link = root.link.bind(root);
  let count = 0;
  root.link = path => {
    count += 1;
    return link(path);
  };
  discovery = new Discovery(root);
  for (let time = 1; time < 20; time += 1) {
    count = 0;
    discovery.scan(time);
    looks.push(count);
  }
  expect(looks[0]).toBe(40);
  expect(Math.max(...looks.slice(1))).toBe(10);
});

it('forgets a process that ended, and one that is no longer a QEMU', () => {
  tree.process(1001, { exe: '/usr/bin/kvm' });
  tree.process(1002, { exe: '/usr/bin/kvm' });
  expect(pids(1)).toEqual([1001, 1002]);
  tree.end(1001);
  tree.process(1002, { exe: '/bin/true' });
  expect(pids(10)).toEqual([]);
});

it('knows another VMM by its virtual machine: a well known one at once, any other soon after', () => {
  const machine = { 'fd/3': 'anon_inode:kvm-vm' };
  tree.process(1001, { exe: '/usr/bin/firecracker', links: machine });
  tree.process(1002, { exe: '/opt/own-vmm', links: machine });
  tree.process(1003, { exe: '/bin/sh', links: { 'fd/0': '/dev/null' } });
  expect(discovery.scan(1)).toEqual([
    { pid: 1001, vmm: 'firecracker' },
    { pid: 1002, vmm: 'other' },
  ]);
});

it('finds the virtual machine that a process opens later, within a minute', () => {
  tree.process(1002, { exe: '/opt/own-vmm', links: { 'fd/0': '/dev/null' } });
  for (let time = 1; time <= 10; time += 1) expect(pids(time)).toEqual([]);
  tree.process(1002, { exe: '/opt/own-vmm', links: { 'fd/3': 'anon_inode:kvm-vm' } });
  for (let time = 11; time <= 71; time += 1) pids(time);
  expect(pids(72)).toEqual([1002]);
});

it('bears a clock that is set back', () => {
  tree.process(1001, { exe: '/bin/sh' });
  pids(10_000);
  pids(10_010);
  tree.process(1001, { exe: '/usr/bin/kvm' });
  expect(pids(5000)).toEqual([1001]);
});
