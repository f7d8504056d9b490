import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Desk, openDesk } from './kvmtop.ts';

interface Look {
  readonly host: Readonly<Record<string, number | undefined>>;
}

/** However busy the host is, its processors have a second of time each, in every second. */
const processors = readFileSync('/proc/stat', 'utf8').match(/^cpu\d/gm)?.length ?? 0;
const sum = ({ host }: Look): number =>
  ['user', 'system', 'idle', 'iowait', 'steal'].reduce((whole, key) => whole + (host[`cpu_${key}_rate`] ?? 0), 0);
const looks = (lines: string): Look[] =>
  lines
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Look);

const loops: ChildProcess[] = [];
let folder: string;
let desk: Desk;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-rates-'));
  desk = openDesk();
  for (let at = 0; at < 2; at += 1) loops.push(spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }));
});
afterAll(async () => {
  for (const loop of loops) loop.kill('SIGKILL');
  await desk.close();
  rmSync(folder, { recursive: true });
});

/** Within 5 %: the kernel itself counts in hundredths of a second. */
const whole = expect.toSatisfy((rate: number) => Math.abs(rate / processors - 1) < 0.05);

test('a snapshot of a busy host accounts for its processors', async () => {
  const { stdout } = await desk.run(['-d', '1', 'snapshot', '--json']);
  expect(sum(JSON.parse(stdout) as Look)).toEqual(whole);
});

test('so does a stream, from its first line on', async () => {
  const { stdout } = await desk.run(['-d', '1', 'stream', '-n', '2', '--format', 'ndjson']);
  expect(looks(stdout).map(sum)).toEqual([whole, whole]);
});

test('so does a recording, from its second sample on: the first has no rates', async () => {
  const file = join(folder, 'host.kvmtop');
  await desk.run(['-d', '1', 'record', file, '--for', '5s']);
  const { stdout } = await desk.run(['dump', file, '--format', 'ndjson']);
  const [first, ...others] = looks(stdout).map(sum);
  expect(first).toBe(0);
  expect(others.length).toBeGreaterThan(0);
  expect(others).toEqual(others.map(() => whole));
});
