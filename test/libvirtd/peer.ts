import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { XdrReader, type XdrWriter } from '../../src/collect/guests/monitors/libvirt/rpc/xdr.ts';
import { domainOf, errorOf, eventOf, parametersOf, replyOf, statsOf } from './messages.ts';

/** How a whole libvirtd may misbehave. */
export type Behaviour =
  | 'ok'
  /** Takes everything and answers nothing, as one that is stopped. */
  | 'silent'
  /** Answers with what is no message. */
  | 'garbage'
  /** Announces a message of 100 MB. */
  | 'oversized'
  /** Answers what nobody asked. */
  | 'stray'
  /** Answers by messages whose bodies end too soon. */
  | 'short'
  /** Sends one byte at a time. */
  | 'split';

interface Refusal {
  readonly error: number;
  readonly text: string;
}
type Asked = 'stats' | 'xml' | 'job';
/** What it answers to a question about one domain: that, or an error. */
type Reply<Answer> = Answer | Refusal;

const isRefusal = (reply: unknown): reply is Refusal => typeof reply === 'object' && reply !== null && 'error' in reply;

export interface Domain {
  readonly stats: Reply<Readonly<Record<string, number>>>;
  readonly xml?: Reply<string>;
  readonly job?: Reply<{ readonly type: number; readonly values?: Readonly<Record<string, number>> }>;
  /** Its QEMU does not answer: who asks for its statistics waits, and who asks meanwhile is told its state alone. */
  readonly hangs?: boolean;
}

export interface Libvirtd {
  /** From now on; one that is no longer silent answers all that came meanwhile. */
  readonly behave: (behaviour: Behaviour) => void;
  /** remote_auth_type. */
  auth: readonly number[];
  /** Says no to polkit's question. */
  polkitRefuses: boolean;
  /** By UUID. Those that no longer hang are answered once they are replaced by `play`. */
  readonly play: (domains: Readonly<Record<string, Domain>>) => void;
  /** `stats UUID`, `xml UUID` or `job UUID`, as they came. */
  readonly asked: string[];
  /** What was opened, and how: `qemu:///system 1`. */
  readonly opened: string[];
  readonly connections: () => number;
  /** Those that are connected now. */
  readonly open: () => number;
  /** How many questions it has at most had to answer at once, of one client. */
  readonly most: () => number;
  /** Tells everybody; by the number of the event's procedure. */
  readonly tell: (procedure: number, uuid: string) => void;
  /** As when the daemon ends. */
  readonly stop: () => Promise<void>;
  /** As when it is there again. */
  readonly start: () => Promise<void>;
}

const withheld = ['state.state', 'state.reason', 'balloon.current', 'balloon.maximum'];
/** max_client_requests: it reads no more of a client that has so many unanswered. */
const atOnce = 5;

interface Client {
  readonly socket: Socket;
  buffer: Buffer;
  running: number;
}

interface Question {
  readonly client: Client;
  readonly procedure: number;
  readonly serial: number;
}
type Write = (writer: XdrWriter) => unknown;

const uuidOf = (bytes: Buffer): string => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

