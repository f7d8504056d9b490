import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { connectionError, type VirshError, virshEnvironment } from './errors.ts';

/** Milliseconds until a new virsh has its connection: a libvirtd that has just been started takes its time. */
const connectLimit = 10_000;
/** Characters. A domain's XML has some ten thousand. */
const longestAnswer = 4 * 1024 * 1024;

/**
 * virsh itself, with its errors where its answers are. Where there is setpriv the kernel ends it with kvmtop, however that
 * ends: a virsh that waits for a hung QEMU does not see its input close.
 */
const script = `command -v virsh >/dev/null || exit 127
setpriv --pdeathsig KILL true 2>/dev/null && set -- setpriv --pdeathsig KILL "$@"
exec "$@" 2>&1`;

interface Listener {
  /** Of the question that virsh is at, milliseconds; `undefined` when there is none. */
  readonly limit: () => number | undefined;
  readonly connected: () => void;
  readonly answered: (text: string) => void;
  readonly late: () => void;
  readonly failed: (error: VirshError) => void;
}

/** One virsh process. Its listener hears nothing more after `late` or `failed`. */
export class VirshProcess {
  /** When the process has ended. */
  readonly gone: Promise<void>;
  readonly #uri: string;
  readonly #listener: Listener;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  /** Marks the ends of answers; not to be guessed by who writes domains' XML. */
  readonly #token = `kvmtop-${randomBytes(8).toString('hex')}`;
  #text = '';
  #asked = 0;
  #answered = 0;
  #over = false;
  #timer: NodeJS.Timeout;

  constructor(uri: string, listener: Listener) {
    this.#uri = uri;
    this.#listener = listener;
    // A session of its own: no terminal to ask for passwords on, and no Ctrl-C.
    this.#process = spawn('sh', ['-c', script, 'sh', 'virsh', '-r', '-c', uri], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: virshEnvironment(),
      detached: true,
    });
    this.gone = new Promise(resolve => {
      const end = (code: number | null) => {
        resolve();
        this.#fail(connectionError(this.#uri, this.#text, code));
      };
      this.#process.once('close', end);
      this.#process.once('error', () => end(null));
    });
    // What is written to an ended virsh is told by its end.
    this.#process.stdin.on('error', () => undefined);
    this.#process.stdout.setEncoding('utf8').on('data', (chunk: string) => this.#receive(chunk));
    this.#timer = setTimeout(() => this.#fail(connectionError(this.#uri, '', undefined)), connectLimit);
    this.#write('');
  }

  get #connected(): boolean {
    return this.#answered > 0;
  }

  put(command: string): void {
    if (!this.#connected) return;
    const idle = this.#asked === this.#answered;
    this.#write(`${command}\n`);
    if (idle) this.#watch();
  }

  kill(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#process.kill('SIGKILL');
  }

  #write(lines: string): void {
    this.#process.stdin.write(`${lines}echo ${this.#token}-${this.#asked}\n`);
    this.#asked += 1;
  }

  #receive(chunk: string): void {
    // A marker may have come in two pieces.
    let from = Math.max(0, this.#text.length - this.#token.length - 20);
    this.#text += chunk;
    while (!this.#over) {
      const marker = `\n${this.#token}-${this.#answered}\n`;
      const at = this.#text.indexOf(marker, from);
      if (at < 0) break;
      const answer = this.#text.slice(0, at + 1);
      this.#text = this.#text.slice(at + marker.length - 1);
      from = 0;
      this.#answered += 1;
      if (this.#answered === 1) this.#listener.connected();
      else this.#listener.answered(answer);
      this.#watch();
    }
    if (this.#text.length > longestAnswer) this.#fail(connectionError(this.#uri, 'error: an answer without end', null));
  }

  #watch(): void {
    clearTimeout(this.#timer);
    const limit = this.#asked > this.#answered ? this.#listener.limit() : undefined;
    if (limit !== undefined) this.#timer = setTimeout(() => this.#end(() => this.#listener.late()), limit);
  }

  #fail(error: VirshError): void {
    this.#end(() => this.#listener.failed(error));
  }

  #end(tell: () => void): void {
    if (this.#over) return;
    this.kill();
    tell();
  }
}
