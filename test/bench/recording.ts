import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { recordable } from '../../src/fields/needs.ts';
import { derive } from '../../src/model.ts';
import { type Headline, headlineOf } from '../../src/recording/headline.ts';
import { openRecording } from '../../src/recording/read.ts';
import { startRecorder } from '../../src/recording/recorder.ts';
import { openWriter } from '../../src/recording/write.ts';
import { Root } from '../../src/root.ts';
import type { Sample } from '../../src/sample.ts';
import { createLiveSource } from '../../src/source/live.ts';
import { startCrowd } from './crowd.ts';
import { median, pause } from './measure.ts';

const guests = 50;
/** As long as kvmtop and atop record side by side; a chain of samples is 128 long. */
const seconds = 128;
const day = 86_400;
const seeks = 300;

export interface RecordingCost {
  readonly guests: number;
  readonly seconds: number;
  /** Bytes a sample: kvmtop's file without what an empty one has, and atop's. */
  readonly kvmtop: number;
  readonly atop: number;
  /** Milliseconds of the main loop for one sample. */
  readonly append: { readonly median: number; readonly mean: number; readonly most: number };
  /** A day at one sample a second: bytes of the file, and milliseconds until any moment of it is there. */
  readonly day: { readonly bytes: number; readonly seek: { readonly median: number; readonly most: number } };
}

const session = { program: 'bench', delay: 1 };

interface Recorded {
  readonly samples: readonly Sample[];
  readonly headlines: readonly Headline[];
  /** Milliseconds of each `append`. */
  readonly appends: readonly number[];
}

/** What `kvmtop record` does, in this process so that it can be timed. */
const recordFor = async (path: string): Promise<Recorded> => {
  const source = createLiveSource(new Root('/'));
  const recorder = await startRecorder(path, session);
  const samples: Sample[] = [];
  const headlines: Headline[] = [];
  const appends: number[] = [];
  try {
    for (let due = performance.now(); samples.length < seconds; due += 1000) {
      await pause(Math.max(0, due - performance.now()));
      const sample = await source.look(recordable);
      const headline = headlineOf(derive(samples.at(-1), sample));
      const start = performance.now();
      recorder.append(sample, headline);
      appends.push(performance.now() - start);
      samples.push(sample);
      headlines.push(headline);
    }
  } finally {
    await recorder.close();
    await source.close();
  }
  if (recorder.failure) throw recorder.failure;
  const known = samples.at(-1)?.guests.filter(({ monitor }) => monitor.state === 'ok').length;
  if (known !== guests) throw new Error(`${known} of ${guests} guests answered: this measures nothing`);
  return { samples, headlines, appends };
};

/** The same samples again and again, forth and back so that nothing jumps, in a file of one day. */
const makeDay = (path: string, { samples, headlines }: Recorded): void => {
  const writer = openWriter(path, session);
  const start = samples[0]?.time ?? 0;
  const around = (samples.length - 1) * 2;
  for (let second = 0; second < day; second += 1) {
    const turn = second % around;
    const at = Math.min(turn, around - turn);
    const sample = { ...(samples[at] as Sample), time: start + second, monotonic: second };
    writer.append(sample, { ...headlines[at], time: sample.time });
  }
  writer.close();
};

/** Milliseconds until the sample of a moment is there, each of another chain than the one before. */
const seekTimes = (path: string): readonly number[] => {
  const recording = openRecording(path);
  try {
    const start = recording.headlines(recording.first, recording.first)[0]?.time ?? 0;
    // As a replay does, which shows the first one before anybody can ask for another.
    recording.sample(recording.first);
    // Strides of a prime number of seconds come by every part of a chain.
    return Array.from({ length: seeks }, (_, index) => {
      const moment = start + ((index * 26_393) % day);
      const began = performance.now();
      const sample = recording.sample(recording.find(moment));
      const time = performance.now() - began;
      if (Math.abs(sample.time - moment) > 1) throw new Error(`asked for ${moment}, got ${sample.time}`);
      return time;
    });
  } finally {
    recording.close();
  }
};

/** (d) What a recording costs, against atop's of the same processes at the same time. */
export const measureRecording = async (folder: string, tell: (line: string) => void): Promise<RecordingCost> => {
  const at = (name: string): string => join(folder, name);
  const crowd = await startCrowd(folder, guests, true);
  let recorded: Recorded;
  try {
    tell(`kvmtop and atop record ${guests} guests for ${seconds} s`);
    const atop = spawn('atop', ['-w', at('atop.raw'), '1', String(seconds)], { stdio: 'ignore' });
    const ended = once(atop, 'exit');
    recorded = await recordFor(at('short.kvmtop'));
    await ended;
  } finally {
    await crowd.end();
  }
  openWriter(at('empty.kvmtop'), session).close();
  const size = (name: string): number => statSync(at(name)).size;
  tell('a day of it');
  makeDay(at('day.kvmtop'), recorded);
  const times = seekTimes(at('day.kvmtop'));
  return {
    guests,
    seconds,
    kvmtop: (size('short.kvmtop') - size('empty.kvmtop')) / seconds,
    atop: size('atop.raw') / seconds,
    append: {
      median: median(recorded.appends),
      mean: recorded.appends.reduce((sum, one) => sum + one, 0) / recorded.appends.length,
      most: Math.max(...recorded.appends),
    },
    day: { bytes: size('day.kvmtop'), seek: { median: median(times), most: Math.max(...times) } },
  };
};
