import { spawn } from 'node:child_process';
import { copyFileSync, linkSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openDesk } from './kvmtop.ts';

const folder = mkdtempSync(join(tmpdir(), 'kvmtop-parallel-'));
const desk = openDesk();
const name = `parallel-${process.pid}`;

/** Node by another name, as the kernel tells it of a process: a link costs nothing, where it may be made. */
const qemu = join(folder, 'qemu-system-x86_64');
try {
  linkSync(process.execPath, qemu);
} catch {
  copyFileSync(process.execPath, qemu);
}
const words = ['-name', name, '-m', '1024', '-qmp', `unix:${folder}/qmp,server=on,wait=off`];
const guest = spawn(qemu, [join(import.meta.dirname, '../qmp/qemu.ts'), ...words], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
await new Promise(resolve => guest.stdout.once('data', resolve));
afterAll(async () => {
  guest.kill('SIGKILL');
  await desk.close();
  rmSync(folder, { recursive: true });
});

/** What a `do` may end with that is true where seven others move the same balloon, by its status. */
const truths: ReadonlyMap<number, RegExp> = new Map([
  [0, /^(kvmtop: .*; waiting up to 15 s\n)?$/],
  [
    1,
    /: balloon (at \d+ MiB of \d+ MiB: \S+ \(by kvmtop do\) asked for \d+ MiB meanwhile|stalled at .*another client has asked for another size.*)\n$/,
  ],
  [3, /another client holds its monitor|was not reached in time: .* this host is too busy|it already has/],
]);

test('of eight at once that move one balloon, each tells what became of its own', async () => {
  const sizes = Array.from({ length: 8 }, (_, index) => 512 + 16 * index);
  const ran = await Promise.all(
    sizes.map(async size => ({ size, ...(await desk.run(['do', 'balloon', name, `${size}M`, '--yes'], 110_000)) })),
  );
  for (const { size, code, stdout, stderr } of ran) {
    expect(stderr).toMatch(truths.get(code) ?? `status ${code}`);
    if (code === 0)
      expect(stdout).toMatch(new RegExp(`: balloon arrived at (${size - 1}|${size}|${size + 1}) MiB\\n$`));
  }
  const did = desk.journal('balloon').filter(({ outcome }) => outcome === 'done');
  expect(did).toHaveLength(ran.filter(({ code }) => code !== 3).length);
  // Whoever asked last got what was asked for.
  expect(ran.filter(({ code }) => code === 0).length).toBeGreaterThan(0);
}, 120_000);
