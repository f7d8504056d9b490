import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { defaults } from '../../src/config/settings.ts';
import { Failure, UsageError } from '../../src/programs/options.ts';
import { stream } from '../../src/programs/stream.ts';
import { printed, watchedSource } from './sources.ts';
import { surroundings } from './surroundings.ts';

const options = { delay: 0.005, guests: [], count: 3, format: 'ndjson', settings: defaults };
const never = new AbortController().signal;
const streamed = (changes: Partial<Parameters<typeof stream>[1]> = {}) =>
  printed(around => stream(watchedSource(), { ...options, ...changes }, around, never));

describe('formats', () => {
  test('NDJSON: one object a line, each with rates, and so many as asked for', async () => {
    const lines = (await streamed()).split('\n');
    expect(lines.pop()).toBe('');
    const objects = lines.map(line => JSON.parse(line));
    expect(objects.map(object => object.time)).toEqual([
      '2027-01-15T08:00:02.000Z',
      '2027-01-15T08:00:04.000Z',
      '2027-01-15T08:00:06.000Z',
    ]);
    expect(objects.map(object => object.host.swap_in_rate)).toEqual([5 * 4096, 0, 0]);
  });

  test('NDJSON and text tell what the advisor finds, once it has held', async () => {
    const counts = (await streamed({ count: 40 }))
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line).findings.length);
    expect(counts[0]).toBe(0);
    expect(counts.at(-1)).toBeGreaterThan(0);
    expect(await streamed({ format: 'text', count: 40 })).toContain('\nFindings\n');
  });

  test('CSV: one head, then the rows of each look', async () => {
    const kinds = (await streamed({ format: 'csv', count: 2 })).split('\n').map(row => row.split(',')[1]);
    expect(kinds).toEqual(['kind', 'host', 'guest', 'guest', 'host', 'guest', 'guest', undefined]);
  });

  test('text, which is also what is given unasked: blocks apart by an empty line', async () => {
    const text = await streamed({ format: 'text', count: 2 });
    expect(text.match(/^kvmtop /gm)).toHaveLength(2);
    expect(text).toMatch(/[^\n]\n\nkvmtop [^\n]*08:00:04/);
    expect(await streamed({ format: undefined, count: 2 })).toBe(text);
  });

  test.each(['xml', 'constructor', ''])('%j is wrong usage', async format => {
    await expect(streamed({ format })).rejects.toThrow(UsageError);
    await expect(streamed({ format })).rejects.toThrow(`--format takes ndjson, csv, text, not '${format}'`);
  });
});

test('-p leaves the other guests out, and fails at once for one that is not there', async () => {
  expect(JSON.parse(await streamed({ guests: ['web-1'], count: 1 })).guests).toHaveLength(1);
  const failed = await streamed({ guests: ['web-9'], delay: 3600 }).catch(error => error);
  expect(failed).toBeInstanceOf(Failure);
  expect(failed.status).toBe(1);
});

describe('the end', () => {
  test('a signal ends the wait for the next look', async () => {
    const stop = new AbortController();
    const out = new PassThrough();
    const running = stream(
      watchedSource(),
      { ...options, count: undefined },
      surroundings({ stdout: out }),
      stop.signal,
    );
    let lines = 0;
    for await (const chunk of out) {
      lines += String(chunk).split('\n').length - 1;
      if (lines < 2) continue;
      stop.abort();
      break;
    }
    await running;
    expect(lines).toBeGreaterThanOrEqual(2);
  });

  test('a signal that came before the first delay was over prints nothing', async () => {
    const stop = new AbortController();
    const source = watchedSource(() => stop.abort());
    expect(await printed(around => stream(source, { ...options, delay: 3600 }, around, stop.signal))).toBe('');
    expect(source.looks).toHaveLength(1);
  });

  test('a reader that goes ends it quietly, with status 0', async () => {
    const script = '("$0" "$1"; echo "status $?" >&2) | head -n 1';
    const program = join(import.meta.dirname, 'endless.ts');
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', script, process.execPath, program]);
    expect(JSON.parse(stdout).version).toBe(1);
    expect(stderr).toBe('status 0\n');
  });

  test('what can’t be written is a failure that says why', async () => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('the disk is on fire')) });
    const failed = await stream(watchedSource(), options, surroundings({ stdout: broken }), never).catch(
      error => error,
    );
    expect(failed).toBeInstanceOf(Failure);
    expect(failed.message).toContain('the disk is on fire');
  });
});

test('a slow reader is waited for, and gets the world as it is then', async () => {
  let pending = 0;
  let most = 0;
  const slow = new Writable({
    write(_chunk, _encoding, done) {
      pending += 1;
      most = Math.max(most, pending);
      // Six delays long.
      setTimeout(() => {
        pending -= 1;
        done();
      }, 30);
    },
  });
  const pendingAtLook: number[] = [];
  const source = watchedSource(() => pendingAtLook.push(pending));
  await stream(source, { ...options, count: 4 }, surroundings({ stdout: slow }), never);
  expect(pendingAtLook).toEqual([0, 0, 0, 0, 0]);
  expect(most).toBe(1);
});
