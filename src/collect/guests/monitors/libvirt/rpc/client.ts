import { safe } from '../../../../../text.ts';
import type { Asker, JobStats, Listener } from '../asker.ts';
import { closedHere, LibvirtError, late } from '../errors.ts';
import type { Address } from './address.ts';
import { Connection } from './connection.ts';
import { callFor, procedures, readDomainStats, readJobStats, readText } from './procedures.ts';
import type { XdrReader } from './xdr.ts';

/** How long is waited for libvirtd. Milliseconds. */
export interface RpcPatience {
  /** For an answer about one domain. */
  readonly domain: number;
  /** After it was last heard it is asked whether it is still there, */
  readonly quiet: number;
  /** and after so long again it is told that it does not answer. */
  readonly answer: number;
  /** The longest pause before another connection is tried, doubled with each failure in a row. */
  readonly pause: number;
}

/** libvirt and a healthy QEMU need a millisecond for an answer. All told, that libvirtd hangs is on the screen within two seconds. */
const rpcPatience: RpcPatience = { domain: 1000, quiet: 500, answer: 600, pause: 5000 };
const firstPause = 250;

/**
 * Questions under way at once. libvirtd reads no more than five of a client (max_client_requests) before it has answered one;
 * the fifth place is for asking whether it is there, which it answers whatever its QEMUs do.
 */
const window = 4;

interface Question {
  readonly uuid: string;
  readonly put: (connection: Connection) => Promise<void>;
  readonly reject: (error: LibvirtError) => void;
  timer: NodeJS.Timeout | undefined;
  /** Whoever asked was told that it is late; its place is taken until it is answered. */
  late: boolean;
}

/**
 * The libvirtd of this host, asked by its own protocol on one read-only connection. A domain whose QEMU hangs takes one of the
 * places for questions, and is not asked again before that is answered; where such domains have taken all, another connection
 * is made: libvirtd then says of each at once that it is at work on it.
 */
export class RpcClient implements Asker {
  readonly #uri: string;
  readonly #address: Address;
  readonly #listener: Listener;
  readonly #patience: RpcPatience;
  readonly #waiting: Question[] = [];
  readonly #asked = new Set<Question>();
  #connection: Connection | undefined;
  #isOpen = false;
  #wasOpen = false;
  #answered = false;
  #tellsEvents = false;
  /** Why there is no connection, or none that answers. */
  #failure: LibvirtError | undefined;
  #failures = 0;
  #over = false;
  #heardAt = 0;
  #probing = false;
  #silent = false;
  #watchTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;

  constructor(uri: string, address: Address, listener: Listener, patience = rpcPatience) {
    this.#uri = uri;
    this.#address = address;
    this.#listener = listener;
    this.#patience = patience;
  }

  get problem(): string | undefined {
    return this.#failure?.message;
  }

  get tellsEvents(): boolean {
    return this.#tellsEvents;
  }

  async domainStats(uuid: string): Promise<ReadonlyMap<string, number>> {
    const stats = await this.#ask(uuid, procedures.domainStats, callFor.domainStats(uuid), readDomainStats);
    if (stats) return stats;
    throw new LibvirtError('unknown', 'no such domain');
  }

  domainXml(uuid: string): Promise<string> {
    return this.#ask(uuid, procedures.domainXml, callFor.domainXml(uuid), readText);
  }

  jobStats(uuid: string): Promise<JobStats> {
    return this.#ask(uuid, procedures.jobStats, callFor.jobStats(uuid), readJobStats);
  }

