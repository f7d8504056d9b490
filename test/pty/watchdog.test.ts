import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { noMount, testUnless } from '../lacks.ts';
import { until } from '../until.ts';
import { kvmtopWith } from './kvmtop.ts';
import { openTerminal, type Terminal } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'kvmtop-watchdog-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const noFuse = noMount ?? (existsSync('/dev/fuse') ? undefined : 'there is no /dev/fuse');

/** What the operator's shell says of the program and the terminal afterwards; when a program is killed, the shell may be quicker. */
const afterwards = `
echo "status $?"
for look in $(seq 100); do stty -a | grep -q -e -isig || break; sleep 0.05; done
stty -a | grep -o -e '-\\?isig' -e '-\\?icanon' -e '-\\?echo\\b' -e '-\\?ixon' | xargs echo settings
echo 'the shell goes on'`;

/**
 * A captured host whose /proc/meminfo lies on a file system that never answers: its server is the shell, which has it open and
 * reads nothing. Nobody else sees the mount, and it ends with the shell.
 */
const hungHost = `
mount -t tmpfs none /mnt && cd /mnt && exec 3<>/dev/fuse && mkdir -p hung host/proc host/sys &&
mount -i -t fuse hung hung -o fd=3,rootmode=40000,user_id=0,group_id=0,allow_other &&
ln -s /mnt/hung/meminfo host/proc/meminfo || exit
stty -ixon
`;

const open = (before: string, words: readonly string[]): Terminal =>
  openTerminal({
    command: 'unshare',
    args: ['-m', 'bash', '-c', `${before}"$0" "$@"${afterwards}`, ...kvmtopWith(...words)],
    env: { XDG_STATE_HOME: folder, LANG: 'C.UTF-8', CI: undefined },
  });

/** A file of a process; empty where it has none, or is gone. */
const read = (pid: number, name: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
};

/** The processes that this one started. */
const childrenOf = (pid: number): number[] =>
  read(pid, `task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number);

const wordsOf = (pid: number): string[] => read(pid, 'cmdline').split('\0');

const isThere = (pid: number): boolean => existsSync(`/proc/${pid}`);

/** kvmtop's own process, and its watchdog. */
const started = async (terminal: Terminal): Promise<{ readonly pid: number; readonly watchdog: number }> => {
  let found: { pid: number; watchdog: number } | undefined;
  await until('kvmtop and its watchdog run', 20_000, () => {
    const [pid] = childrenOf(terminal.pid);
    const watchdog = childrenOf(pid ?? -1).find(one => wordsOf(one).includes('kvmtop-watchdog'));
    if (pid !== undefined && watchdog !== undefined && terminal.alternate()) found = { pid, watchdog };
    return found !== undefined;
  });
  return found!;
};

const isStuck = (pid: number): boolean => /request_wait_answer|fuse/.test(read(pid, 'wchan'));

/** What the terminal shows once it was given back. */
const endOf = async (terminal: Terminal, limit: number): Promise<string> => {
  const rows = await terminal.waitFor('the shell goes on', limit);
  expect([terminal.alternate(), terminal.mouse()]).toEqual([false, false]);
  expect(terminal.raw().lastIndexOf('\u001b[?25h')).toBeGreaterThan(terminal.raw().lastIndexOf('\u001b[?25l'));
  await terminal.exit;
  return rows.join(' ').trim();
};

describe.concurrent('a main loop that the kernel does not let go on', () => {
  for (const [name, ask] of [
    ['q', (terminal: Terminal) => terminal.press('q')],
    ['Ctrl-C', (terminal: Terminal) => terminal.press('\u0003')],
    ['SIGTERM', (_: Terminal, pid: number) => process.kill(pid, 'SIGTERM')],
  ] as const)
    testUnless(noFuse, `is ended by ${name}, and the terminal is as it was`, async () => {
      const terminal = open(hungHost, ['--root', '/mnt/host']);
      const { pid, watchdog } = await started(terminal);
      await until('it waits for what never answers', 20_000, () => isStuck(pid));
      ask(terminal, pid);
      const told = await endOf(terminal, 40_000);
      expect(told).toMatch(/kvmtop: it stood still in the kernel for 15 s \(\w+\) and was killed, as\s+asked/);
      expect(told).toContain('status 137');
      expect(told).toContain('settings -ixon isig icanon echo');
      await until('the watchdog has gone', 5000, () => !isThere(watchdog));
    });

  testUnless(noFuse, 'is left alone while nobody asks for its end', async () => {
    const terminal = open(hungHost, ['--root', '/mnt/host']);
    const { pid, watchdog } = await started(terminal);
    await until('it waits for what never answers', 20_000, () => isStuck(pid));
    terminal.press('j');
    await new Promise(resolve => setTimeout(resolve, 25_000));
    expect([pid, watchdog].map(isThere)).toEqual([true, true]);
    // And by its death the terminal is given back.
    process.kill(pid, 'SIGKILL');
    expect(await endOf(terminal, 5000)).toContain('settings -ixon isig icanon echo');
    await until('the watchdog has gone', 5000, () => !isThere(watchdog));
  });
});

describe.concurrent('a terminal whose program', () => {
  testUnless(noMount, 'was suspended belongs to who has it now, however the program ends', async () => {
    // A shell that ends would have the kernel continue what it leaves stopped.
    const terminal = open("set -m\ntrap 'read -r' EXIT\n", ['--demo']);
    const { pid, watchdog } = await started(terminal);
    await terminal.waitFor('HELD', 20_000);
    terminal.press('\u001a');
    await terminal.waitFor('the shell goes on', 20_000);
    expect(terminal.alternate()).toBe(false);
    const written = terminal.bytes();
    process.kill(pid, 'SIGKILL');
    await until('the watchdog has gone', 5000, () => !isThere(watchdog));
    expect(terminal.bytes()).toBe(written);
  });

  testUnless(noMount, 'is killed is as it was', async () => {
    const terminal = open('stty -ixon\n', ['--demo']);
    const { pid, watchdog } = await started(terminal);
    await terminal.waitFor('HELD', 20_000);
    process.kill(pid, 'SIGKILL');
    expect(await endOf(terminal, 5000)).toContain('settings -ixon isig icanon echo');
    await until('the watchdog has gone', 5000, () => !isThere(watchdog));
  });

  testUnless(noMount, 'is stopped for long goes on with it', async () => {
    const terminal = open('', ['--demo']);
    const { pid, watchdog } = await started(terminal);
    await terminal.waitFor('HELD', 20_000);
    process.kill(pid, 'SIGSTOP');
    // Its end is asked for meanwhile: a signal to a stopped process is pending.
    process.kill(pid, 'SIGTERM');
    await new Promise(resolve => setTimeout(resolve, 25_000));
    expect([pid, watchdog].map(isThere)).toEqual([true, true]);
    process.kill(pid, 'SIGCONT');
    expect(await endOf(terminal, 10_000)).toContain('status 0');
    await until('the watchdog has gone', 5000, () => !isThere(watchdog));
  });
});
