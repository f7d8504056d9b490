import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { onPath } from '../../../src/programs/doctor/facts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-path-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('finds a program on a PATH whose other folders are missing, files, loops or closed', () => {
  mkdirSync(join(folder, 'closed/virsh'), { recursive: true });
  chmodSync(join(folder, 'closed'), 0);
  writeFileSync(join(folder, 'file'), '');
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin/virsh'), '');
  const path = ['missing', 'file', 'closed', ''].map(name => name && join(folder, name)).join(':');
  expect(onPath('virsh', path)).toBe(false);
  // A name that is too long fails with another error than a missing one.
  expect(onPath('virsh', `${path}:/${'x'.repeat(300)}:${join(folder, 'bin')}`)).toBe(true);
  chmodSync(join(folder, 'closed'), 0o700);
});
