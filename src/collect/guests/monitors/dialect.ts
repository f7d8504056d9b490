import { errorOf } from '../../../errors.ts';
import type { LaunchSample, MonitorSample } from '../../../sample.ts';
import { safe } from '../../../text.ts';
import type { Dialect, Round } from '../../../vmm/dialect.ts';
import type { Started } from '../../../vmm/launch.ts';
import { MonitorError } from '../../../vmm/trouble.ts';
import { afterBug, defaultPatience, early, heardAt, type Monitor, type Patience, type Way } from './contract.ts';

/** `deadline`: by `performance.now()`; `signal` ends it early. */
export interface Limits {
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** Whom to ask, and how what is said is understood. */
export interface Partner<Ask> {
  /** As people call its VMM. */
  readonly title: string;
  readonly dialect: Dialect<Ask>;
  readonly started: Started;
  readonly way: Way;
}

/**
 * The monitor of a VMM that may be asked while others ask, but not held up: rounds by its kind's dialect, and what becomes of
 * them. Who extends it says by what they are asked.
 */
export abstract class DialectMonitor<Ask> implements Monitor {
  protected readonly title: string;
  protected readonly way: Way;
  protected readonly ending = new AbortController();
  readonly #dialect: Dialect<Ask>;
  readonly #started: Started;
  readonly #patience: Patience;
  #sample: MonitorSample;
  #last: Round | undefined;
  #problem: string | undefined;
  #bug: Error | undefined;
  #failures = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #dueAt = Number.NEGATIVE_INFINITY;
  #round: Promise<void> | undefined;

  constructor({ title, dialect, started, way }: Partner<Ask>, patience: Patience = defaultPatience) {
    this.title = title;
    this.#dialect = dialect;
    this.#started = started;
    this.way = way;
    this.#patience = patience;
    this.#sample = { state: 'unasked', path: way.label };
  }

  /** How a round asks. */
  protected abstract asking(limits: Limits): Ask;

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

  get every(): number {
    return this.#dialect.every ?? 0;
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
    const limits = { deadline: started + this.#patience.round * 1000, signal: this.ending.signal };
    try {
      this.#last = await this.#dialect.round(this.asking(limits), this.#last, now, this.#started);
      const time = heardAt(now, started);
      this.#sample = { ...this.#last.known, state: 'ok', time, path: this.way.label };
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
    return Promise.reject(new Error(`${command} on ${safe(name)}: ${this.title} speaks no QMP; nothing was sent`));
  }

  /**
   * One change, for the gate only: `what` it is, `change` does it. `check` throws when the process is no longer the same
   * guest. Fails with an Error for the operator.
   */
  protected async changed<Result>(
    what: string,
    options: { readonly timeoutMs: number; readonly check: () => void },
    change: (limits: Limits) => Promise<Result>,
  ): Promise<Result> {
    const limits = { deadline: performance.now() + options.timeoutMs, signal: this.ending.signal };
    options.check();
    try {
      return await change(limits);
    } catch (error) {
      if (!(error instanceof MonitorError)) throw error;
      throw new Error(
        `${what}: ${error.message}; ${error.trouble === 'busy' || error.trouble === 'closed' || error.trouble === 'garbage' ? 'it may have been done all the same: look at the guest before you try again' : 'nothing was changed'}`,
        { cause: error },
      );
    } finally {
      this.#dueAt = Number.NEGATIVE_INFINITY;
    }
  }

  async close(): Promise<void> {
    this.ending.abort();
    await this.#round;
    this.way.close();
  }
}
