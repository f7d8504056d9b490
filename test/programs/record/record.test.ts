import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openJournal } from '../../../src/actions/gate/journal.ts';
import { recordable } from '../../../src/fields/needs.ts';
import { systemClock } from '../../../src/programs/clock.ts';
import { type Options, parseCall, UsageError } from '../../../src/programs/options.ts';
import { type Orders, record } from '../../../src/programs/record/record.ts';
import { openGate } from '../../../src/programs/session.ts';
import { openRecording, type Recording } from '../../../src/recording/read.ts';
import { RecordingError } from '../../../src/recording/tape.ts';
import type { Sample } from '../../../src/sample.ts';
import { createDemoSource } from '../../../src/source/demo.ts';
import type { Source } from '../../../src/source/source.ts';
import { noMount, testUnless } from '../../lacks.ts';
import { demoSamples } from '../../recording/samples.ts';
import { expectSame } from '../../same.ts';
import { watchedSource } from '../sources.ts';
import { hastyClock, surroundings } from '../surroundings.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvmtop-record-'));
  path = join(folder, 'host.kvmtop');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const options = (...argv: string[]): Options => parseCall(['record', path, '-d', '100ms', ...argv]).options;

/** Ends with the look after so many. */
const endAfter = (looks: number, source: (meanwhile: (look: number) => void) => Source = watchedSource) => {
  const stop = new AbortController();
  return {
    source: source(look => {
      if (look + 1 === looks) stop.abort();
    }),
    orders: { stop: stop.signal, takeReopen: () => false },
  };
};
const never: Orders = { stop: new AbortController().signal, takeReopen: () => false };

/** Records, and gives what was told of it. By default waiting takes no time. */
const recordedAs = async (source: Source, given: Options, orders: Orders, clock = hastyClock()): Promise<string> => {
  const log = new PassThrough();
  const all = text(log);
  const around = surroundings({ stderr: log, clock, env: { XDG_STATE_HOME: join(folder, 'state') } });
  await record(source, openGate(source, given, around), given, around, orders).finally(() => log.end());
  return all;
};
const recorded = (source: Source, orders: Orders, ...argv: string[]): Promise<string> =>
  recordedAs(source, options(...argv), orders);

const reading = <Value>(file: string, read: (recording: Recording) => Value): Value => {
  const recording = openRecording(file);
  try {
    return read(recording);
  } finally {
    recording.close();
  }
};
const samplesOf = (file: string): readonly Sample[] =>
  reading(file, recording =>
    Array.from({ length: recording.last - recording.first + 1 }, (_, index) =>
      recording.sample(recording.first + index),
    ),
  );

/** Samples one after the other, whatever the time. */
const playing = (samples: readonly Sample[], kind: Source['kind'] = 'demo'): Source => {
  let look = 0;
  return { kind, look: async () => samples[look++] ?? (samples.at(-1) as Sample), close: async () => undefined };
};

test('every look is in the file as it was, with what it was asked to read, and only its owner reads it', async () => {
  const samples = await demoSamples(4);
  const asked: ReadonlySet<string>[] = [];
  const source = playing(samples);
  const log = await recorded(
    {
      ...source,
      look(wanted) {
        asked.push(wanted);
        return source.look(wanted);
      },
    },
    never,
    '--for',
    '300ms',
  );
  expectSame(samplesOf(path), samples.slice(0, 3));
  expect(asked[0]).toBe(recordable);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['host.kvmtop']);
  expect(log).toBe(`recording to ${path} every 0.1s for 0.3s\nrecorded 3 samples to ${path}\n`);
  const [session] = reading(path, ({ sessions }) => sessions);
  expect(session?.program).toMatch(/^kvmtop \d/);
  expect(session?.delay).toBe(0.1);
  expect(session?.ended).toBeGreaterThan(0);
});

test('looks are in step with the clock', async () => {
  const clock = hastyClock(1_800_000_000.25);
  const starts: number[] = [];
  const source = watchedSource(() => starts.push(clock.now()));
  await recordedAs(source, options('-d', '2s', '--for', '10s'), never, clock);
  // Begun between two beats.
  expect(starts.map(start => start - 1_800_000_000)).toEqual([0.25, 2, 4, 6, 8, 10].map(time => expect.closeTo(time)));
});

