import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { Refused } from '../../../src/actions/gate/control.ts';
import { writeKernelFile } from '../../../src/actions/gate/kernel-file.ts';
import { Root } from '../../../src/root.ts';

const tree = (path: string, content: string) => {
  const dir = mkdtempSync(join(tmpdir(), 'kvmtop-kernel-'));
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), content);
  return { dir, root: new Root(dir) };
};

it('writes a value and gives what is there afterwards', async () => {
  const { dir, root } = tree('/proc/sys/vm/swappiness', '60\n');
  expect(await writeKernelFile(root, '/proc/sys/vm/swappiness', '10')).toMatch(/^10/);
  expect(readFileSync(join(dir, 'proc/sys/vm/swappiness'), 'utf8')).toMatch(/^10/);
});

it('gives the chosen word of several', async () => {
  const { root } = tree('/sys/kernel/mm/ksm/advisor_mode', '[none] scan-time       \n');
  expect(await writeKernelFile(root, '/sys/kernel/mm/ksm/advisor_mode', '')).toBe('none');
});

it('says that a file is not there, and makes none', async () => {
  const { root } = tree('/proc/sys/vm/swappiness', '60');
  await expect(writeKernelFile(root, '/sys/kernel/mm/ksm/run', '1')).rejects.toThrow(
    /no such file \(ENOENT\); nothing was changed/,
  );
});

it('gives what is there without its last newline, and what was asked where it can only be written', async () => {
  const { dir, root } = tree('/sys/devices/system/node/node12/hugepages/hugepages-2048kB/nr_hugepages', '8\n');
  expect(
    await writeKernelFile(root, '/sys/devices/system/node/node12/hugepages/hugepages-2048kB/nr_hugepages', '9'),
  ).toBe('9');
  mkdirSync(join(dir, 'proc/sys/vm'), { recursive: true });
  symlinkSync('/dev/full', join(dir, 'proc/sys/vm/full'));
  await expect(writeKernelFile(root, '/proc/sys/vm/full', '1')).rejects.toThrow(
    '/proc/sys/vm/full = 1: ENOSPC (ENOSPC); nothing was changed',
  );
});

it.each([
  ['EACCES', 'no privilege: run kvmtop as root', true],
  ['EPERM', 'no privilege: run kvmtop as root', true],
  ['EROFS', 'it is mounted read-only here, as in a container', true],
  ['EINVAL', 'the kernel does not take this value (now)', false],
  ['EBUSY', 'the kernel is busy with it: something must be undone first', false],
  ['ENOMEM', 'the kernel found no memory for it', false],
  ['constructor', 'constructor', false],
  [undefined, 'error', false],
])('says what the kernel means by %s', async (code, reason, refused) => {
  // A Root that gives no path fails as the kernel does.
  const root = {
    path: () => {
      throw Object.assign(new Error('refused'), { code });
    },
  } as unknown as Root;
  const asked = writeKernelFile(root, '/proc/sys/vm/swappiness', '10');
  await expect(asked).rejects.toThrow(
    `/proc/sys/vm/swappiness = 10: ${reason} (${code ?? 'error'}); nothing was changed`,
  );
  expect((await asked.catch((error: unknown) => error)) instanceof Refused).toBe(refused);
});

it.each([
  '/etc/passwd',
  '/proc/sys/../../etc/passwd',
  '/sys/kernel/mmx/a',
  '/proc/1/oom_score_adj',
  '/x/proc/sys/vm/swappiness',
  '/proc/sys/vm/a b',
  '/proc/sys/',
  '/sys/devices/system/node/nodex/a',
  '/sys/devices/system/node/node0x/a',
])('does not write to %s', async path => {
  const { root } = tree('/etc/passwd', 'root');
  await expect(writeKernelFile(root, path, '1')).rejects.toThrow(/does not write there/);
});
