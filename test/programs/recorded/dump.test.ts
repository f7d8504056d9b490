import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { defaults } from '../../../src/config/settings.ts';
import { toJson } from '../../../src/export/json.ts';
import { derive } from '../../../src/model.ts';
import { Failure, UsageError } from '../../../src/programs/options.ts';
import { dump } from '../../../src/programs/recorded/dump.ts';
import { stream } from '../../../src/programs/stream.ts';
import type { Tape } from '../../../src/recording/tape.ts';
import type { Sample } from '../../../src/sample.ts';
import { demoSamples } from '../../recording/samples.ts';
import { printed } from '../sources.ts';
import { tapeOf } from '../tapes.ts';

const options = {
  format: undefined,
  fields: undefined,
  guests: [],
  from: undefined,
  to: undefined,
  settings: defaults,
};
type Options = Parameters<typeof dump>[1];

let samples: readonly Sample[];
beforeAll(async () => {
  samples = await demoSamples(5, 60);
});
const dumped = (changes: Partial<Options> = {}, looks = samples): Promise<string> =>
  printed(({ stdout }) => dump(tapeOf(looks), { ...options, ...changes }, stdout));
const objects = async (changes: Partial<Options> = {}) =>
  (await dumped({ format: 'ndjson', ...changes }))
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
const failure = (changes: Partial<Options>, looks = samples): Promise<Error> =>
  dumped(changes, looks).then(
    () => new Error('it did not fail'),
    error => error,
  );

/** The same looks, as if they were taken now. */
const streamed = (format: string): Promise<string> => {
  let look = 0;
  const source = {
    kind: 'demo' as const,
    look: async () => samples[look++] ?? ({} as Sample),
    close: async () => undefined,
  };
  const settings = { delay: 0.001, guests: [], count: samples.length - 1, format, settings: defaults };
  return printed(around => stream(source, settings, around, new AbortController().signal));
};

describe('formats', () => {
  test('NDJSON is what stream would have printed, line by line', async () => {
    const [, ...rest] = (await dumped({ format: 'ndjson' })).split(/(?<=\n)/);
    expect(rest.join('')).toBe(await streamed('ndjson'));
  });

  test('CSV, which is also what is given unasked, is what stream would have printed', async () => {
    const [head, ...rows] = (await dumped()).split(/(?<=\n)/);
    const first = rows.findIndex(row => !row.startsWith(new Date((samples[0]?.time ?? 0) * 1000).toISOString()));
    expect([head, ...rows.slice(first)].join('')).toBe(await streamed('csv'));
    expect(await dumped({ format: 'csv' })).toBe(await dumped());
  });

  test.each(['xml', 'constructor', 'text', ''])('%j is wrong usage', async format => {
    expect(await failure({ format })).toEqual(new UsageError(`--format takes csv, ndjson, not '${format}'`));
  });
});

describe('a part', () => {
  const times = async (changes: Partial<Options>) =>
    (await objects(changes)).map(({ time }: { time: string }) => time.slice(11, 16));

  test('from and to, both included, with rates at once', async () => {
    expect(await times({})).toEqual(['08:00', '08:01', '08:02', '08:03', '08:04']);
    expect(await times({ from: '08:01', to: '2027-01-15T08:03:00Z' })).toEqual(['08:01', '08:02', '08:03']);
    expect(await times({ from: '08:01:01', to: '8:02:59' })).toEqual(['08:02']);
    expect(await times({ from: '-1m' })).toEqual(['08:03', '08:04']);
    expect(await times({ to: '-3m' })).toEqual(['08:00', '08:01']);
    expect(await times({ from: '07:00', to: '09:00' })).toHaveLength(5);
    const [first] = await objects({ from: '08:02' });
    const { findings: _findings, ...numbers } = toJson(derive(samples[1], samples[2] as Sample));
    expect(first).toMatchObject(JSON.parse(JSON.stringify(numbers)));
    expect(first.interval).toBe(60);
  });

  test.each([{ from: 'noon' }, { to: 'noon' }, { from: '08:03', to: '08:01' }])('%j is wrong usage', async part => {
    const error = await failure(part);
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(/^--(from|to) .*/);
  });

  test.each([
    { from: '07:00', to: '07:30' },
    { from: '08:05', to: '08:30' },
    { from: '08:01:10', to: '08:01:50' },
  ])('%j has no sample, and the failure says what there is', async part => {
    const error = await failure(part);
    expect(error).toBeInstanceOf(Failure);
    expect(error.message).toContain('this recording goes from 2027-01-15T08:00:00.000Z to 2027-01-15T08:04:00.000Z');
  });

  test('a recording without a sample says so', async () => {
    expect(await failure({}, [])).toEqual(new Failure('there is no sample in this recording yet'));
  });
});

