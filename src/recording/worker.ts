import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Compressor } from './encoder.ts';
import type { Frame, RawFrame } from './frame.ts';
import type { Headline } from './headline.ts';
import { chainBytes } from './ring.ts';
import { DamagedRecording, RecordingError, type TapeEvent } from './tape.ts';
import { openWriter, type Writer, type WriterOptions } from './write.ts';

/** The thread that writes for a recorder: what blocks on a slow disk. It tells of each order when it has done it. */

export type Order =
  /** Compressed, or as it is. */
  | { readonly kind: 'append'; readonly frame: Frame | RawFrame; readonly headline: Headline }
  | { readonly kind: 'note'; readonly event: TapeEvent }
  | { readonly kind: 'close' };

export type Answer =
  /** What an order, or opening the file, has led to; `isFull`: a chain should end. */
  | { readonly kind: 'done'; readonly bytes: number; readonly isFull: boolean }
  | { readonly kind: 'closed' }
  /** The message of a RecordingError. Nothing more is written. */
  | { readonly kind: 'failed'; readonly message: string; readonly damaged: boolean };

export interface WorkerInput {
  readonly path: string;
  readonly options: WriterOptions;
}

const isCompressed = (frame: Frame | RawFrame): frame is Frame => typeof frame === 'object' && 'data' in frame;

/** Does the orders that come through a port, in turn, until one fails or closes. */
export const serve = (port: MessagePort, { path, options }: WorkerInput): void => {
  const answer = (one: Answer): void => port.postMessage(one);
  const compressor = new Compressor(chainBytes(options.keep ?? {}));
  let writer: Writer | undefined;
  let hasFailed = false;
  const attempt = (work: () => Answer): void => {
    // Orders that were under way when it did.
    if (hasFailed) return;
    try {
      answer(work());
    } catch (error) {
      // A bug ends the thread, and its recorder tells of that.
      if (!(error instanceof RecordingError)) throw error;
      hasFailed = true;
      answer({ kind: 'failed', message: error.message, damaged: error instanceof DamagedRecording });
      port.close();
      writer?.close();
    }
  };
  attempt(() => {
    writer = openWriter(path, options);
    return { kind: 'done', bytes: writer.bytes, isFull: false };
  });
  if (!writer) return;
  const open = writer;
  port.on('message', (order: Order) =>
    attempt(() => {
      if (order.kind === 'close') {
        open.close();
        port.close();
        return { kind: 'closed' };
      }
      if (order.kind === 'append')
        open.append(isCompressed(order.frame) ? order.frame : compressor.compress(order.frame), order.headline);
      else open.note(order.event);
      return { kind: 'done', bytes: open.bytes, isFull: order.kind === 'append' && compressor.isFull };
    }),
  );
};

if (parentPort) serve(parentPort, workerData as WorkerInput);
