import { beforeAll, describe, expect, test } from 'vitest';
import { gather } from '../../../src/export/report/gather.ts';
import { summarize } from '../../../src/export/report/summary.ts';
import type { TapeEvent } from '../../../src/recording/tape.ts';
import type { HostSample, Sample } from '../../../src/sample.ts';
import { guest, sample } from '../../samples.ts';
import { tapeOf } from './tapes.ts';

const GiB = 1024 ** 3;
const MiB = 1024 ** 2;

interface Moment {
  readonly available?: number;
  readonly swapped?: number;
  readonly some?: number;
  readonly merged?: number;
  readonly guests?: readonly string[];
  readonly balloon?: number;
}

const start = 1_800_000_000;
const day = { offset: 0, isLong: false };

const host = ({ available, swapped, some, merged }: Moment): HostSample => ({
  hostname: 'kvm-7',
  meminfo: { MemTotal: 64 * GiB, ...(available === undefined ? {} : { MemAvailable: available }) },
  ...(swapped === undefined ? {} : { vmstat: { pswpin: swapped / 4096, pswpout: (2 * swapped) / 4096 } }),
  ...(some === undefined ? {} : { pressure: { memory: { 'some avg10': some, 'full avg10': some / 2 } } }),
  ...(merged === undefined
    ? {}
    : { ksm: { pages_sharing: merged / 4096, pages_shared: 10, general_profit: merged / 2 } }),
});

/** One sample every ten seconds. */
const samplesOf = (moments: readonly Moment[]): Sample[] =>
  moments.map((moment, at) =>
    sample({
      time: start + 10 * at,
      monotonic: 10 * at,
      host: host(moment),
      guests: (moment.guests ?? []).map((name, index) =>
        guest({
          id: `${name}.1`,
          pid: 100 + index,
          name,
          monitor: {
            state: 'ok',
            ...(moment.balloon === undefined ? {} : { balloon: { device: true, actual: moment.balloon } }),
          },
        }),
      ),
    }),
  );

const summaryOf = (moments: readonly Moment[], events: readonly TapeEvent[] = []): string[] => {
  const samples = samplesOf(moments);
  return summarize(gather(tapeOf(samples, events), 0, samples.length - 1), day).map(({ time, text }) =>
    time === undefined ? text : `${time - start}: ${text}`,
  );
};

describe('a night in which memory ran short', () => {
  let summary: string[];
  beforeAll(() => {
    const events: TapeEvent[] = [
      { time: start + 20, kind: 'finding', subject: 'host', text: 'Memory is short.', data: { severity: 'critical' } },
      { time: start + 25, kind: 'finding', subject: 'web', text: 'It thrashes.', data: { severity: 'warning' } },
      { time: start + 35, kind: 'action', subject: 'web', text: 'balloon web to 2.00 GiB', data: { outcome: 'done' } },
      { time: start + 36, kind: 'outcome', subject: 'web', text: 'it has 2.00 GiB now' },
      { time: start + 45, kind: 'action', subject: 'db', text: 'balloon db to 1.00 GiB', data: { outcome: 'failed' } },
    ];
    summary = summaryOf(
      [
        { available: 20 * GiB, swapped: 0, some: 0, merged: GiB, guests: ['web', 'db'], balloon: 4 * GiB },
        { available: 8 * GiB, swapped: 0, some: 5, merged: GiB, guests: ['web', 'db', 'job'], balloon: 4 * GiB },
        {
          available: 1 * GiB,
          swapped: 100 * MiB,
          some: 40,
          merged: GiB,
          guests: ['web', 'db', 'job'],
          balloon: 4 * GiB,
        },
        { available: 2 * GiB, swapped: 200 * MiB, some: 30, merged: 2 * GiB, guests: ['web', 'db'], balloon: 2 * GiB },
        { available: 9 * GiB, swapped: 500 * MiB, some: 2, merged: 3 * GiB, guests: ['web', 'late'], balloon: 2 * GiB },
        {
          available: 10 * GiB,
          swapped: 500 * MiB,
          some: 0,
          merged: 2 * GiB,
          guests: ['web', 'late'],
          balloon: 2 * GiB,
        },
      ],
      events,
    );
  });

  test('is told in the order of time, then what concerns all of it', () => {
    expect(summary).toEqual([
      '20: Available memory was least: 1.00 GiB of 64.0 GiB (1.6%); it was 20.0 GiB at the start and 10.0 GiB at the end.',
      '20: From here on some tasks waited for memory 10% of the time and more, for 20s on end; altogether for 20s. The worst was 40% at 08:00:20; all of them at once waited for up to 20%.',
      '20: host: Memory is short.',
      '35: The first of 2 changes (1 failed): balloon web to 2.00 GiB.',
      '40: Swapping was fastest, 90.0 MiB/s; altogether the host swapped 0.98 GiB out and 500 MiB in.',
      '2 guests at the start, 2 at the end. Came: late. Went: db. Came and went again: job.',
      '2 guests have another balloon than before, most of all web: from 4.00 GiB to 2.00 GiB. Together they have 4.00 GiB less.',
      'KSM saved 2.00 GiB at the end, 1.00 GiB of it after its own cost; it was between 1.00 GiB and 3.00 GiB.',
    ]);
  });
});

test('a quiet night', () => {
  const moment = { available: 20 * GiB, swapped: 0, some: 1, merged: 0, guests: ['web'], balloon: GiB };
  expect(summaryOf([moment, moment, moment])).toEqual([
    '0: Available memory was least: 20.0 GiB of 64.0 GiB (31%); it was 20.0 GiB at the start and 20.0 GiB at the end.',
    '0: Tasks waited for memory most: 1.0% of 10 s. It never came to 10%.',
    'The host swapped nothing in or out.',
    'One guest ran all the time.',
    'No guest ended with another balloon than it had before.',
    'KSM saved nothing.',
  ]);
});

test('what is not in the recording is said, and is no zero', () => {
  expect(summaryOf([{}, {}])).toEqual([
    'How much memory was available is not in this recording.',
    'What was swapped is not in this recording.',
    'How long tasks waited for memory (PSI) is not in this recording.',
    'No guest ran.',
    'No guest ended with another balloon than it had before.',
    'Whether KSM merged pages is not in this recording.',
  ]);
});

test('gaps are told, the longest by name', () => {
  const samples = samplesOf(Array.from({ length: 12 }, () => ({})));
  const shifted = samples.map((one, at) => ({ ...one, time: one.time + (at >= 4 ? 300 : 0) + (at >= 8 ? 60 : 0) }));
  const summary = summarize(gather(tapeOf(shifted), 0, 11), day);
  expect(summary[0]).toEqual({
    time: start + 30,
    text: 'The recording stops for 5m10: nothing is known of that time. It is the longest of 2 gaps of 6m20 altogether.',
  });
});

test('many names are counted', () => {
  const names = Array.from({ length: 9 }, (_, at) => `job-${at}`);
  const summary = summaryOf([{ guests: [] }, { guests: names }]);
  expect(summary).toContain(
    '0 guests at the start, 9 at the end. Came: job-0, job-1, job-2, job-3, job-4, job-5 and 3 more.',
  );
});
