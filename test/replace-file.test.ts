import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { saveSettings } from '../src/config/save.ts';
import { replaceFile } from '../src/replace-file.ts';
import { noRoot, testUnless } from './lacks.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-replace-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What must never be replaced by a regular file: each in a folder of the test's own. */
const others: Readonly<Record<string, (path: string) => void>> = {
  'a folder': path => mkdirSync(path),
  'a pipe': path => execFileSync('mkfifo', [path]),
  // Needs root, and a file system that may have devices: the numbers of /dev/null on a node of its own.
  ...(noRoot === undefined ? { 'a device': path => execFileSync('mknod', [path, 'c', '1', '3']) } : {}),
};

describe('what is not a regular file', () => {
  it.each(Object.keys(others))('%s is refused, and stays what it is', name => {
    const path = join(folder, 'there');
    others[name]?.(path);
    const before = lstatSync(path);
    expect(() => replaceFile(path, 'new')).toThrow('it is not a regular file, so it is not replaced');
    expect(() => saveSettings(path, { tab: 'guests' })).toThrow(/there can't be saved: .*regular file/);
    const after = lstatSync(path);
    expect([after.mode, after.ino, after.rdev]).toEqual([before.mode, before.ino, before.rdev]);
    expect(readdirSync(folder)).toEqual(['there']);
  });

  it.each(Object.keys(others))('%s behind a link is refused, too', name => {
    others[name]?.(join(folder, 'there'));
    symlinkSync('there', join(folder, 'link'));
    expect(() => replaceFile(join(folder, 'link'), 'new')).toThrow('it is not a regular file');
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
  });
});

describe('a regular file', () => {
  it('keeps its mode, and the link that leads to it', () => {
    writeFileSync(join(folder, 'file'), 'old');
    chmodSync(join(folder, 'file'), 0o640);
    symlinkSync('file', join(folder, 'link'));
    replaceFile(join(folder, 'link'), 'new');
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('new');
    expect(statSync(join(folder, 'file')).mode & 0o777).toBe(0o640);
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['file', 'link']);
  });

  it('gets the mode that is asked for', () => {
    writeFileSync(join(folder, 'file'), 'old');
    chmodSync(join(folder, 'file'), 0o644);
    replaceFile(join(folder, 'file'), 'new', 0o600);
    expect(statSync(join(folder, 'file')).mode & 0o777).toBe(0o600);
  });

  testUnless(noRoot, 'of somebody else keeps its owner when root replaces it', () => {
    writeFileSync(join(folder, 'file'), 'old');
    chownSync(join(folder, 'file'), 12345, 12346);
    replaceFile(join(folder, 'file'), 'new');
    const { uid, gid } = statSync(join(folder, 'file'));
    expect([readFileSync(join(folder, 'file'), 'utf8'), uid, gid]).toEqual(['new', 12345, 12346]);
  });

  testUnless(noRoot, 'is not reached through a link that another user made', () => {
    writeFileSync(join(folder, 'file'), 'old');
    symlinkSync('file', join(folder, 'link'));
    execFileSync('chown', ['-h', '12345', join(folder, 'link')]);
    expect(() => replaceFile(join(folder, 'link'), 'new')).toThrow('it is a link of another user');
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old');
  });

  it('stays as it was where the new one can not be made', () => {
    writeFileSync(join(folder, 'file'), 'old');
    // Somebody's, by chance under the draft's name: neither written to nor removed.
    writeFileSync(join(folder, `.file.${process.pid}.new`), 'theirs');
    expect(() => replaceFile(join(folder, 'file'), 'new')).toThrow('EEXIST');
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old');
    expect(readFileSync(join(folder, `.file.${process.pid}.new`), 'utf8')).toBe('theirs');
  });
});
