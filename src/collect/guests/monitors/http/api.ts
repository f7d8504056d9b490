import { errorOf } from '../../../../errors.ts';
import type { LaunchSample, MonitorSample } from '../../../../sample.ts';
import { safe } from '../../../../text.ts';
import type { Place } from '../../launch/launch.ts';
import { record, text } from '../answers.ts';
import { afterBug, defaultPatience, heardAt, type Monitor, type Patience } from '../contract.ts';
import { MonitorError } from '../qmp/trouble.ts';
import { ask, type Reply } from './http.ts';

/** What a round brought: what is known of the guest now, besides the state of the monitor itself. */
export interface ApiRound {
  readonly known: Omit<MonitorSample, 'state' | 'reason' | 'time' | 'path'>;
  readonly launch: LaunchSample;
}

/** How one kind of VMM is asked, and what its answers mean. */
export interface Dialect {
  /** As people call it. */
  readonly name: string;
  /**
   * `last` fills in what is not asked again; `now` is wall clock seconds. Fails with a MonitorError; with anything else
   * where kvmtop itself has a bug.
   */
  round(get: (path: string) => Promise<Reply>, last: ApiRound | undefined, now: number): Promise<ApiRound>;
}

/** Seconds. Polls come about as often as rounds are due, so one that comes a little early is not put off to the next. */
const early = 0.1;

/** The monitor of a VMM that has an HTTP API on a unix socket. It may be asked while others ask, but not held up. */
export class ApiMonitor implements Monitor {
  readonly #dialect: Dialect;
  readonly #socket: string;
  readonly #label: string;
  readonly #patience: Patience;
  readonly #ending = new AbortController();
  #sample: MonitorSample;
  #last: ApiRound | undefined;
  #problem: string | undefined;
  #bug: Error | undefined;
  #failures = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #dueAt = Number.NEGATIVE_INFINITY;
  #round: Promise<void> | undefined;

  constructor(
    dialect: Dialect,
    place: Place & { readonly address: { readonly kind: 'unix' } },
    patience: Patience = defaultPatience,
  ) {
    this.#patience = patience;
    this.#dialect = dialect;
    this.#socket = place.address.path;
    this.#label = place.label;
    this.#sample = { state: 'unasked', path: place.label };
  }

  get sample(): MonitorSample {
    return this.#sample;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  get bug(): Error | undefined {
    return this.#bug;
  }

  /** What it said of how the guest was started. */
  get launch(): LaunchSample {
    return this.#last?.launch ?? {};
  }

  isDue(now: number): boolean {
    return this.#round === undefined && (now >= this.#dueAt || now < this.#askedAt);
  }

  async ask(now: number, interval: number): Promise<void> {
    this.#askedAt = now;
    this.#round = this.#asked(now, interval);
    await this.#round;
    this.#round = undefined;
  }

  async #asked(now: number, interval: number): Promise<void> {
    const started = performance.now();
    const limits = { deadline: started + this.#patience.round * 1000, signal: this.#ending.signal };
    try {
      const get = (path: string): Promise<Reply> => ask(this.#socket, { method: 'GET', path }, limits);
      this.#last = await this.#dialect.round(get, this.#last, now);
      const time = heardAt(now, started);
      this.#sample = { ...this.#last.known, state: 'ok', time, path: this.#label };
      this.#problem = undefined;
      this.#bug = undefined;
      this.#failures = 0;
      this.#dueAt = now + interval - early;
    } catch (error) {
      if (error instanceof MonitorError) this.#note(error);
      else {
        this.#sample = afterBug(this.#sample);
        this.#problem = undefined;
        this.#bug = errorOf(error);
      }
      this.#dueAt = now + Math.min(this.#patience.pause, 2 ** this.#failures) - early;
      this.#failures += 1;
    }
  }

  #note({ message, trouble }: MonitorError): void {
    const unknown = this.#last === undefined && (trouble === 'absent' || trouble === 'garbage');
    const state = trouble === 'denied' ? 'denied' : trouble === 'identity' || unknown ? 'none' : 'busy';
    this.#sample = { ...this.#sample, state, reason: message };
    this.#problem = state === 'busy' ? undefined : message;
    this.#bug = undefined;
  }

  execute(command: string, _args: unknown, { name }: { readonly name: string }): Promise<never> {
    return Promise.reject(
      new Error(`${command} on ${safe(name)}: ${this.#dialect.name} speaks no QMP; nothing was sent`),
    );
  }

  async call(
    method: 'PUT' | 'PATCH',
    path: string,
    body: Readonly<Record<string, unknown>>,
    options: { readonly name: string; readonly timeoutMs: number; readonly check: () => void },
  ): Promise<void> {
    const what = `${method} ${path} on ${safe(options.name)}`;
    const limits = { deadline: performance.now() + options.timeoutMs, signal: this.#ending.signal };
    options.check();
    let reply: Reply;
    try {
      reply = await ask(this.#socket, { method, path, body }, limits);
    } catch (error) {
      if (!(error instanceof MonitorError)) throw error;
      throw new Error(
        `${what}: ${error.message}; ${error.trouble === 'busy' || error.trouble === 'closed' || error.trouble === 'garbage' ? 'it may have been done all the same: look at the guest before you try again' : 'nothing was changed'}`,
        { cause: error },
      );
    } finally {
      this.#dueAt = Number.NEGATIVE_INFINITY;
    }
    if (reply.status >= 200 && reply.status < 300) return;
    throw new Error(`${what}: ${this.#dialect.name} refused: ${faultOf(reply)}; nothing was changed`);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#round;
  }
}

/** Firecracker says `{"fault_message": …}`, Cloud Hypervisor a list of errors, the outermost first. */
export const faultOf = ({ status, value }: Reply): string => {
  const said = text(record(value)['fault_message']) ?? (Array.isArray(value) ? text(value[0]) : text(value));
  return safe(said ?? `HTTP status ${status}`);
};
