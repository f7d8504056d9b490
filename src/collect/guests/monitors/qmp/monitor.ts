import { errorOf } from '../../../../errors.ts';
import type { MonitorSample } from '../../../../sample.ts';
import { safe } from '../../../../text.ts';
import type { Identity } from '../../../../vmm/launch.ts';
import type { Answer, Answers } from '../../../../vmm/qemu/answer.ts';
import {
  digest,
  furtherQuestions,
  identityOf,
  identityQuestions,
  type Question,
  questions,
  sameGuest,
} from '../../../../vmm/qemu/round.ts';
import { MonitorError, type Trouble } from '../../../../vmm/trouble.ts';
import {
  afterBug,
  connected,
  defaultPatience,
  early,
  heardAt,
  type Patience,
  type Reached,
  type Way,
} from '../contract.ts';
import { type Connection, connectMonitor } from './qmp.ts';

/** Seconds between questions after what others may have begun: a migration, a device plugged in. */
const rarely = 10;
/** One guest's QMP monitor: asked in short rounds, one connection at a time, since its socket serves one client. */
export class GuestMonitor {
  readonly #ways: readonly Way[];
  readonly #expected: Identity;
  readonly #patience: Patience;
  readonly #ending = new AbortController();
  #sample: MonitorSample;
  #problem: string | undefined;
  #bug: Error | undefined;
  #way = 0;
  #failures = 0;
  #fresh = true;
  #askedAt = Number.NEGATIVE_INFINITY;
  #rareAt = Number.NEGATIVE_INFINITY;
  #dueAt = Number.NEGATIVE_INFINITY;
  #asking = false;
  #turn: Promise<unknown> = Promise.resolve();

  /** `expected`: who the command line says must answer. `ways` has at least one, in the order in which they are tried. */
  constructor(ways: readonly Way[], expected: Identity, patience: Patience = defaultPatience) {
    this.#patience = patience;
    this.#ways = ways;
    this.#expected = expected;
    this.#sample = { state: 'unasked', ...labelOf(ways[0]) };
  }

  get sample(): MonitorSample {
    return this.#sample;
  }

  /** What the operator should know and can mend; `undefined` when nothing is wrong, or it is only busy. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** What ended the last round and is none of the guest's doing, but kvmtop's own. */
  get bug(): Error | undefined {
    return this.#bug;
  }

  /** `now`: wall clock, seconds. A clock that was set back makes it due. */
  isDue(now: number): boolean {
    return !this.#asking && (now >= this.#dueAt || now < this.#askedAt);
  }

  /** One round; `interval` is the time to the next, seconds. Never fails: what went wrong is in the sample. */
  async ask(now: number, interval: number): Promise<void> {
    this.#asking = true;
    this.#askedAt = now;
    const started = performance.now();
    const rare = now >= this.#rareAt || now < this.#rareAt - rarely;
    try {
      const { answers, version, label } = await this.#exclusive(() => this.#round(rare));
      const time = heardAt(now, started);
      this.#sample = digest(this.#sample, answers, { time, path: label, version });
      this.#problem = undefined;
      this.#bug = undefined;
      this.#failures = 0;
      this.#fresh = false;
      if (rare) this.#rareAt = now + rarely;
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
      this.#fresh = true;
    } finally {
      this.#asking = false;
    }
  }

