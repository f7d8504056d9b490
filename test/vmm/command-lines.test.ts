import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { makeTree, type Tree } from '../collect/guests/tree.ts';
import { byHand } from './command-lines/by-hand.ts';
import { cloudHypervisor } from './command-lines/cloud-hypervisor.ts';
import { crosvm } from './command-lines/crosvm.ts';
import { firecracker } from './command-lines/firecracker.ts';
import { ganeti } from './command-lines/ganeti.ts';
import { incus } from './command-lines/incus.ts';
import { kata } from './command-lines/kata.ts';
import { kubevirt } from './command-lines/kubevirt.ts';
import { libvirt } from './command-lines/libvirt.ts';
import { lima } from './command-lines/lima.ts';
import { microvm } from './command-lines/microvm.ts';
import { nova } from './command-lines/nova.ts';
import { ovirt } from './command-lines/ovirt.ts';
import { proxmox } from './command-lines/proxmox.ts';
import { quickemu } from './command-lines/quickemu.ts';
import { type CommandLine, tell } from './command-lines/told.ts';

const tables: Readonly<Record<string, readonly CommandLine[]>> = {
  'by hand': byHand,
  libvirt,
  Proxmox: proxmox,
  Nova: nova,
  oVirt: ovirt,
  'Incus and LXD': incus,
  'Kata Containers': kata,
  KubeVirt: kubevirt,
  quickemu,
  Lima: lima,
  'microvm.nix': microvm,
  Ganeti: ganeti,
  Firecracker: firecracker,
  'Cloud Hypervisor': cloudHypervisor,
  crosvm,
};

let tree: Tree;
beforeAll(() => {
  tree = makeTree();
});
afterAll(() => tree.remove());

let pid = 3000;
describe.each(Object.entries(tables))('%s', (_manager, lines) => {
  test.each(lines.map(line => [line.how, line] as const))('%s', async (_how, line) => {
    pid += 1;
    expect(await tell(tree, pid, line)).toEqual(line.expect);
  });
});

it('has all of the ways', () => {
  const all = Object.values(tables).flat();
  expect(all.length).toBeGreaterThanOrEqual(150);
  for (const lines of Object.values(tables)) expect(new Set(lines.map(({ how }) => how)).size).toBe(lines.length);
});