/** A libvirtd that answers as the script says: all of its clients on one socket, as the real one does. */
export const startLibvirtd = async (path: string): Promise<Libvirtd> => {
  let domains: Readonly<Record<string, Domain>> = {};
  let server: Server | undefined;
  let behaviour: Behaviour = 'ok';
  let connections = 0;
  let most = 0;
  const clients = new Set<Client>();
  /** Of domains whose QEMU hangs, those that wait for it. */
  const stuck = new Map<string, () => void>();

  const send = ({ client, procedure, serial }: Question, write: Write): void => {
    const { socket } = client;
    const message = replyOf(serial, write, procedure);
    switch (behaviour) {
      case 'garbage':
        socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
        return;
      case 'oversized':
        socket.write(Buffer.from('05f5e100', 'hex'));
        return;
      case 'stray':
        socket.write(replyOf(serial + 1000, write, procedure));
        return;
      case 'short':
        socket.write(replyOf(serial, writer => writer.int(1), procedure));
        return;
      case 'split':
        for (const byte of message) socket.write(Buffer.from([byte]));
        return;
      default:
        socket.write(message);
    }
  };
  const refuse = ({ client, procedure, serial }: Question, { error, text }: Refusal): void => {
    client.socket.write(errorOf(serial, error, text, procedure));
  };
  const finish = ({ client }: Question): void => {
    client.running -= 1;
    read(client);
  };

  const numbers = (given: object): Map<string, number> => new Map(Object.entries(given));
  const answerOf = (what: Asked, uuid: string, { stats, xml = '<domain></domain>', job = { type: 0 } }: Domain) => {
    const reply: Reply<string | object> = { stats, xml, job }[what];
    if (isRefusal(reply)) return reply;
    return (writer: XdrWriter) => {
      if (typeof reply === 'string') writer.string(reply);
      else if (what === 'stats') statsOf(writer, uuid, numbers(reply));
      else parametersOf(writer.int(Object(reply).type), numbers(Object(reply).values ?? {}));
    };
  };

  /** What is asked about one domain. */
  const answerFor = (question: Question, what: Asked, uuid: string): void => {
    peer.asked.push(`${what} ${uuid}`);
    const domain = domains[uuid];
    if (what === 'stats' && domain?.hangs && !stuck.has(uuid)) {
      stuck.set(uuid, () => answerFor(question, what, uuid));
      return;
    }
    if (question.client.socket.writable) {
      const known = Object.entries(domain?.stats ?? {}).filter(([name]) => withheld.includes(name));
      const reply =
        domain && answerOf(what, uuid, domain.hangs ? { ...domain, stats: Object.fromEntries(known) } : domain);
      if (reply === undefined && what === 'stats') send(question, writer => writer.int(0));
      else if (reply === undefined) refuse(question, { error: 42, text: `Domain not found: ${uuid}` });
      else if (typeof reply === 'function') send(question, reply);
      else refuse(question, reply);
    }
    finish(question);
  };

  const uuidIn = (reader: XdrReader): string => {
    reader.string();
    return uuidOf(reader.fixed(16));
  };

  /** What is asked of the whole; `undefined` for what it does not know. */
  const wholeAnswer = (procedure: number, body: XdrReader): Write | Refusal | undefined => {
    switch (procedure) {
      case 1: {
        const name = body.optional(() => body.string()) ?? '';
        peer.opened.push(`${name} ${body.uint()}`);
        return () => undefined;
      }
      // The UUID that virsh asks for, and the features that it would like.
      case 24: {
        const uuid = uuidOf(body.fixed(16));
        return writer => domainOf(writer, uuid);
      }
      case 60:
        return writer => writer.int(0);
      case 66:
        return writer => writer.list(peer.auth, kind => writer.int(kind));
      case 70:
        return peer.polkitRefuses
          ? { error: 45, text: 'authentication failed: polkit: not authorized' }
          : writer => writer.int(1);
      case 157:
        return writer => writer.hyper(9_000_000n);
      case 316:
        return writer => writer.int(0);
      default:
        return undefined;
    }
  };

  const take = (question: Question, body: XdrReader): void => {
    const { client, procedure } = question;
    client.running += 1;
    most = Math.max(most, client.running);
    const what = ({ 14: 'xml', 298: 'job', 344: 'stats' } as const)[procedure];
    if (what) {
      if (what === 'stats') body.uint();
      answerFor(question, what, uuidIn(body));
      return;
    }
    const reply = wholeAnswer(procedure, body) ?? { error: 3, text: `no procedure ${procedure}` };
    if (typeof reply === 'function') send(question, reply);
    else refuse(question, reply);
    finish(question);
  };

  const read = (client: Client): void => {
    while (behaviour !== 'silent' && client.running < atOnce && client.buffer.length >= 28) {
      const length = client.buffer.readUInt32BE(0);
      if (client.buffer.length < length) return;
      const message = client.buffer.subarray(4, length);
      client.buffer = client.buffer.subarray(length);
      take(
        { client, procedure: message.readInt32BE(8), serial: message.readUInt32BE(16) },
        new XdrReader(message.subarray(24)),
      );
    }
  };

  const start = async (): Promise<void> => {
    rmSync(path, { force: true });
    server = createServer(socket => {
      connections += 1;
      const client: Client = { socket, buffer: Buffer.alloc(0), running: 0 };
      clients.add(client);
      socket.on('data', chunk => {
        client.buffer = Buffer.concat([client.buffer, chunk]);
        read(client);
      });
      socket.on('error', () => undefined);
      socket.on('close', () => clients.delete(client));
    });
    await new Promise<void>(resolve => server?.listen(path, resolve));
  };
  const stop = async (): Promise<void> => {
    for (const { socket } of clients) socket.destroy();
    stuck.clear();
    const ended = new Promise(resolve => (server ? server.close(resolve) : resolve(undefined)));
    server = undefined;
    await ended;
    rmSync(path, { force: true });
  };

  const peer: Libvirtd = {
    behave: next => {
      behaviour = next;
      for (const client of clients) read(client);
    },
    auth: [0],
    polkitRefuses: false,
    play: next => {
      domains = next;
      const answered = [...stuck].filter(([uuid]) => !next[uuid]?.hangs);
      for (const [uuid, again] of answered) {
        stuck.delete(uuid);
        again();
      }
    },
    asked: [],
    opened: [],
    connections: () => connections,
    open: () => clients.size,
    most: () => most,
    tell: (procedure, uuid) => {
      for (const { socket } of clients) socket.write(eventOf(procedure, uuid));
    },
    stop,
    start,
  };
  await start();
  return peer;
};
