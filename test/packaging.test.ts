import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseKeep } from '../src/programs/keep.ts';
import { parseCall } from '../src/programs/options.ts';

const folder = join(import.meta.dirname, '../packaging');
const unit = readFileSync(join(folder, 'kvmtop-record.service'), 'utf8');
const readme = readFileSync(join(folder, 'README.md'), 'utf8');

/** What follows the program on every line that starts it. */
const commands = [...`${unit}\n${readme}`.matchAll(/(?:ExecStart=|root )\/usr\/local\/bin\/kvmtop (.*)$/gm)];

test.each(commands.map(([, words = '']) => words))('kvmtop %s is understood', words => {
  const { command, options } = parseCall(words.split(' '));
  expect(command).toBe('record');
  expect(options.words).toHaveLength(1);
  expect(parseKeep(options.keep ?? '')).not.toEqual({});
});

test('the page and the unit start it in all the ways that are meant', () => expect(commands).toHaveLength(3));

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

test.skipIf(!hasSystemd)('systemd takes every line of the unit, and finds it well confined', () => {
  const here = mkdtempSync(join(tmpdir(), 'kvmtop-unit-'));
  try {
    const path = join(here, 'kvmtop-record.service');
    writeFileSync(path, unit.replace('/usr/local/bin/kvmtop', '/bin/true'));
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' });
    expect([verified.status, verified.stderr]).toEqual([0, '']);
    const security = execFileSync('systemd-analyze', ['security', '--offline=true', path], { encoding: 'utf8' });
    expect(Number(/exposure level for \S+: ([\d.]+)/.exec(security)?.[1])).toBeLessThan(3);
  } finally {
    rmSync(here, { recursive: true });
  }
});
