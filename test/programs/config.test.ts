import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { createDemoSource } from '../../src/source/demo.ts';
import { showSizesIn } from '../../src/units.ts';
import { hastyClock, run } from './surroundings.ts';

const folder = mkdtempSync(join(tmpdir(), 'kvmtop-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => showSizesIn('binary'));

const kvmtop = (...argv: string[]) => {
  const clock = hastyClock();
  return run(argv, {
    env: { HOME: folder },
    clock,
    openSource: async () => createDemoSource({ seed: 7, clock: clock.now }),
  });
};

const file = (text: string): string => {
  const path = join(folder, 'config.toml');
  writeFileSync(path, text);
  return path;
};

test('kvmtop config prints what is in force and from where', async () => {
  const path = file('\ndelay = 3\n[balloon]\nstep = "1G"\n');
  const { stdout } = await kvmtop('config', '--config', path, '--read-only');
  expect(stdout).toContain(`\ndelay = 3 # ${path}:2\n`);
  expect(stdout).toContain(`\nstep = "1G" # ${path}:4\n`);
  expect(stdout).toContain('\nread_only = true # command line\n');
  expect(stdout).toContain('\nfloor_percent = 25 # default\n');
});

test('what it prints is a file that it takes', async () => {
  const first = await kvmtop('config', '--config', file('tab = "memory"\n[tabs.guests]\ncolumns = ["name", "held"]\n'));
  const again = await kvmtop('config', '--config', file(first.stdout));
  const values = (text: string): string[] =>
    text.split('\n').flatMap(row => (row.startsWith('#') ? [] : [row.replace(/ # (default|\/.*)$/, '')]));
  expect(values(again.stdout)).toEqual(values(first.stdout));
  expect(values(again.stdout)).toContain('tab = "memory"');
});

test('a mistake ends every command with status 2 and one line', async () => {
  const path = file('delay = 1\n\ndely = 2\n');
  for (const argv of [['snapshot', '--demo'], ['config'], ['doctor', '--demo']])
    expect(await kvmtop(...argv, '--config', path)).toEqual({
      status: 2,
      stderr: `kvmtop: ${path}:3: there is no setting dely: did you mean delay?\n`,
      stdout: '',
    });
});

test('help needs no settings', async () => {
  const { status, stdout } = await kvmtop('-h', '--config', join(folder, 'none.toml'));
  expect(status).toBe(0);
  expect(stdout).toMatch(/^kvmtop: top for the memory of KVM hosts/);
});

test('read_only in a file refuses as --read-only does', async () => {
  const path = file('read_only = true\n');
  const { status, stderr } = await kvmtop('do', 'balloon', 'web-1', '99%', '--demo', '--yes', '--config', path);
  expect(status).toBe(3);
  expect(stderr).toMatch(/read-only/);
});

test('a floor in a file refuses what the default would not', async () => {
  const ask = ['do', 'balloon', 'web-1', '99%', '--demo', '--dry-run'];
  const { status, stdout } = await kvmtop(...ask);
  expect(status).toBe(0);
  expect(stdout).toContain('dry run');
  const refused = await kvmtop(...ask, '--config', file('[balloon]\nfloor_percent = 100\n'));
  expect(refused.status).toBe(3);
});

test('units are how sizes are shown; those that are typed stay binary', async () => {
  const path = file('units = "decimal"\n');
  const { stdout } = await kvmtop('do', 'balloon', 'web-1', '3G', '--demo', '--dry-run', '--config', path);
  expect(stdout).toMatch(/from \S+ GB to 3\.22 GB/);
  expect(stdout).not.toMatch(/[KMG]iB/);
});
