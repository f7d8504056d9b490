import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../until.ts';
import { type Desk, kvmtopWith, openDesk } from './kvmtop.ts';

let folder: string;
let file: string;
let desk: Desk;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-record-'));
  file = join(folder, 'host.kvmtop');
  desk = openDesk();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await desk.close();
  rmSync(folder, { recursive: true });
});

/** The built recorder, without a terminal, as systemd starts it. */
const start = (...args: string[]) => {
  const [program = '', ...words] = kvmtopWith('record', file, '--demo', '-d', '100ms', ...args);
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  let told = '';
  child.stderr.on('data', chunk => {
    told += chunk;
  });
  return { child, told: () => told, exit: once(child, 'exit') as Promise<[number | null, string | null]> };
};

const samplesIn = async (path: string): Promise<number> => {
  const { code, stdout } = await desk.run(['dump', path, '--fields', 'mem_total']);
  return code === 0 ? stdout.split('\n').length - 2 : 0;
};
const recording = (path: string): Promise<void> =>
  until('there are samples', 20_000, async () => existsSync(path) && (await samplesIn(path)) > 1);

describe('a recorder without a terminal', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with status 0, and one whole file', async signal => {
    const { child, exit, told } = start();
    await recording(file);
    child.kill(signal);
    expect(await exit).toEqual([0, null]);
    expect(told()).toMatch(/^recording to \S+ every 0\.1s until SIGTERM or SIGINT\nrecorded \d+ samples to \S+\n$/);
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('SIGHUP opens the file anew, where logrotate has moved it', async () => {
    const { child, exit } = start();
    await recording(file);
    renameSync(file, `${file}.1`);
    child.kill('SIGHUP');
    await recording(file);
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(await samplesIn(`${file}.1`)).toBeGreaterThan(1);
    expect(await samplesIn(file)).toBeGreaterThan(1);
  });

  test('--for ends it by itself', async () => {
    const { exit, told } = start('--for', '1s');
    expect(await exit).toEqual([0, null]);
    const count = Number(/recorded (\d+) samples/.exec(told())?.[1]);
    expect(count).toBeGreaterThan(1);
    expect(await samplesIn(file)).toBe(count);
  });

  test('what can’t be recorded to is one line and status 1', async () => {
    file = join(folder, 'none', 'host.kvmtop');
    const { exit, told } = start();
    expect(await exit).toEqual([1, null]);
    expect(told()).toMatch(/^kvmtop: \S+ is not there: [^\n]+\n$/);
  });
});

test('in a terminal a hang-up ends it, and what was recorded can be printed', async () => {
  const terminal = desk.open(['record', file, '--demo', '-d', '100ms']);
  await recording(file);
  process.kill(terminal.pid, 'SIGHUP');
  await terminal.exit;
  expect(existsSync(`${file}-wal`)).toBe(false);
  const { stdout } = await desk.run(['dump', file, '--format', 'ndjson', '-p', 'web-1', '--fields', 'guest_used']);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(lines.map(({ guests }) => guests[0].name)).toEqual(lines.map(() => 'web-1'));
});
