import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
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

it.each(['/etc/passwd', '/proc/sys/../../etc/passwd', '/sys/kernel/mmx/a', '/proc/1/oom_score_adj'])(
  'does not write to %s',
  async path => {
    const { root } = tree('/etc/passwd', 'root');
    await expect(writeKernelFile(root, path, '1')).rejects.toThrow(/does not write there/);
  },
);
