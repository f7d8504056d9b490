import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** As in bin/kvmtop. */
export const nodeFlags = ['--min-semi-space-size=6', '--max-semi-space-size=6'];

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
};

/**
 * Milliseconds that a process has computed so far, with its threads. From the scheduler's nanoseconds: the ticks of
 * /proc/PID/stat are 10 ms, several refreshes of htop.
 */
export const cpuMilliseconds = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce(
    (sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]) / 1e6,
    0,
  );

/** The most memory that a process ever held, bytes. */
export const peakResident = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

export const pause = (milliseconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, milliseconds));

/** A folder in memory where there is one, so that no disk is measured. */
export const makeFolder = (): { readonly folder: string; readonly remove: () => void } => {
  const memory = statSync('/dev/shm', { throwIfNoEntry: false })?.isDirectory() ? '/dev/shm' : tmpdir();
  const folder = mkdtempSync(join(memory, 'kvmtop-bench-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

/** The two C programs, compiled into `folder`: `round`, and `qemu-system-x86_64`, which is called `service` too. */
export const compile = (folder: string): void => {
  const build = (source: string, program: string): void => {
    execFileSync('cc', ['-O2', '-o', join(folder, program), join(import.meta.dirname, source)], { stdio: 'inherit' });
  };
  build('round.c', 'round');
  build('guest.c', 'qemu-system-x86_64');
  copyFileSync(join(folder, 'qemu-system-x86_64'), join(folder, 'service'));
};
