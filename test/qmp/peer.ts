import { createServer, type Server, type Socket } from 'node:net';
import { MessageSplitter } from '../../src/collect/guests/monitors/qmp/splitter.ts';

/** How a peer may misbehave; `ok` is a healthy QEMU. */
export type Behaviour =
  | 'ok'
  /** Accepts and never greets, as a stopped QEMU or one with another client. */
  | 'silent'
  /** Greets and takes commands, and never answers them. */
  | 'deaf'
  /** Talks something else. */
  | 'garbage'
  /** Closes every connection at once. */
  | 'refuse'
  /** Sends half of its second answer and closes. */
  | 'die'
  /** Sends every message three bytes at a time. */
  | 'split'
  /** Sends JSON over many lines, as `-qmp-pretty` does. */
  | 'pretty'
  /** Sends an event before every answer. */
  | 'events';

export type Reply =
  | { readonly return: unknown }
  | { readonly error: { readonly class: string; readonly desc: string } };

interface Asked {
  readonly command: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What a peer answers to a command; a change takes effect with the next command. */
export interface Script {
  behaviour: Behaviour;
  /** Milliseconds before the greeting. */
  delay: number;
  replies: Record<string, Reply | ((args: Readonly<Record<string, unknown>>) => Reply)>;
}

export interface Peer {
  readonly script: Script;
  /** All commands so far, but for qmp_capabilities. */
  readonly asked: Asked[];
  /** How many there have been. */
  readonly connections: () => number;
  /** Those that are connected now, served or not. */
  readonly open: () => number;
  /** Commands that are taken and never answered. */
  readonly deafTo: Set<string>;
  readonly close: () => Promise<void>;
}

const greeting = {
  QMP: { version: { qemu: { micro: 22, minor: 2, major: 7 }, package: 'Debian 1:7.2+dfsg-7' }, capabilities: ['oob'] },
};

export const failure = (errorClass: string, desc: string): Reply => ({ error: { class: errorClass, desc } });

const absentDevice = failure('DeviceNotFound', "Device '/machine/peripheral/none' not found");

/** A guest with a balloon named `balloon0` and fresh statistics, as QEMU 7.2 answers. */
export const healthy = (
  name: string,
  stats: Record<string, unknown> = guestStats(1_700_000_000),
): Script['replies'] => ({
  'query-name': { return: { name } },
  'query-uuid': { return: { UUID: '00000000-0000-0000-0000-000000000000' } },
  'query-status': { return: { status: 'running', singlestep: false, running: true } },
  'query-balloon': { return: { actual: 268_435_456 } },
  'query-memory-size-summary': { return: { 'base-memory': 268_435_456, 'plugged-memory': 0 } },
  'query-memdev': {
    return: [
      { id: 'pc.ram', size: 268_435_456, merge: true, dump: true, prealloc: false, share: false, policy: 'default' },
    ],
  },
  'qom-list': args => ({
    return: args['path'] === '/machine/peripheral' ? [{ name: 'balloon0', type: 'child<virtio-balloon-pci>' }] : [],
  }),
  'qom-get': ({ path, property }) => {
    if (path !== '/machine/peripheral/balloon0') return absentDevice;
    if (property === 'guest-stats') return { return: stats };
    return { return: property === 'deflate-on-oom' ? true : 2 };
  },
});

export const guestStats = (lastUpdate: number, values: Record<string, number> = { 'stat-free-memory': 1000 }) => ({
  stats: values,
  'last-update': lastUpdate,
});

/** A QMP server on a unix socket (or on a loopback port) that serves one client at a time, as QEMU does. */
export const startPeer = async (address: string | number, replies: Script['replies']): Promise<Peer> => {
  const script: Script = { behaviour: 'ok', delay: 0, replies };
  const asked: Asked[] = [];
  const deafTo = new Set<string>();
  const sockets = new Set<Socket>();
  const waiting: Socket[] = [];
  let connections = 0;
  let served: Socket | undefined;

  const serve = (socket: Socket): void => {
    served = socket;
    if (script.behaviour === 'garbage') socket.write('SSH-2.0-OpenSSH_9.2p1\r\n');
    else if (script.behaviour !== 'silent') setTimeout(() => send(socket, script.behaviour, greeting), script.delay);
    const splitter = new MessageSplitter();
    socket.on('data', chunk => {
      for (const message of splitter.push(chunk as Buffer)) answer(socket, message);
    });
  };

  const answer = (socket: Socket, message: Record<string, unknown>): void => {
    const command = String(message['execute']);
    const args = (message['arguments'] ?? {}) as Record<string, unknown>;
    const id = message['id'];
    if (command === 'qmp_capabilities') {
      send(socket, script.behaviour, { return: {}, id });
      return;
    }
    asked.push({ command, args });
    if (script.behaviour === 'deaf' || deafTo.has(command)) return;
    const given = script.replies[command] ?? failure('CommandNotFound', `The command ${command} has not been found`);
    const reply = typeof given === 'function' ? given(args) : given;
    if (script.behaviour === 'die' && asked.length > 1) {
      socket.end(JSON.stringify({ ...reply, id }).slice(0, -4));
      return;
    }
    if (script.behaviour === 'events') {
      send(socket, 'ok', { event: 'BALLOON_CHANGE', data: { actual: 1 }, timestamp: { seconds: 1, microseconds: 2 } });
    }
    send(socket, script.behaviour, { ...reply, id });
  };

  const server: Server = createServer(socket => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      // One that left while it waited is nobody's turn.
      if (waiting.includes(socket)) waiting.splice(waiting.indexOf(socket), 1);
      if (served !== socket) return;
      served = undefined;
      const next = waiting.shift();
      if (next) serve(next);
    });
    if (script.behaviour === 'refuse') socket.destroy();
    else if (served) waiting.push(socket);
    else serve(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (typeof address === 'number') server.listen(address, '127.0.0.1', resolve);
    else server.listen(address, resolve);
  });
  return {
    script,
    asked,
    deafTo,
    connections: () => connections,
    open: () => sockets.size,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
};

const send = (socket: Socket, behaviour: Behaviour, message: unknown): void => {
  if (socket.destroyed) return;
  const text = JSON.stringify(message, undefined, behaviour === 'pretty' ? 4 : undefined) + '\r\n';
  if (behaviour !== 'split') {
    socket.write(text);
    return;
  }
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 3) socket.write(bytes.subarray(at, at + 3));
};
