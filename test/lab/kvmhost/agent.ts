/**
 * `node agent.js PORT`: the agent in the KVM host, on a port of virtio-serial. It runs commands and starts guests there, with
 * the lab's own `startGuest`, so that a guest in the host is asked as one of the lab is.
 */
import { spawn } from 'node:child_process';
import { openSync, read, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { errorOf } from '../../../src/errors.ts';
import { type Guest, startGuest } from '../guest.ts';
import type { Answered, Asked, Ran, Started } from './protocol.ts';

const guests = new Map<number, Guest>();

const shell = (command: string): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', text => {
        said[name] += text;
      });
    }
    child.once('error', reject);
    child.once('close', code => resolve({ code: code ?? -1, ...said }));
  });

const start = async (options: Parameters<typeof startGuest>[0]): Promise<Started> => {
  const guest = await startGuest(options);
  guests.set(guest.pid, guest);
  const { pid, qmpPath, size } = guest;
  return { pid, qmpPath, size };
};

const answer = async (asked: Asked): Promise<unknown> => {
  switch (asked.ask) {
    case 'shell':
      return shell(asked.command);
    case 'start':
      return start(asked.options);
    case 'guest': {
      const guest = guests.get(asked.pid);
      if (!guest) throw new Error(`no guest ${asked.pid} was started`);
      const call: (...words: never[]) => unknown = guest[asked.call];
      return call(...(asked.words as never[]));
    }
  }
};

const port = openSync(process.argv[2] ?? '', 'r+');
const say = (said: Answered): void => {
  const bytes = Buffer.from(`${JSON.stringify(said)}\n`);
  for (let sent = 0; sent < bytes.length; ) sent += writeSync(port, bytes, sent);
};
const take = async (line: string): Promise<void> => {
  const asked: Asked = JSON.parse(line);
  try {
    say({ id: asked.id, value: (await answer(asked)) ?? null });
  } catch (error) {
    say({ id: asked.id, error: errorOf(error).message });
  }
};

const readPort = promisify(read);
let held = Buffer.alloc(0);
say({ id: 0, value: 'here' });
for (;;) {
  const { bytesRead, buffer } = await readPort(port, Buffer.alloc(64 * 1024), 0, 64 * 1024, null);
  // Nobody is at the other end, which is also told for a moment while somebody comes.
  if (bytesRead === 0) await delay(20);
  held = Buffer.concat([held, buffer.subarray(0, bytesRead)]);
  for (let end = held.indexOf(10); end >= 0; end = held.indexOf(10)) {
    void take(held.toString('utf8', 0, end));
    held = held.subarray(end + 1);
  }
}