test('ends by time, which begins with the first sample: on a slow host that look takes long, and any may', async () => {
  const clock = hastyClock();
  const began = clock.steady();
  const times: number[] = [];
  const samples = await demoSamples(8);
  const slow = (first: number, others: number): Source => ({
    kind: 'demo',
    look: async () => {
      await clock.wait(times.length === 0 ? first : others);
      times.push(clock.steady() - began);
      return samples[times.length - 1] as Sample;
    },
    close: async () => undefined,
  });
  await recordedAs(slow(25, 0.1), options('-d', '1s', '--for', '3s'), never, clock);
  expect(times.length).toBeGreaterThanOrEqual(3);
  expect(clock.steady() - began).toBeCloseTo(28, 0);
  times.length = 0;
  const again = clock.steady();
  path = join(folder, 'other.kvmtop');
  await recordedAs(slow(25, 5), options('-d', '1s', '--for', '3s'), never, clock);
  // Not more than the look that was under way then.
  expect(clock.steady() - again).toBeLessThanOrEqual(25 + 3 + 5);
});

describe('the end', () => {
  test('a signal ends it at once, whatever the delay', async () => {
    const { source, orders } = endAfter(1);
    await recordedAs(source, parseCall(['record', path, '-d', '1h']).options, orders);
    expect(samplesOf(path)).toHaveLength(1);
  });

  test('a recording that is there is continued', async () => {
    for (const looks of [2, 3]) {
      const { source, orders } = endAfter(looks);
      await recorded(source, orders);
    }
    expect(samplesOf(path)).toHaveLength(5);
    expect(reading(path, ({ sessions }) => sessions)).toHaveLength(2);
  });

  testUnless(noMount, 'a full disk is told in one line, and what was written is there', async () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk]);
    try {
      path = join(disk, 'host.kvmtop');
      const samples = await demoSamples(400);
      const error = await recordedAs(playing(samples), { ...options(), delay: 0.001 }, never).catch(failure => failure);
      expect(error).toBeInstanceOf(RecordingError);
      expect(error.message).toMatch(/is full: the recording ends at [\d:]+ with \d+ samples; free space/);
      expect(samplesOf(path).length).toBeGreaterThan(10);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  test('a folder that is not there is told', async () => {
    path = join(folder, 'none', 'host.kvmtop');
    await expect(recorded(watchedSource(), never)).rejects.toThrow(RecordingError);
  });

  test('another recorder on the same file is refused', async () => {
    const stop = new AbortController();
    const source = watchedSource();
    const first = recordedAs(source, options(), { ...never, stop: stop.signal }, systemClock);
    await expect.poll(() => source.looks.length, { timeout: 10_000 }).toBeGreaterThan(0);
    await expect(recorded(watchedSource(), never)).rejects.toThrow(/being recorded into by process \d+/);
    stop.abort();
    expect(await first).toMatch(/^recording to [^\n]*\nrecorded \d+ sample/);
  });
});