  async close(): Promise<void> {
    this.#over = true;
    clearTimeout(this.#retryTimer);
    this.#rejectAll(closedHere());
    this.#disconnect();
  }

  #ask<Value>(uuid: string, procedure: number, body: Uint8Array, read: (body: XdrReader) => Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.#over) return reject(closedHere());
      const hangs = [...this.#asked].some(question => question.late && question.uuid === uuid);
      if (this.#silent || this.#retryTimer || hangs) return reject(this.#failure ?? late());
      const put = (connection: Connection) => connection.call(procedure, body, read).then(resolve, reject);
      const question: Question = { uuid, put, reject, timer: undefined, late: false };
      this.#waiting.push(question);
      this.#time(question);
      if (!this.#connection) this.#connect();
      this.#pump();
    });
  }

  /** Puts what waits, as far as there are places. */
  #pump(): void {
    while (this.#connection && this.#isOpen && this.#asked.size < window) {
      const question = this.#waiting.shift();
      if (!question) return;
      this.#asked.add(question);
      void question.put(this.#connection).finally(() => this.#isDone(question));
    }
  }

  #time(question: Question): void {
    clearTimeout(question.timer);
    // What came while this process was stopped is read first.
    const timer = setTimeout(
      () => setImmediate(() => question.timer === timer && this.#isLate(question)),
      this.#patience.domain,
    );
    question.timer = timer;
  }

  #isDone(question: Question): void {
    clearTimeout(question.timer);
    if (!this.#asked.delete(question)) return;
    this.#answered = true;
    if (question.late) this.#listener.changed(question.uuid, 'balloon');
    this.#pump();
  }

  #isLate(question: Question): void {
    const place = this.#waiting.indexOf(question);
    if (place < 0 && !this.#asked.has(question)) return;
    if (place >= 0) this.#waiting.splice(place, 1);
    question.late = true;
    question.reject(this.#isOpen ? late() : this.#noAnswer());
    if (this.#asked.size < window || [...this.#asked].some(one => !one.late)) return;
    // The QEMUs of all of them hang; those behind them have their time again.
    for (const waits of this.#waiting) this.#time(waits);
    const answered = this.#answered;
    this.#disconnect();
    if (answered) this.#connect();
    else this.#retry();
  }

  #connect(): void {
    const began = performance.now();
    this.#heardAt = began;
    this.#answered = false;
    const connection: Connection = new Connection(this.#uri, this.#address, {
      opened: events => {
        this.#isOpen = true;
        this.#wasOpen = true;
        this.#tellsEvents = events;
        this.#recover();
        this.#pump();
      },
      heard: () => {
        this.#heardAt = performance.now();
        if (this.#silent && this.#isOpen) this.#recover();
      },
      event: ({ uuid, what }) => this.#listener.changed(uuid, what),
      ended: error => {
        const failure = this.#wasOpen && error.trouble === 'unreachable' ? this.#gone() : error;
        this.#rejectAll(failure);
        this.#disconnect();
        if (performance.now() - began >= this.#patience.pause) this.#failures = 0;
        this.#retry(failure);
      },
    });
    this.#connection = connection;
    this.#watch();
  }

  #recover(): void {
    const failed = this.#failure !== undefined;
    this.#silent = false;
    this.#failure = undefined;
    if (failed) this.#listener.recovered();
  }

  /** Nobody waits for answers of a connection that has ended. */
  #disconnect(): void {
    clearTimeout(this.#watchTimer);
    const connection = this.#connection;
    this.#connection = undefined;
    this.#isOpen = false;
    this.#silent = false;
    this.#probing = false;
    this.#tellsEvents = false;
    for (const { timer } of this.#asked) clearTimeout(timer);
    this.#asked.clear();
    connection?.close();
  }

  /** Connects after a pause. `failure`: what is wrong until then. */
  #retry(failure?: LibvirtError): void {
    this.#failure = failure;
    const pause = Math.min(this.#patience.pause, firstPause * 2 ** this.#failures);
    this.#failures += 1;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      this.#connect();
    }, pause);
  }

  /** Whether libvirtd is there at all, whatever its domains do. */
  #watch(): void {
    const { quiet, answer, pause } = this.#patience;
    const passed = performance.now() - this.#heardAt;
    const next = [quiet, quiet + answer, quiet + answer + pause].find(time => time > passed) ?? passed;
    const connection = this.#connection;
    this.#watchTimer = setTimeout(() => setImmediate(() => this.#check(connection)), next - passed + 1);
    this.#watchTimer.unref();
  }

  #check(connection: Connection | undefined): void {
    if (!connection || connection !== this.#connection) return;
    const { quiet, answer } = this.#patience;
    const passed = performance.now() - this.#heardAt;
    if (passed >= quiet + answer && !this.#silent) {
      this.#silent = true;
      this.#failure = this.#noAnswer();
      this.#rejectAll(this.#failure);
    } else if (passed >= quiet + answer + this.#patience.pause) {
      this.#disconnect();
      this.#retry(this.#noAnswer());
      return;
    } else if (passed >= quiet && this.#isOpen && !this.#probing) {
      this.#probing = true;
      const over = () => {
        this.#probing = false;
      };
      connection.call(procedures.libVersion, callFor.libVersion(), () => undefined).then(over, over);
    }
    this.#watch();
  }

  #noAnswer(): LibvirtError {
    const where = `socket ${safe(this.#address.path)}`;
    return new LibvirtError(
      'unreachable',
      `libvirtd does not answer (${where}): its guests are as they were last seen`,
    );
  }

  #gone(): LibvirtError {
    const where = `socket ${safe(this.#address.path)}`;
    return new LibvirtError(
      'unreachable',
      `libvirtd is gone (${where}): retrying; its guests are as they were last seen`,
    );
  }

  /** What is put already keeps its place. */
  #rejectAll(error: LibvirtError): void {
    for (const question of [...this.#waiting.splice(0), ...this.#asked]) {
      clearTimeout(question.timer);
      question.late = true;
      question.reject(error);
    }
  }
}
