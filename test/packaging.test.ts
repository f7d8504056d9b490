import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { licencesOf } from '../packaging/build/licences.ts';
import { readSettings } from '../src/config/read.ts';
import { parseCall } from '../src/programs/options.ts';
import { parseKeep } from '../src/programs/record/keep.ts';
import { testUnless } from './lacks.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'packaging');
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

const textOf = (path: string): string => readFileSync(join(folder, path), 'utf8');

test('the installed settings set nothing, and what they show for an example is right', () => {
  expect(readSettings('config.toml', textOf('config.toml')).values).toEqual({});
  const example = textOf('config.toml').split('For example:')[1]?.replace(/^# ?/gm, '') ?? '';
  expect(readSettings('config.toml', example).values).toEqual({ delay: 2, 'balloon.floor_percent': 40 });
});

test('the licence of each bundled package comes along, once, and what has none is refused', () => {
  const inputs = ['src/cli.ts', 'node_modules/react/index.js', 'node_modules/@alcalzone/ansi-tokenize/build/index.js'];
  const text = licencesOf(root, [...inputs, ...inputs]);
  expect(text.match(/^\S+ \d+\.\d+\.\d+ \(MIT\)$/gm)).toEqual([
    expect.stringMatching(/^@alcalzone\/ansi-tokenize /),
    expect.stringMatching(/^react /),
  ]);
  expect(text).toContain('Permission is hereby granted');
  const here = mkdtempSync(join(tmpdir(), 'kvmtop-licence-'));
  try {
    mkdirSync(join(here, 'node_modules/none'), { recursive: true });
    writeFileSync(join(here, 'node_modules/none/package.json'), '{"name":"none","version":"1.0.0"}');
    expect(() => licencesOf(here, ['node_modules/none/index.js'])).toThrow('node_modules/none has no licence');
  } finally {
    rmSync(here, { recursive: true });
  }
});
