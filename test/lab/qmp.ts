import { connect } from 'node:net';

/** What QEMU answered with `error`; `kind` is its class, such as `DeviceNotActive`. */
class QmpError extends Error {
  readonly kind: string;
  constructor(kind: string, description: string) {
    super(`${kind}: ${description}`);
    this.kind = kind;
  }
}

interface Message {
  readonly QMP?: unknown;
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
}

// biome-ignore lint/suspicious/noExplicitAny: QEMU's answers have no type of ours, and a test reads into them at once.
export type Answer = any;

/**
 * One QMP command on a connection of its own: greeting, capabilities, command, close. The tests' oracle, so it shares
 * nothing with the client under test. QEMU serves one client at a time: it waits for its turn.
 * Rejects with `QmpError` when QEMU refuses, and with an `Error` when it does not answer in time.
 */
export const qmp = async (path: string, command: string, args: object = {}, limit = 10_000): Promise<Answer> => {
  const deadline = Date.now() + limit;
  for (;;) {
    try {
      return await once(path, command, args, deadline - Date.now());
    } catch (error) {
      // No room in the queue, or no QEMU yet.
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (!['EAGAIN', 'ENOENT', 'ECONNREFUSED'].includes(code) || Date.now() + 50 > deadline) throw error;
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }
};

const once = (path: string, command: string, args: object, limit: number): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const socket = connect(path);
    const timer = setTimeout(() => fail(new Error(`${command}: no answer on ${path} in time`)), limit);
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
    };
    const fail = (error: Error) => {
      end();
      reject(error);
    };
    let text = '';
    let answers = 0;
    const take = ({ QMP, return: value, error }: Message) => {
      if (QMP) {
        socket.write(`{"execute":"qmp_capabilities"}${JSON.stringify({ execute: command, arguments: args })}`);
      } else if (error) {
        fail(new QmpError(error.class, error.desc));
      } else if (value !== undefined && ++answers === 2) {
        end();
        resolve(value);
      }
    };
    socket.setEncoding('utf8');
    socket.on('data', chunk => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) take(JSON.parse(line));
    });
    socket.on('error', fail);
    socket.on('close', () => fail(new Error(`${command}: QEMU closed ${path} before it answered`)));
  });