  /**
   * One command on a connection of its own, after the identity was confirmed. `check` throws when the process is no
   * longer the same. `timeoutMs` counts from when the monitor is free of kvmtop's own round. Fails with an Error for
   * the operator.
   */
  execute(
    command: string,
    args: Readonly<Record<string, unknown>> | undefined,
    options: { readonly name: string; readonly timeoutMs: number; readonly check: () => void },
  ): Promise<unknown> {
    return this.#exclusive(async () => {
      options.check();
      const { timeoutMs } = options;
      const what = `${command} on ${safe(options.name)}`;
      let sent = false;
      let answer: Answer;
      try {
        answer = await this.#connected({ greeting: timeoutMs, total: timeoutMs }, async (connection, check) => {
          this.#confirm(await askAll(connection, identityQuestions));
          options.check();
          check();
          sent = true;
          const [given] = await connection.ask([{ command, args }]);
          return given as Answer;
        });
      } catch (error) {
        if (!(error instanceof MonitorError)) throw error;
        const advice = sent
          ? 'it was sent and may have been done all the same: look at the guest before you try again'
          : `nothing was sent: ${advices[error.trouble]}`;
        throw new Error(`${what}: ${error.message}; ${advice}`, { cause: error });
      } finally {
        this.#dueAt = Number.NEGATIVE_INFINITY;
        this.#rareAt = Number.NEGATIVE_INFINITY;
      }
      if (answer.ok) return answer.value;
      throw new Error(
        `${what}: QEMU refused: ${safe(answer.message)} (${safe(answer.errorClass)}); nothing was changed`,
      );
    });
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#turn;
    for (const way of this.#ways) way.close();
  }

  async #round(rare: boolean): Promise<{ answers: Answers; version: string | undefined; label: string }> {
    const label = this.#ways[this.#way]?.label ?? '';
    const { greeting, round } = this.#patience;
    const limits = { greeting: greeting * 1000, total: Math.max(greeting, round) * 1000 };
    return this.#connected(limits, async connection => {
      const answers = new Map(await askAll(connection, questions(this.#sample, this.#fresh, this.#fresh || rare)));
      this.#confirm(answers);
      for (const [id, answer] of await askAll(connection, furtherQuestions(this.#sample, answers)))
        answers.set(id, answer);
      return { answers, version: connection.version, label };
    });
  }

  #confirm(answers: Answers): void {
    const found = identityOf(answers);
    if (sameGuest(this.#expected, found)) return;
    throw new MonitorError('identity', `another guest answers there: ${safe(found.name ?? found.uuid ?? '')}`);
  }

  async #connected<T>(
    limits: { readonly greeting: number; readonly total: number },
    work: (connection: Connection, check: Reached['check']) => Promise<T>,
  ): Promise<T> {
    const way = this.#ways[this.#way] as Way;
    return connected(way, performance.now() + limits.greeting, async ({ target, check }) => {
      const connection = await connectMonitor(target, { ...limits, signal: this.#ending.signal });
      try {
        return await work(connection, check);
      } finally {
        connection.close();
      }
    });
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  #note(error: MonitorError): void {
    const { path: _, reason: __, ...values } = this.#sample;
    const kept = error.trouble === 'identity' ? {} : values;
    const state = stateAfter(error.trouble, this.#sample.time !== undefined);
    this.#sample = { ...kept, ...labelOf(this.#ways[this.#way]), state, reason: error.message };
    this.#problem = state === 'busy' || error.trouble === 'absent' ? undefined : error.message;
    this.#bug = undefined;
    this.#way = (this.#way + 1) % this.#ways.length;
  }
}

const labelOf = (way: Way | undefined) => (way ? { path: way.label } : {});

/** A monitor that has answered before is there; one that never did may not be one. */
const stateAfter = (trouble: Trouble, answeredBefore: boolean): MonitorSample['state'] => {
  if (trouble === 'denied') return 'denied';
  if (trouble === 'identity') return 'none';
  return (trouble === 'absent' || trouble === 'garbage') && !answeredBefore ? 'none' : 'busy';
};

const advices: Readonly<Record<Trouble, string>> = {
  busy: 'end the other client, or try again later',
  denied: 'its socket belongs to another user',
  absent: 'the guest may be ending, or its socket was removed',
  closed: 'try again, and look whether the guest still runs',
  garbage: 'look at what listens there',
  identity: 'start each guest with a socket of its own',
};

/** Asks all at once and waits for all. */
const askAll = async (connection: Connection, asked: readonly Question[]): Promise<Map<string, Answer>> => {
  if (asked.length === 0) return new Map();
  const answers = await connection.ask(asked);
  return new Map(asked.map(({ id }, index) => [id, answers[index] as Answer]));
};