describe('wrong usage', () => {
  test.each([
    ['-p', 'web-1'],
    ['--for', '0'],
    ['--for', 'long'],
    ['--keep', '500m'],
    ['--rotate', 'week'],
  ])('%s %s', async (flag, value) => {
    await expect(recorded(watchedSource(), never, flag, value)).rejects.toThrow(UsageError);
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('a ring keeps the newest', async () => {
  const samples = await demoSamples(150, 10);
  const given = { ...options('--keep', '60s,1M'), delay: 0.001 };
  const log = await recordedAs(playing(samples), given, endAfterSamples(samples.length));
  expect(log).toContain('keeping the newest 1m00 or 1.00 MiB');
  const kept = samplesOf(path);
  expect(kept.length).toBeLessThan(samples.length);
  expect(kept.at(-1)?.time).toBe(samples.at(-1)?.time);
});

/** Orders that end it after so many looks, by what asks once a look. */
function endAfterSamples(count: number): Orders {
  const stop = new AbortController();
  let looks = 0;
  return {
    stop: stop.signal,
    takeReopen: () => {
      looks += 1;
      if (looks >= count) stop.abort();
      return false;
    },
  };
}

describe('days', () => {
  const midnight = Date.parse('2027-01-16T00:00:00Z') / 1000;

  test('a new file begins at midnight, and the last look of a day is in its own', async () => {
    const [one] = await demoSamples(1);
    const at = (second: number): Sample => ({ ...(one as Sample), time: midnight + second, monotonic: second + 100 });
    const looks = [at(-2), at(-0.1), at(0), at(1)];
    await recorded(playing(looks), endAfterSamples(4), '--rotate', 'day');
    const days = readdirSync(folder).filter(name => name.includes('2027'));
    expect(days).toEqual(['host-2027-01-15.kvmtop', 'host-2027-01-16.kvmtop']);
    expect(days.map(name => samplesOf(join(folder, name)).map(({ time }) => time - midnight))).toEqual([
      [-2, expect.closeTo(-0.1)],
      [0, 1],
    ]);
  });

  test('old days are removed, and nothing that is no recording', async () => {
    const [one] = await demoSamples(1);
    const old = { ...(one as Sample), time: midnight - 5 * 86_400 };
    await recorded(playing([old]), endAfterSamples(1), '--rotate', 'day');
    const mine = 'host-2027-01-11.kvmtop';
    const foreign = 'host-2027-01-10.kvmtop';
    writeFileSync(join(folder, foreign), 'dear diary');
    expect(readdirSync(folder)).toContain(mine);
    await recorded(playing([{ ...old, time: midnight }]), endAfterSamples(1), '--rotate', 'day', '--keep', '2d');
    expect(readdirSync(folder)).not.toContain(mine);
    expect(readFileSync(join(folder, foreign), 'utf8')).toBe('dear diary');
  });
});

describe('a file that was moved away', () => {
  test.each([
    ['at once, though nobody says so', () => false],
    ['when it is told to', () => true],
  ])('another is begun %s, and the old one is whole', async (_, takeReopen) => {
    const stop = new AbortController();
    const source = watchedSource(look => {
      if (look === 2) renameSync(path, `${path}.1`);
      if (look === 4) stop.abort();
    });
    await recorded(source, { stop: stop.signal, takeReopen });
    expect(samplesOf(`${path}.1`)).toHaveLength(2);
    expect(samplesOf(path)).toHaveLength(3);
    expect(readdirSync(folder).filter(name => name.startsWith('host'))).toEqual(['host.kvmtop', 'host.kvmtop.1']);
  });

  test('one that was removed is begun anew', async () => {
    const stop = new AbortController();
    const source = watchedSource(look => {
      if (look === 2) rmSync(path);
      if (look === 4) stop.abort();
    });
    await recorded(source, { stop: stop.signal, takeReopen: () => false });
    expect(samplesOf(path)).toHaveLength(3);
  });
});

describe('a recording that was cut off', () => {
  const whole = async (): Promise<void> => {
    const { source, orders } = endAfter(8, meanwhile => watchedSource(meanwhile));
    await recorded(source, orders);
  };
  test.each([60, 0.5, 0.9])('to %d of it is kept under another name, and a new one begun', async part => {
    await whole();
    const { size } = statSync(path);
    truncateSync(path, part > 1 ? part : Math.floor(size * part));
    const { source, orders } = endAfter(2);
    const log = await recorded(source, orders);
    expect(log).toContain(`kvmtop: ${path} was damaged: it is ${path}.damaged now, and a new recording is begun`);
    expect(samplesOf(path)).toHaveLength(2);
    expect(readdirSync(folder).filter(name => name.includes('damaged'))).toEqual(['host.kvmtop.damaged']);
    // And once more: none is overwritten.
    truncateSync(path, 60);
    const again = endAfter(2);
    expect(await recorded(again.source, again.orders)).toContain(`${path}.damaged-2 now`);
  });

  test('what is no recording is refused, and stays', async () => {
    writeFileSync(path, 'SELECT 1;\n'.repeat(50));
    const { source, orders } = endAfter(2);
    await expect(recorded(source, orders)).rejects.toThrow('is no recording of kvmtop');
    expect(readdirSync(folder)).toEqual(['host.kvmtop']);
  });
});

test('what is changed on this host meanwhile is in it, by whomever it was', async () => {
  const journal = openJournal(join(folder, 'state/kvmtop/journal.ndjson'));
  const entry = {
    time: '2027-01-15T08:00:03.000Z',
    user: 'ann',
    by: 'do',
    request: { action: 'ksm', words: ['run'] },
    summary: 'Turn KSM on',
    steps: [],
    forced: false,
    outcome: 'done',
  } as const;
  await journal.append({ ...entry, summary: 'before' });
  const { source, orders } = endAfter(3, meanwhile =>
    watchedSource(look => {
      if (look === 1) appendFileSync(journal.path, `${JSON.stringify(entry)}\n`);
      meanwhile(look);
    }),
  );
  await recorded({ ...source, kind: 'live' }, orders);
  const events = reading(path, recording => recording.events(0, 4e9)).filter(({ kind }) => kind === 'action');
  expect(events).toEqual([
    { time: 1_800_000_003, kind: 'action', subject: 'host', text: 'Turn KSM on (done)', data: entry },
  ]);
});

describe('statistics that nobody asked for', () => {
  const intervals = (samples: readonly Sample[]) =>
    samples.map(({ guests }) => guests.find(({ name }) => name === 'search')?.monitor.balloon?.pollingInterval);

  test('stay off', async () => {
    await recorded(createDemoSource(), endAfterSamples(3));
    expect(intervals(samplesOf(path))).toEqual([0, 0, 0]);
  });

  test('are on with --poll, and off again at the end', async () => {
    const source = createDemoSource();
    await recorded(source, endAfterSamples(4), '--poll');
    expect(intervals(samplesOf(path))).toEqual([0, 2, 2, 2]);
    expect(intervals([await source.look(new Set())])).toEqual([0]);
  });
});
