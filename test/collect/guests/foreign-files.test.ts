import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { textOf } from '../../../src/collect/guests/process/foreign.ts';
import { noMount, testUnless } from '../../lacks.ts';

/**
 * Files that strangers name, on mounts of this test's own, which nobody else can reach: pipes where the host has files of /proc,
 * nodes, and a file system whose server never answers. No process passes for a guest here, so that no other kvmtop of the host
 * goes there.
 */

const noFuse = noMount ?? (existsSync('/dev/fuse') ? undefined : 'there is no /dev/fuse');
const program = join(import.meta.dirname, 'foreign-program.ts');

/** FUSE's server is the shell, which has it open and reads nothing. `$0` is node, `$1` the program, `$2` the list of paths. */
const script = `
set -e
mount -t tmpfs none /mnt
cd /mnt
exec 3<>/dev/fuse
mkdir -p home hung other cfg proc
mount -t tmpfs none other
mount -i -t fuse hung hung -o fd=3,rootmode=40000,user_id=0,group_id=0,allow_other
echo believed | tee cfg/real other/real >/dev/null
ln -s /mnt/cfg/real home/link
ln -s ../cfg home/folder
mkfifo home/fifo
ln -s fifo home/to-fifo
mknod home/zero c 1 5
ln -s loop2 home/loop
ln -s loop home/loop2
head -c 1001 /dev/zero > cfg/long
mount -t proc none proc
mount --bind home/fifo proc/kmsg
mount --bind home/fifo /proc/kmsg
mount --bind cfg/real /proc/version
mount --bind cfg/real /sys/kernel/notes
mount --bind cfg/real /dev/zero
ln -s /proc/kmsg home/kmsg
ln -s /mnt/hung home/to-hung
touch cfg/shown
mount --bind home/fifo cfg/shown
timeout -s KILL 60 "$0" --no-warnings "$1" "$2"
`;

const good = ['cfg/real', 'home/link', 'home/folder/real', 'other/real', './home/..//cfg/./real', '../mnt/cfg/real'];
const bad = [
  ...['home/fifo', 'home/to-fifo', 'cfg/shown', 'home/zero', 'cfg', 'home/loop', 'cfg/long', 'cfg/none'],
  ...['home/kmsg', 'proc/kmsg', 'proc/version', '../proc/kmsg', '..//proc/./kmsg', '../proc/version'],
  ...['../sys/kernel/notes', '../dev/zero', '../dev/fd/0', '../proc/self/fd/0', '../proc/1/root/mnt/cfg/real'],
];
const hanging = ['hung/real', 'home/to-hung/real', 'hung', 'hung/../cfg/real', './home/../hung/q'];
const at = (path: string): string => `/mnt/${path}`;

let folder: string;
let found: Readonly<Record<string, { readonly text: string; readonly socket: string }>>;
let milliseconds: number;

beforeAll(() => {
  if (noFuse !== undefined) return;
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-foreign-'));
  const list = join(folder, 'paths');
  writeFileSync(list, [...good, ...bad, ...hanging].map(path => `${at(path)}\n`).join(''));
  const words = ['--mount', 'sh', '-c', script, process.execPath, program, list];
  const { stdout, stderr, status } = spawnSync('unshare', words, { encoding: 'utf8', timeout: 90_000 });
  expect([status, stderr]).toEqual([0, '']);
  ({ found, milliseconds } = JSON.parse(stdout));
}, 120_000);
afterAll(() => {
  if (noFuse === undefined) rmSync(folder, { recursive: true, force: true });
});

testUnless(noFuse, 'a plain file on a file system of this host is read, however it is reached', () => {
  expect(good.map(path => [path, found[at(path)]?.text])).toEqual(good.map(path => [path, 'believed\n']));
});

testUnless(noFuse, 'what is anything else is not', () => {
  for (const path of bad)
    expect([path, found[at(path)]?.text]).toEqual([path, expect.stringMatching(/^(none|Error: .*)$/)]);
});

testUnless(noFuse, 'what may hang is neither read nor looked at, and nothing waits for it', () => {
  for (const path of hanging) {
    const refusal = expect.stringMatching(/Error: \/mnt\/hung is a file system that may hang .*\(fuse\)/);
    expect([path, found[at(path)]]).toEqual([path, { text: refusal, socket: refusal }]);
  }
  expect(milliseconds).toBeLessThan(10_000);
});

/** Puts by turns a file, a pipe and a link to one in the place of `name`, as fast as it can. */
const swapping = `
const { linkSync, renameSync, symlinkSync } = require('node:fs');
const put = (make, to) => { make('next'); renameSync('next', to); };
console.log('begun');
for (;;) {
  put(next => linkSync('pipe', next), 'name');
  put(next => linkSync('file', next), 'name');
  put(next => symlinkSync('pipe', next), 'name');
}
`;

test('what is swapped for a pipe meanwhile is never waited for', async () => {
  const place = mkdtempSync(join(tmpdir(), 'kvmtop-swap-'));
  writeFileSync(join(place, 'file'), 'believed');
  execFileSync('mkfifo', [join(place, 'pipe')]);
  const stranger = spawn(process.execPath, ['-e', swapping], { cwd: place, stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise(resolve => stranger.stdout.once('data', resolve));
  const ends = new Map<string, number>();
  for (let round = 0; round < 2000; round += 1) {
    const end = await textOf({ root: place, path: '/name', relative: false }, [], 1000).catch(String);
    ends.set(end ?? 'none', (ends.get(end ?? 'none') ?? 0) + 1);
  }
  stranger.kill('SIGKILL');
  rmSync(place, { recursive: true });
  expect(ends.get('believed')).toBeGreaterThan(0);
  expect(ends.get('none')).toBeGreaterThan(0);
  for (const end of ends.keys()) expect(end).toMatch(/^(believed|none|Error: (EINVAL|ENOENT).*)$/);
});
