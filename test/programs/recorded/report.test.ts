import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { Failure, UsageError } from '../../../src/programs/options.ts';
import { report } from '../../../src/programs/recorded/report.ts';
import { begin, tapeOf } from '../../export/report/tapes.ts';
import { guest, sample } from '../../samples.ts';
import { printed } from '../sources.ts';

const scratch = mkdtempSync(join(tmpdir(), 'kvmtop-report-'));
afterAll(() => rmSync(scratch, { recursive: true }));

let folder = '';
let count = 0;
beforeEach(() => {
  folder = join(scratch, `${count++}`);
  mkdirSync(folder);
});

const guests = [guest({ name: 'web-1' }), guest({ id: '200.1', pid: 200, name: 'db' })];
const tape = tapeOf([0, 1, 2, 3].map(time => sample({ time: begin + 60 * time, monotonic: 60 * time, guests })));
const assets = { script: 'run()', styles: 'p{}' };

const run = (output: string | undefined, from?: string, to?: string, words: readonly string[] = []): Promise<string> =>
  printed(around => report(tape, { output, from, to, guests: words }, assets, around));

const samplesIn = (page: string): string | undefined => /<dt>Samples<\/dt><dd>(\d+)/.exec(page)?.[1];

describe('kvmtop report', () => {
  test('writes a file that only its owner can read, and nothing beside it', async () => {
    const path = join(folder, 'out.html');
    expect(await run(path)).toBe('');
    expect(samplesIn(readFileSync(path, 'utf8'))).toBe('4');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['out.html']);
  });

  test('replaces an older one, also one that others could read', async () => {
    const path = join(folder, 'out.html');
    writeFileSync(path, 'old');
    chmodSync(path, 0o644);
    await run(path);
    expect(readFileSync(path, 'utf8')).toMatch(/^<!doctype html>/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('prints with -', async () => {
    expect(samplesIn(await run('-'))).toBe('4');
    expect(existsSync('-')).toBe(false);
  });

  test('tells only of the time that was asked for', async () => {
    expect(samplesIn(await run('-', '-2m'))).toBe('3');
    expect(samplesIn(await run('-', '2026-11-23T02:01:00Z', '2026-11-23T02:02:00Z'))).toBe('2');
    await expect(run('-', '2026-11-24T00:00Z')).rejects.toThrow(/^--from .* is after --to/);
  });

  test('tells only of the guests of -p', async () => {
    const heads = (page: string): string[] => [...page.matchAll(/<h3>(web-1|db)</g)].map(([, name = '']) => name);
    expect(heads(await run('-'))).toEqual(['web-1', 'db']);
    expect(heads(await run('-', undefined, undefined, ['200']))).toEqual(['db']);
    await expect(run('-', undefined, undefined, ['nobody'])).rejects.toThrow(/^no guest 'nobody' in this part/);
  });

  test('wants to know where to', async () => {
    await expect(run(undefined)).rejects.toThrow(UsageError);
  });

  test('says in one line why it can’t be written, and leaves nothing behind', async () => {
    const nowhere = join(folder, 'none/out.html');
    await expect(run(nowhere)).rejects.toThrow(
      new Failure(
        `the page can't be written to ${nowhere} (ENOENT: no such file or directory): choose another place with -o`,
      ),
    );
    await expect(run('/dev/full')).rejects.toThrow(/\(ENOSPC: no space left on device\)/);
    expect(readdirSync(folder)).toEqual([]);
  });
});