describe('findings', () => {
  const found = (line: { findings: { id: string; subject: string; severity: string; text: string }[] }) =>
    line.findings.map(({ id, subject }) => `${id} ${subject}`);

  test('are those of the time, and a part begins with what stood before it', async () => {
    const standing = ['statistics-off search', 'overcommit-unmet host'];
    const all = await objects();
    // Nothing has held for long enough at the first sample of a recording.
    expect(found(all[0])).not.toEqual(expect.arrayContaining(standing));
    expect(found(all[3])).toEqual(expect.arrayContaining(standing));
    const [part] = await objects({ from: '08:03' });
    expect(found(part)).toEqual(expect.arrayContaining(standing));
  });

  test('of the host and of the guests of -p alone', async () => {
    const told = found((await objects()).at(-1));
    const some = found((await objects({ guests: ['vdi-02'] })).at(-1));
    expect(told).toContain('statistics-off search');
    expect(some).toEqual(expect.arrayContaining(['guest-swapped vdi-02', 'overcommit-unmet host']));
    expect(some).not.toContain('statistics-off search');
    expect(told).toEqual(expect.arrayContaining(some));
  });
});

describe('a gap', () => {
  test('rates are over all of it', async () => {
    const gone = [samples[0], samples[3]] as Sample[];
    const [, line] = (await dumped({ format: 'ndjson' }, gone)).split('\n');
    expect(JSON.parse(line ?? '')).toMatchObject({ interval: 180 });
  });
});

describe('chosen fields', () => {
  test('of the host alone: no guests', async () => {
    const [, second] = await objects({ fields: 'mem_available, swap_in' });
    expect(Object.keys(second)).toEqual(['version', 'time', 'interval', 'hostname', 'host']);
    expect(Object.keys(second.host)).toEqual(['mem_available', 'swap_in_rate', 'swap_in_total']);
    const rows = (await dumped({ fields: 'mem_available,swap_in_rate' })).split('\n');
    expect(rows[0]).toBe('time,kind,id,name,pid,vmm,monitor,state,mem_available,swap_in_rate');
    expect(rows.slice(1, -1).map(row => row.split(',')[1])).toEqual(['host', 'host', 'host', 'host', 'host']);
  });

  test('of guests and pools alone', async () => {
    const [first] = await objects({ fields: 'balloon_actual,reserved', guests: ['web-1'] });
    expect(first).not.toHaveProperty('host');
    expect(first.guests).toEqual([
      {
        id: expect.any(String),
        name: 'web-1',
        pid: expect.any(Number),
        vmm: 'qemu',
        backend: expect.any(String),
        monitor: 'ok',
        state: 'running',
        balloon_actual: expect.any(Number),
      },
    ]);
    expect(first.pools[0]).toHaveProperty('reserved');
    const rows = (await dumped({ fields: 'balloon_actual', guests: ['web-1'] })).split('\n');
    expect(rows.slice(1, -1).map(row => row.split(',')[3])).toEqual(Array(5).fill('web-1'));
  });

  test.each([
    ['mem_avialable', 'mem_available'],
    ['swap_in_rat', 'swap_in_rate'],
  ])('%s is an error with the nearest name', async (fields, name) => {
    expect(await failure({ fields })).toEqual(new UsageError(`there is no field '${fields}': did you mean ${name}?`));
  });

  test('nothing, and what is like nothing, are told too', async () => {
    expect(await failure({ fields: ',' })).toBeInstanceOf(UsageError);
    expect((await failure({ fields: 'x\u001b[2J'.repeat(9) })).message).toMatch(
      /^there is no field 'x\ufffd.*fields\.md/,
    );
  });
});

test('-p takes guests, and fails at the end for one that was never there', async () => {
  const lines = await objects({ guests: ['web-1'] });
  expect(lines.map(({ guests }) => guests.map(({ name }: { name: string }) => name))).toEqual(Array(5).fill(['web-1']));
  const error = await failure({ guests: ['web-1', 'web-99'] });
  expect(error).toEqual(new Failure("no guest 'web-99' in this part of the recording; -p takes names, ids or PIDs"));
});

test('a reader that goes ends it quietly', async () => {
  const program = join(import.meta.dirname, 'long-dump.ts');
  const script = '("$0" "$1"; echo "status $?" >&2) | head -n 1';
  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', script, process.execPath, program]);
  expect(JSON.parse(stdout).version).toBe(1);
  expect(stderr).toBe('status 0\n');
});

test('a slow reader is waited for: nothing piles up', async () => {
  let pending = 0;
  let most = 0;
  let lines = 0;
  const slow = new Writable({
    write(_chunk, _encoding, done) {
      pending += 1;
      most = Math.max(most, pending);
      setTimeout(() => {
        pending -= 1;
        lines += 1;
        done();
      }, 5);
    },
  });
  const taken: number[] = [];
  const tape = tapeOf(samples);
  const watched: Tape = {
    ...tape,
    sample(id) {
      taken.push(pending);
      return tape.sample(id);
    },
  };
  await dump(watched, { ...options, format: 'ndjson' }, slow);
  expect({ lines, most, taken }).toEqual({ lines: 5, most: 1, taken: [0, 0, 0, 0, 0] });
});
