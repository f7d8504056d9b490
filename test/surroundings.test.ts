import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { journalPath } from '../src/actions/gate/journal.ts';
import { home } from './scratch.ts';
import { withOwnSettings } from './settings.ts';

test('home, journal and settings are the run’s own, as root and as a user', () => {
  const own = [
    ...Object.keys(home).map(name => process.env[name]),
    ...[0, 1000].map(uid => journalPath(process.env, uid)),
  ];
  expect(own.filter(path => !path?.startsWith(`${tmpdir()}/home`))).toEqual([]);
  expect(withOwnSettings(['stream', '-d', '1'])).toEqual(['stream', '-d', '1', '--no-config']);
  expect(withOwnSettings(['--config', 'mine'])).toEqual(['--config', 'mine']);
});

/** Those that start the built program: each in surroundings of its own, or in a container. */
const starters = [
  'lab/screenshot.ts',
  'lab/service.test.ts',
  'pty/kvmtop.ts',
  'pty/launcher.test.ts',
  'pty/npm.test.ts',
  'pty/stalled.test.ts',
];

test('nobody starts kvmtop where this host’s journal and settings are in force', () => {
  const names = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
  const sources = names.filter(name => /\.tsx?$/.test(name) && !name.startsWith('bench/'));
  const program = /(?<!\/usr|\/local)\/bin\/kvmtop\b|'bin\/kvmtop'/;
  const textOf = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');
  expect(sources.filter(name => program.test(textOf(name))).toSorted()).toEqual(starters);
});
