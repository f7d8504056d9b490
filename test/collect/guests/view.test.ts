import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { fileSystemOf, parseMountTable } from '../../../src/collect/guests/process/mounts.ts';
import { LiveProcess } from '../../../src/collect/guests/process/view.ts';
import { Root } from '../../../src/root.ts';
import { vmms } from '../../../src/vmm/kinds.ts';
import { stays } from '../../../src/vmm/launch.ts';
import { startedOf } from './started.ts';
import { makeTree, type Tree } from './tree.ts';

let tree: Tree;
beforeEach(() => {
  tree = makeTree();
});
afterEach(() => tree.remove());

const exe = '/usr/bin/qemu-system-x86_64';
const view = () => new LiveProcess(new Root(tree.dir), 1001);

describe('the file system of a path', () => {
  const mounts = `20 1 8:1 / / rw - ext4 /dev/a rw
21 20 0:5 / /run rw shared:3 - tmpfs tmpfs rw
22 21 8:2 / /run/a\\040b rw - xfs /dev/b rw
23 20 0:6 / /huge rw - hugetlbfs none rw
`;

  test.each([
    ['/var/lib/x', 'ext4'],
    ['/run', 'tmpfs'],
    ['/runner/x', 'ext4'],
    ['/run/a b/x', 'xfs'],
    ['/huge/../run/x', 'tmpfs'],
    ['//huge//x', 'hugetlbfs'],
    ['x', 'hugetlbfs'],
    ['../x', 'ext4'],
  ])('%s is on %s', (path, type) => {
    tree.process(1001, { exe, args: ['qemu'], cwd: '/huge', files: { mountinfo: mounts } });
    expect(view().fileSystem(path, stays)).toBe(type);
  });

  it('is the last of those that are mounted in one place', () => {
    expect(fileSystemOf(parseMountTable('a /x ext4 rw\nb /x tmpfs rw\n'), '/x/y')).toBe('tmpfs');
  });

  it('is unknown where nothing is mounted above, or the folder is', () => {
    tree.process(1001, { exe, args: ['qemu'], files: { mountinfo: '1 0 8:1 / /x rw - ext4 a rw\n' } });
    expect(view().fileSystem('/y', stays)).toBeUndefined();
    expect(view().fileSystem('relative', stays)).toBeUndefined();
  });

  it('of what a daemon named is that of where it was started', () => {
    tree.process(1001, { exe, args: ['qemu'], cwd: '/', files: { mountinfo: mounts, environ: 'A=b\0PWD=/huge\0' } });
    expect(view().fileSystem('x', { ...stays, daemonized: true })).toBe('hugetlbfs');
  });

  it('is of one mount, whatever is written there', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, path) => {
        const found = parseMountTable(text);
        expect([undefined, ...found.map(({ kind }) => kind)]).toContain(fileSystemOf(found, path));
      }),
    );
  });
});

describe('a configuration file beside a chroot', () => {
  const config =
    '[chardev "q"]\n backend = "socket"\n path = "/run/q"\n server = "on"\n[mon]\n chardev = "q"\n mode = "control"\n';
  const start = async (...more: string[]) => {
    const args = ['qemu', '-readconfig', '/etc/vm.conf', ...more];
    tree.process(1001, { exe, args, links: { root: '/jail' } });
    return (await startedOf(vmms.qemu.started, view()))?.places.map(({ label }) => label);
  };

  it('was read before it', async () => {
    tree.write('etc/vm.conf', config);
    expect(await start('-chroot', '/jail')).toEqual(['/run/q']);
  });

  it('is below the root of a process that somebody else put there', async () => {
    tree.write('etc/vm.conf', config);
    expect(await start()).toEqual([]);
    tree.write('jail/etc/vm.conf', config);
    tree.process(1001, { exe, args: ['qemu', '-readconfig', '/etc/vm.conf'], links: { root: `${tree.dir}/jail` } });
    expect((await startedOf(vmms.qemu.started, view()))?.places.map(({ label }) => label)).toEqual(['/run/q']);
  });
});

describe('a virtual machine of KVM’s', () => {
  const started = (uptime: string | undefined, links: Record<string, string>) => {
    if (uptime !== undefined) tree.write('proc/uptime', `${uptime} 1.00\n`);
    tree.process(1001, { exe, args: ['/usr/bin/kvm', '-m', '64'], starttime: 10_000, links });
    return vmms.qemu.started(view());
  };
  const machine = { 'fd/0': '/dev/null', 'fd/9': 'anon_inode:kvm-vm' };

  it('is seen at once', () => {
    const { launch, mayOpen } = started('100.10', machine) ?? {};
    expect([launch?.accelerator, mayOpen]).toEqual(['kvm', undefined]);
  });

  it('may still come to a young process, which is looked at again', () => {
    const { launch, mayOpen } = started('159.90', { 'fd/0': '/dev/null' }) ?? {};
    expect([launch?.accelerator, mayOpen]).toEqual([undefined, true]);
  });

  it('comes no more to an older one', () => {
    const { launch, mayOpen } = started('160.10', { 'fd/0': '/dev/null' }) ?? {};
    expect([launch?.accelerator, mayOpen]).toEqual(['tcg', undefined]);
  });

  it('is unknown where descriptors may not be looked at, or ages can’t be told', () => {
    expect(started('5000.00', {})?.launch?.accelerator).toBeUndefined();
    tree.write('proc/uptime', 'soon\n');
    const { launch, mayOpen } = started(undefined, { 'fd/0': '/dev/null' }) ?? {};
    expect([launch?.accelerator, mayOpen]).toEqual([undefined, undefined]);
  });
});
