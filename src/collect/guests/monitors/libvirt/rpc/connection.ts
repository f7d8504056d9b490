import { connect, type Socket } from 'node:net';
import { errorOf } from '../../../../../errors.ts';
import { safe } from '../../../../../text.ts';
import { closedHere, denied, LibvirtError, unreachable } from '../errors.ts';
import type { Address } from './address.ts';
import { callOf, type Message, MessageReader, pongMessage } from './messages.ts';
import { auth, callFor, type DomainEvent, procedures, readAuthList, readEvent } from './procedures.ts';
import { XdrError, type XdrReader } from './xdr.ts';

/** Hears nothing more after `ended`. */
export interface ConnectionListener {
  /** It may be asked now. `events`: whether it will tell any. */
  readonly opened: (events: boolean) => void;
  /** Something came, whatever it was. */
  readonly heard: () => void;
  readonly event: (event: DomainEvent) => void;
  readonly ended: (error: LibvirtError) => void;
}

interface Call {
  readonly take: (body: XdrReader) => void;
  readonly fail: (error: Error) => void;
}

/** VIR_ERR_NO_DOMAIN, and those of missing privilege: AUTH_FAILED, AUTH_CANCELLED, AUTH_UNAVAILABLE, ACCESS_DENIED. */
const noDomain = 42;
const noPrivilege = [45, 79, 80, 88];

/** One connection to a libvirtd, read-only. What comes on it that is no answer ends it. */
export class Connection {
  readonly #uri: string;
  readonly #path: string;
  readonly #listener: ConnectionListener;
  readonly #socket: Socket;
  readonly #reader = new MessageReader();
  readonly #calls = new Map<number, Call>();
  #serial = 0;
  #corked = false;
  #over = false;

  constructor(uri: string, { path, name }: Address, listener: ConnectionListener) {
    this.#uri = uri;
    this.#path = path;
    this.#listener = listener;
    this.#socket = connect({ path });
    this.#socket.on('data', chunk => this.#receive(chunk));
    this.#socket.once('error', (error: NodeJS.ErrnoException) => this.#end(this.#errorOf(error)));
    this.#socket.once('close', () => this.#end(unreachable(uri, ` (${safe(path)} was closed)`)));
    this.#open(name).catch((error: unknown) =>
      this.#end(error instanceof LibvirtError ? error : unreachable(uri, ` (${safe(errorOf(error).message)})`)),
    );
  }

  /** Resolves with what `read` makes of the answer; fails with a LibvirtError, or as `read` does. */
  call<Value>(procedure: number, body: Uint8Array, read: (body: XdrReader) => Value): Promise<Value> {
    if (this.#over) return Promise.reject(closedHere());
    return new Promise((resolve, reject) => {
      this.#serial = (this.#serial + 1) >>> 0;
      this.#calls.set(this.#serial, { take: reader => resolve(read(reader)), fail: reject });
      this.#write(callOf(procedure, this.#serial, body));
    });
  }

  close(error: LibvirtError = closedHere()): void {
    this.#over = true;
    this.#socket.destroy();
    for (const { fail } of this.#calls.values()) fail(error);
    this.#calls.clear();
  }

  /** Who we are, whom we want, and what we would like to be told. */
  async #open(name: string): Promise<void> {
    const ways = await this.call(procedures.authList, callFor.authList(), readAuthList);
    if (!ways.includes(auth.none) && ways.includes(auth.polkit))
      await this.call(procedures.authPolkit, callFor.authPolkit(), () => undefined);
    else if (ways.includes(auth.sasl) && !ways.includes(auth.none))
      throw denied(this.#uri, ' (it wants a password by SASL, which kvmtop has none of)');
    await this.call(procedures.open, callFor.open(name), () => undefined);
    const events = callFor
      .registerEvents()
      .map(body => this.call(procedures.registerEvent, body, () => undefined).then(() => true));
    const told = await Promise.all(events.map(event => event.catch(() => false)));
    if (!this.#over) this.#listener.opened(told.every(Boolean));
  }

  /** What is written in one turn goes in one piece. */
  #write(message: Buffer): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(message);
  }

  #receive(chunk: Buffer): void {
    try {
      for (const message of this.#reader.push(chunk)) {
        if (this.#over) return;
        this.#listener.heard();
        this.#take(message);
      }
    } catch (error) {
      if (!(error instanceof XdrError)) throw error;
      this.#end(this.#nonsense(error));
    }
  }

  #take(message: Message): void {
    if (message.kind === 'ping') this.#write(pongMessage());
    if (message.kind === 'ping' || message.kind === 'pong') return;
    if (message.kind === 'event') {
      const event = readEvent(message.procedure, message.body);
      if (event) this.#listener.event(event);
      return;
    }
    const call = this.#calls.get(message.serial);
    if (!call) throw new XdrError('an answer to nothing that was asked');
    this.#calls.delete(message.serial);
    if (message.kind === 'error') {
      call.fail(this.#refusal(message.code, message.text));
      return;
    }
    try {
      call.take(message.body);
    } catch (error) {
      call.fail(error instanceof XdrError ? this.#nonsense(error) : errorOf(error));
      if (error instanceof XdrError) throw error;
    }
  }

  #refusal(code: number, text: string): LibvirtError {
    const words = safe(text).slice(0, 200);
    if (noPrivilege.includes(code)) return denied(this.#uri, ` (${words})`);
    if (code !== noDomain) return new LibvirtError('refused', words);
    return new LibvirtError('unknown', words);
  }

  #nonsense({ message }: XdrError): LibvirtError {
    return new LibvirtError(
      'garbled',
      `what answers for libvirt at ${safe(this.#uri)} is no libvirtd: it sent ${message} (socket ${safe(this.#path)})`,
    );
  }

  #errorOf({ code = '' }: NodeJS.ErrnoException): LibvirtError {
    const where = `socket ${safe(this.#path)}`;
    if (code === 'EACCES' || code === 'EPERM') return denied(this.#uri, ` (${where}: permission denied)`);
    const why = code === 'ENOENT' ? 'there is none' : code === 'ECONNREFUSED' ? 'nobody listens there' : code;
    return unreachable(this.#uri, ` (${where}: ${why})`);
  }

  #end(error: LibvirtError): void {
    if (this.#over) return;
    this.close(error);
    this.#listener.ended(error);
  }
}
