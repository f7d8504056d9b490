import { createConnection, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { errorOf } from '../../../../errors.ts';
import { record, text } from '../../../../vmm/answers.ts';
import type { Answer } from '../../../../vmm/qemu/answer.ts';
import { MonitorError } from '../../../../vmm/trouble.ts';
import type { Target } from '../contract.ts';
import { MessageSplitter } from './splitter.ts';

export interface Command {
  readonly command: string;
  readonly args?: Readonly<Record<string, unknown>> | undefined;
}

export interface Connection {
  /** QEMU's version from its greeting, such as `7.2.22`. */
  readonly version: string | undefined;
  /** Sends all in one piece; the answers are in the same order. Fails with a MonitorError, but for a bug of kvmtop's own. */
  ask(commands: readonly Command[]): Promise<Answer[]>;
  close(): void;
}

export interface Limits {
  /** Milliseconds until the greeting. */
  readonly greeting: number;
  /** Milliseconds until everything has been answered, from the connect on. */
  readonly total: number;
  /** Ends the connection early. */
  readonly signal?: AbortSignal;
}

/** Characters of why QEMU refused something. */
const longestReason = 1024;

const closedHere = 'the connection was closed here';
const busyReason = 'another client holds its monitor, or QEMU does not answer';

/** QEMU serves one client and lets two wait; the next is turned away at once. */
class QueueFull extends MonitorError {
  constructor() {
    super('busy', busyReason);
  }
}

/** Milliseconds until one that was turned away tries again: a round of another kvmtop takes some 4. Never in step with others. */
const turn = (): number => 5 + 20 * Math.random();

/**
 * Connects and waits for the greeting; the first question goes out together with the capabilities' negotiation. The
 * socket serves one client, so `close` as soon as possible, and wait in turn where others wait already.
 */
export const connectMonitor = async (target: Target, limits: Limits): Promise<Connection> => {
  const until = performance.now() + limits.greeting;
  for (;;) {
    const connection = new QmpConnection(target, { ...limits, greeting: Math.max(1, until - performance.now()) });
    try {
      await connection.greeted;
      return connection;
    } catch (error) {
      connection.close();
      const pause = turn();
      if (!(error instanceof QueueFull) || performance.now() + pause > until || limits.signal?.aborted) throw error;
      await delay(pause);
    }
  }
};

/** `what`: the thing that was connected to, in words. */
export const connectError = (error: NodeJS.ErrnoException, what = 'monitor'): MonitorError => {
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
      return new MonitorError('denied', `no privilege to connect to its ${what}; run kvmtop as root`);
    case 'EAGAIN':
      return new QueueFull();
    case 'ENOENT':
    case 'ENOTDIR':
      return new MonitorError('absent', `its ${what} socket is not there`);
    case 'ECONNREFUSED':
    case 'ENOTSOCK':
      return new MonitorError('absent', `nobody listens on its ${what} socket`);
    default:
      return new MonitorError('closed', `its ${what}'s connection failed (${error.code ?? error.message})`);
  }
};

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** Every connection reads into this: what came is taken at once, and what is incomplete is copied. */
const received = Buffer.allocUnsafe(64 * 1024);

class QmpConnection implements Connection {
  version: string | undefined;
  readonly greeted: Promise<void>;
  readonly #socket: Socket;
  readonly #splitter = new MessageSplitter();
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #negotiated = false;
  #greet: Waiting | undefined;
  #ended = false;
  #failure: Error | undefined;
  readonly #timers: NodeJS.Timeout[];
  readonly #signal: AbortSignal | undefined;

  constructor(target: Target, limits: Limits) {
    // Reading into one buffer, past the stream, takes half of the time of a round.
    const onread = { buffer: received, callback: (length: number) => this.#receive(received.subarray(0, length)) };
    this.#socket = createConnection({ ...target, onread });
    this.#signal = limits.signal;
    this.greeted = new Promise((resolve, reject) => {
      this.#greet = { resolve: () => resolve(), reject };
    });
    const late = () => this.#fail(new MonitorError('busy', busyReason));
    this.#timers = [setTimeout(() => this.#greet && late(), limits.greeting), setTimeout(late, limits.total)];
    this.#socket.on('error', error => this.#fail(connectError(error)));
    this.#socket.on('close', () => {
      // After every round: an error that nobody needs costs a stack trace.
      if (!this.#ended) this.#fail(new MonitorError('closed', 'its monitor closed the connection'));
    });
    limits.signal?.addEventListener('abort', this.#abort);
    if (limits.signal?.aborted) this.#abort();
  }

  ask(commands: readonly Command[]): Promise<Answer[]> {
    if (this.#ended) return Promise.reject(this.#failure ?? new MonitorError('closed', closedHere));
    let text = '';
    const put = ({ command, args }: Command): Promise<Answer> => {
      this.#lastId += 1;
      const id = this.#lastId;
      text += JSON.stringify({ execute: command, ...(args ? { arguments: args } : {}), id }) + '\n';
      return new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
      });
    };
    if (!this.#negotiated) {
      this.#negotiated = true;
      put({ command: 'qmp_capabilities' }).then(
        answer => {
          if (!answer.ok) this.#fail(new MonitorError('garbage', `it refused qmp_capabilities: ${answer.message}`));
        },
        // The questions that went with it fail for the same reason.
        () => {},
      );
    }
    const answers = Promise.all(commands.map(put));
    this.#socket.write(text);
    return answers;
  }

  close(): void {
    this.#end();
    if (this.#greet || this.#waiting.size > 0) this.#rejectAll(new MonitorError('closed', closedHere));
  }

  readonly #abort = () => this.#fail(new MonitorError('closed', 'kvmtop is ending'));

  #fail(error: Error): void {
    if (this.#ended) return;
    this.#end();
    this.#failure = error;
    this.#rejectAll(error);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#socket.destroy();
  }

  #rejectAll(error: Error): void {
    this.#greet?.reject(error);
    this.#greet = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  /** Gives whether to read on. */
  #receive(chunk: Buffer): boolean {
    try {
      for (const message of this.#splitter.push(chunk)) this.#take(message);
    } catch (error) {
      this.#fail(errorOf(error));
    }
    return !this.#ended;
  }

  #take(message: Record<string, unknown>): void {
    if (this.#ended) return;
    if (this.#greet) {
      if (!('QMP' in message)) throw new MonitorError('garbage', 'it does not greet as QMP does');
      this.version = versionOf(message['QMP']);
      this.#greet.resolve({ ok: true, value: undefined });
      this.#greet = undefined;
      return;
    }
    if ('event' in message) return;
    const id = message['id'];
    const waiting = typeof id === 'number' ? this.#waiting.get(id) : undefined;
    if (!waiting) throw new MonitorError('garbage', 'it answered what was not asked');
    this.#waiting.delete(id as number);
    if ('return' in message) {
      waiting.resolve({ ok: true, value: message['return'] });
      return;
    }
    const error = record(message['error']);
    waiting.resolve({
      ok: false,
      errorClass: text(error['class']) ?? 'of no class',
      message: text(error['desc'], longestReason) ?? 'it gave no reason',
    });
  }
}

const versionOf = (greeting: unknown): string | undefined => {
  const parts = (greeting as { version?: { qemu?: Record<string, unknown> } } | null)?.version?.qemu;
  const numbers = [parts?.['major'], parts?.['minor'], parts?.['micro']];
  return numbers.every(number => Number.isInteger(number)) ? numbers.join('.') : undefined;
};
