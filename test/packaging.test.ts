import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseCall } from '../src/programs/options.ts';
import { parseKeep } from '../src/programs/record/keep.ts';
import { testUnless } from './lacks.ts';

const folder = join(import.meta.dirname, '../packaging');
const names = ['kvmtop-record.service', 'kvmtop-auto.service'];
const units = names.map(name => readFileSync(join(folder, name), 'utf8'));
const readme = readFileSync(join(folder, 'README.md'), 'utf8');

/** What follows the program on every line that starts it. */
const commands = [...[...units, readme].join('\n').matchAll(/(?:ExecStart=|root )\/usr\/local\/bin\/kvmtop (.*)$/gm)];

const calls = commands.map(([, words = '']) => parseCall(words.split(' ')));
const callsOf = (name: string) => calls.filter(({ command }) => command === name).map(({ options }) => options);

test('the page and the units start a recorder that keeps so much, in all the ways that are meant', () => {
  const records = callsOf('record');
  expect(records).toHaveLength(3);
  for (const options of records) {
    expect(options.words).toHaveLength(1);
    expect(parseKeep(options.keep ?? '')).not.toEqual({});
  }
});

test('a policy acts only where that was asked for: the unit is in shadow', () =>
  expect(callsOf('auto').map(({ act, shadow }) => [act, shadow])).toEqual([
    [false, true],
    [true, false],
  ]));

test('nothing else is started', () => expect(calls).toHaveLength(5));

const noSystemd = spawnSync('systemd-analyze', ['--version']).status === 0 ? undefined : 'there is no systemd';

const isConfined = (name: string): void => {
  const unit = units[names.indexOf(name)] ?? '';
  const here = mkdtempSync(join(tmpdir(), 'kvmtop-unit-'));
  try {
    const path = join(here, name);
    writeFileSync(path, unit.replace('/usr/local/bin/kvmtop', '/bin/true'));
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' });
    expect([verified.status, verified.stderr]).toEqual([0, '']);
    const security = execFileSync('systemd-analyze', ['security', '--offline=true', path], { encoding: 'utf8' });
    expect(Number(/exposure level for \S+: ([\d.]+)/.exec(security)?.[1])).toBeLessThan(3);
  } finally {
    rmSync(here, { recursive: true });
  }
};
for (const name of names)
  testUnless(noSystemd, `systemd takes every line of ${name}, and finds it well confined`, () => isConfined(name));
