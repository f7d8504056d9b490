import { parseAnswer } from '../../../../vmm/answers.ts';
import type { Reply } from '../../../../vmm/dialect.ts';
import { MonitorError } from '../../../../vmm/trouble.ts';
import { connected, type Target, type Way } from '../contract.ts';
import { connectError } from '../qmp/qmp.ts';

/** JSON over HTTP on a unix socket, as Firecracker and Cloud Hypervisor speak it. */

export interface Question {
  readonly method: 'GET' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

/**
 * Loaded by the first guest that speaks HTTP, and not as a module: importing node:http touches all that it exports, and
 * with it a whole fetch, which takes 50 ms of every start.
 */
const requester = () => process.getBuiltinModule('node:http').request;

/** The longest answer that is believed; Cloud Hypervisor's vm.info has some ten kB a device. */
const longest = 1024 * 1024;

interface Limits {
  /** By `performance.now()`. */
  readonly deadline: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/**
 * One call on a connection of its own.
 * @throws MonitorError only.
 */
export const ask = (way: Way, question: Question, limits: Limits): Promise<Reply> =>
  connected(way, limits.deadline, ({ target }) => call(target, question, limits));

const call = (target: Target, question: Question, { deadline, signal }: Limits): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const body = question.body === undefined ? undefined : JSON.stringify(question.body);
    const request = requester()({
      ...('path' in target ? { socketPath: target.path } : target),
      method: question.method,
      path: question.path,
      agent: false,
      headers: {
        Host: 'localhost',
        Accept: 'application/json',
        ...(body === undefined
          ? {}
          : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
      },
    });
    const end = (error: MonitorError): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      request.destroy();
      reject(error);
    };
    const abort = (): void => end(new MonitorError('closed', 'kvmtop is ending'));
    const late = (): void => end(new MonitorError('busy', 'its API does not answer'));
    const timer = setTimeout(late, Math.max(0, deadline - performance.now()));
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    request.on('error', error => end(troubleOf(error)));
    request.on('response', response => {
      const parts: Buffer[] = [];
      let length = 0;
      response.on('data', (part: Buffer) => {
        length += part.length;
        if (length > longest) end(new MonitorError('garbage', 'its API sent an answer without end'));
        else parts.push(part);
      });
      response.on('error', error => end(troubleOf(error)));
      response.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        try {
          const value: unknown = text.trim() === '' ? undefined : parseAnswer(text);
          clearTimeout(timer);
          signal.removeEventListener('abort', abort);
          resolve({ status: response.statusCode ?? 0, value });
        } catch {
          end(new MonitorError('garbage', 'its API sent broken JSON'));
        }
      });
    });
    request.end(body);
  });

const troubleOf = (error: NodeJS.ErrnoException): MonitorError => {
  if (error.code?.startsWith('HPE_')) return new MonitorError('garbage', 'its API does not speak HTTP');
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE')
    return new MonitorError('closed', 'its API closed the connection');
  return connectError(error, 'API');
};
