import { Worker } from 'node:worker_threads';
import { bugOf } from '../errors.ts';
import type { Sample } from '../sample.ts';
import { DeltaEncoder } from './encoder.ts';
import type { Frame, RawFrame } from './frame.ts';
import type { Headline } from './headline.ts';
import type { TapeFrame } from './memory-tape.ts';
import { DamagedRecording, RecordingError, type TapeEvent } from './tape.ts';
import type { Answer, Order, WorkerInput } from './worker.ts';
import type { WriterOptions } from './write.ts';

export interface RecorderOptions extends WriterOptions {
  /** What was before it: of a memory tape, from its first on. */
  readonly frames?: Iterable<TapeFrame>;
  /** Called once, when the recording has ended by itself. */
  readonly onFailure?: (error: RecordingError) => void;
  /** Bytes that may wait for the disk; what comes beyond is dropped. */
  readonly queue?: number;
}

export interface RecorderStatus {
  /** From the first sample of this session to the newest. */
  readonly seconds: number;
  /** Of the file and its log, as of the last thing written. */
  readonly bytes: number;
  /** Of this session. */
  readonly samples: number;
  /** Samples that are missing because the disk took no more. */
  readonly dropped: number;
}

/** Tells on this thread what changed, in less than a millisecond; another one compresses and writes: neither holds up the screen. */
export interface Recorder {
  readonly status: RecorderStatus;
  /** Why it has ended; what comes after is not recorded. */
  readonly failure: RecordingError | undefined;
  append(sample: Sample, headline: Headline): void;
  /** The same of what a memory tape has encoded already: each frame of it, in turn. */
  follow(frame: TapeFrame): void;
  note(event: TapeEvent): void;
  /** Writes what is waiting, and closes the file. Never fails: see `failure`. */
  close(): Promise<void>;
}

/** A stuck disk is waited for that long when it ends, ms. */
const patience = 10_000;
/** Hours of a large host: longer than anybody leaves a disk stuck. */
const defaultQueue = 32 * 1024 * 1024;
/** What a message costs beside its data, about. */
const messageBytes = 1024;

/** worker.ts from sources; dist/recorder.js beside the bundle, which may be in a chunk. */
const workerUrl = (from: string): URL =>
  new URL(from.endsWith('.ts') ? './worker.ts' : from.includes('/chunks/') ? '../recorder.js' : './recorder.js', from);

class WorkerRecorder implements Recorder {
  readonly #worker: Worker;
  readonly #deltas = new DeltaEncoder();
  readonly #options: RecorderOptions;
  /** Bytes of each order that is not done yet, oldest first. */
  readonly #waiting: number[] = [0];
  /** Whether what was sent last is of the tape that it follows. */
  #follows = false;
  #queued = 0;
  #bytes = 0;
  #samples = 0;
  #dropped = 0;
  #began: number | undefined;
  #newest = 0;
  #failure: RecordingError | undefined;
  #closing = false;
  readonly opened: Promise<void>;
  #onOpened: (() => void) | undefined;
  readonly #ended: Promise<void>;

  constructor(path: string, options: RecorderOptions) {
    const { program, delay, boot, keep = {} } = options;
    const input: WorkerInput = { path, options: { program, delay, boot, keep } };
    this.#options = options;
    this.opened = new Promise(resolve => {
      this.#onOpened = resolve;
    });
    const worker = new Worker(workerUrl(import.meta.url), { workerData: input, execArgv: [] });
    this.#worker = worker;
    worker.on('message', (answer: Answer) => this.#hear(answer));
    worker.on('error', error => this.#fail(`the recorder has ended: ${bugOf(error)}`));
    this.#ended = new Promise(resolve => {
      worker.once('exit', () => {
        if (!this.#closing) this.#fail('the recorder ended by itself; record again');
        resolve();
      });
    });
    for (const frame of options.frames ?? []) this.follow(frame);
  }

  #hear(answer: Answer): void {
    if (answer.kind === 'failed') this.#fail(answer.message, answer.damaged);
    else if (answer.kind === 'done') {
      this.#queued -= this.#waiting.shift() ?? 0;
      this.#bytes = answer.bytes;
      if (answer.isFull) this.#deltas.restart();
    }
    this.#onOpened?.();
  }

  #fail(message: string, damaged = false): void {
    if (this.#failure) return;
    this.#failure = damaged ? new DamagedRecording(message) : new RecordingError(message);
    this.#onOpened?.();
    this.#options.onFailure?.(this.#failure);
  }

  #send(order: Order, bytes: number): void {
    this.#waiting.push(bytes);
    this.#queued += bytes;
    this.#worker.postMessage(order);
  }

  #append(frame: Frame | RawFrame, bytes: number, headline: Headline): void {
    this.#began ??= headline.time;
    this.#newest = headline.time;
    this.#samples += 1;
    this.#send({ kind: 'append', frame, headline }, bytes + messageBytes);
  }

  get #isFull(): boolean {
    return this.#queued > (this.#options.queue ?? defaultQueue);
  }

  get failure(): RecordingError | undefined {
    return this.#failure;
  }

  get status(): RecorderStatus {
    const seconds = Math.max(0, this.#newest - (this.#began ?? this.#newest));
    return { seconds, bytes: this.#bytes, samples: this.#samples, dropped: this.#dropped };
  }

  append(sample: Sample, headline: Headline): void {
    if (this.#failure || this.#closing) return;
    this.#follows = false;
    if (this.#isFull) {
      this.#dropped += 1;
      // What comes after can't build on it.
      this.#deltas.restart();
      return;
    }
    const raw = this.#deltas.next(sample);
    this.#append(raw, raw.length, headline);
  }

  follow(frame: TapeFrame): void {
    if (this.#failure || this.#closing) return;
    // After one that was dropped the others of its chain mean nothing.
    this.#follows = !this.#isFull && (frame.key || this.#follows);
    // And what is told of samples next can't build on those before it.
    this.#deltas.restart();
    if (this.#follows) this.#append({ key: frame.key, data: frame.data }, frame.data.length, frame.headline);
    else this.#dropped += 1;
  }

  note(event: TapeEvent): void {
    if (this.#failure || this.#closing || this.#isFull) return;
    this.#send({ kind: 'note', event }, messageBytes);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#worker.postMessage({ kind: 'close' } satisfies Order);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>(resolve => {
      timer = setTimeout(() => {
        this.#fail(`the disk did not take the end of the recording within ${patience / 1000} s: check it`);
        this.#worker.unref();
        resolve();
      }, patience);
    });
    await Promise.race([this.#ended, late]);
    clearTimeout(timer);
  }
}

/** Begins to record into a new file, or after what an existing recording has. @throws RecordingError when that can't be done */
export const startRecorder = async (path: string, options: RecorderOptions): Promise<Recorder> => {
  const recorder = new WorkerRecorder(path, options);
  await recorder.opened;
  if (recorder.failure) throw recorder.failure;
  return recorder;
};
