import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { noMount, testUnless } from '../lacks.ts';
import { until } from '../until.ts';
import { clockOf, openDesk } from './kvmtop.ts';

const mayMap = process.arch === 'x64' && spawnSync('perl', ['-e', '1']).status === 0;
const noFuse =
  noMount ??
  (existsSync('/dev/fuse') ? undefined : 'there is no /dev/fuse') ??
  (mayMap ? undefined : 'there is no perl, or this is no x86-64');

/**
 * Two processes that are QEMUs by their program, in a mount namespace of their own. One has put a file of a file system that never
 * answers over the page of its memory in which its words lie; the other is well. (So many variables keep that page away from the
 * stack: 9 is mmap(2), 0x12 MAP_PRIVATE | MAP_FIXED.)
 */
const scene = `
mount -t tmpfs none /mnt && mkdir /mnt/hung && exec 3<>/dev/fuse || exit
mount -i -t fuse hung /mnt/hung -o fd=3,rootmode=40000,user_id=0,group_id=0,allow_other || exit
"$0" "$1/hung-fuse.ts" <&3 3<&- &
cp "$0" /mnt/qemu-system-x86_64
/mnt/qemu-system-x86_64 "$1/qemu.ts" -name well -m 1024 -qmp unix:/mnt/qmp,server=on,wait=off 3<&- &
mkdir /mnt/other && cp "$(command -v perl)" /mnt/other/qemu-system-x86_64
env -i $(seq -f 'V%g=1' 1000) /mnt/other/qemu-system-x86_64 -e '
  open my $stat, "<", "/proc/self/stat"; my $words = (split / /, <$stat> =~ s/^.*\\) //r)[45];
  open my $file, "<", "/mnt/hung/words" or die;
  syscall(9, $words & ~4095, 4096, 1, 0x12, fileno $file, 0) == -1 and die;
  $| = 1; print "$$ has no words\\n"; sleep 1000' -- -name hung 3<&- &
exec 3<&-
wait`;

let shell: ChildProcess;
let told = '';
beforeAll(async () => {
  if (noFuse) return;
  shell = spawn('unshare', [
    '-m',
    '-p',
    '-f',
    '--kill-child',
    'bash',
    '-c',
    scene,
    process.execPath,
    join(import.meta.dirname, '../qmp'),
  ]);
  for (const stream of [shell.stdout, shell.stderr])
    stream?.setEncoding('utf8').on('data', text => {
      told += text;
    });
  await until('both run', 20_000, () => /listens/.test(told) && /has no words/.test(told));
}, 30_000);
afterAll(() => shell?.kill('SIGKILL'));

/** The process whose program this is, by this host's count. */
const processOf = (exe: string): number =>
  Number(
    readdirSync('/proc').find(name => {
      try {
        return readlinkSync(`/proc/${name}/exe`) === exe;
      } catch {
        return false;
      }
    }),
  );

const desk = openDesk();
afterAll(() => desk.close());

testUnless(
  noFuse,
  'a process whose own words lie on a file system that hangs holds up nobody, and is told',
  async () => {
    const [hung, well] = ['/mnt/other', '/mnt'].map(where => processOf(`${where}/qemu-system-x86_64`));
    const { code, stdout } = await desk.run(['snapshot', '--json'], 20_000);
    expect(code).toBe(0);
    const { guests, problems } = JSON.parse(stdout);
    expect(guests.find((one: { pid: number }) => one.pid === well)).toMatchObject({ name: 'well', monitor: 'ok' });
    expect(problems).toContainEqual({
      source: `process ${hung}`,
      message: expect.stringMatching(/its command line can’t be read, so it is not shown as a guest/),
    });
  },
);

testUnless(noFuse, 'and the screen goes on beside it, and ends by q', async () => {
  const terminal = desk.open(['-p', String(processOf('/mnt/qemu-system-x86_64'))]);
  await terminal.waitFor(/^..well /m, 20_000);
  const first = clockOf(terminal.screen());
  await terminal.waitFor(rows => clockOf(rows) !== first, 20_000);
  terminal.press('q');
  expect(await terminal.exit).toEqual({ code: 0, signal: undefined });
});
