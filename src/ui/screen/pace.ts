/** Asks a terminal to answer once it has come so far (DSR 5): xterm, the Linux console, tmux, screen, PuTTY and mosh all do. */
export const question = '\u001b[5n';

/** Milliseconds that may pass until what is written now is on the screen, beyond what the line takes anyway. */
const longest = 200;
/** Bytes that are always on their way: about a row. */
const least = 256;
const most = 1 << 20;
/** Bytes below which nothing more is written before the last has arrived. */
const wide = 4096;
/** Milliseconds for which the first answer is waited for before all is written at once. */
const firstAnswerWithin = 200;
/** Milliseconds after which no answer comes any more, of a terminal that has answered before. */
const patience = 5000;
/** So many answers in a row that did not come: it has stopped answering. */
const enough = 3;
/** Milliseconds for which an answer may still come after it was asked for, when the screen is left. */
const answerWithin = 1000;

/**
 * How much may be on its way to the terminal. The kernel takes 17 KB and SSH more, whatever the line behind them does, and
 * what is in there can't be overtaken: at 960 B/s a key would be answered after many seconds. So the terminal itself is asked
 * how far it is. One that does not answer is held for a fast one.
 */
export class Pace {
  readonly #now: () => number;
  /** Bytes that may be unanswered; unknown of a terminal that does not answer. */
  #window: number | undefined;
  /** Bytes before the question, and after it. */
  #before = 0;
  #after = 0;
  #askedAt: number | undefined;
  /** Questions whose answers may still come. */
  #owed = 0;
  #missed = 0;
  /** The quickest answer, ms: what the way takes when nothing is in it. */
  #quickest = Number.POSITIVE_INFINITY;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Milliseconds until an answer that is owed need not be waited for any more. */
  get owed(): number {
    return this.#owed === 0 || this.#askedAt === undefined
      ? 0
      : Math.max(0, this.#askedAt + answerWithin - this.#now());
  }

  /** Milliseconds until something is written even if no answer comes. */
  get wait(): number {
    if (this.#askedAt === undefined) return 0;
    const limit = this.#window === undefined ? firstAnswerWithin : patience;
    return Math.max(0, this.#askedAt + limit - this.#now());
  }

  /** Bytes that may be written now. */
  room(): number {
    if (this.#askedAt !== undefined && this.#window !== undefined && this.wait === 0) this.#miss();
    if (this.#window === undefined) return this.wait > 0 ? 0 : Number.POSITIVE_INFINITY;
    if (this.#askedAt !== undefined && this.#window < wide) return 0;
    return this.#window - this.#before - this.#after;
  }

  /** Bytes were written, and with `more` there are others to follow: gives what is to be written behind them. */
  wrote(bytes: number, more: boolean): string {
    if (this.#askedAt !== undefined) {
      this.#after += bytes;
      return '';
    }
    this.#before += bytes;
    if (this.#window === undefined || !(more || this.#before > this.#window / 8)) return '';
    return this.#ask();
  }

  /** The first question, of a terminal of which nothing is known. */
  start(bytes: number): string {
    this.#window = undefined;
    this.#before = bytes;
    this.#after = 0;
    this.#owed = 0;
    this.#missed = 0;
    return this.#ask();
  }

  /** An answer has come: gives what is to be asked next of what was written meanwhile. */
  answered(): string {
    if (this.#owed === 0) return '';
    this.#owed--;
    // One that was given up came after all: the newest is still to come.
    if (this.#owed > 0 || this.#askedAt === undefined) return '';
    this.#adapt(this.#before, Math.max(1, this.#now() - this.#askedAt));
    this.#missed = 0;
    this.#askedAt = undefined;
    const meanwhile = this.#after;
    this.#before = 0;
    this.#after = 0;
    return this.wrote(meanwhile, false);
  }

  #ask(): string {
    this.#askedAt = this.#now();
    this.#owed++;
    this.#before += question.length;
    return question;
  }

  #adapt(bytes: number, took: number): void {
    this.#quickest = Math.min(this.#quickest, took);
    const window = this.#window;
    if (window === undefined) {
      // Nothing else is known: as if all of it had been the line's.
      this.#window = Math.min(most, Math.max(least, (bytes * longest) / took));
      return;
    }
    const queued = Math.max(1, took - this.#quickest);
    const fitting = (bytes * longest) / queued;
    // Only what took a while says how fast the line is; what did not says that it is no slower. An answer may be read late,
    // so one alone does not decide.
    const next = queued >= longest / 4 ? Math.min(fitting, 2 * window) : Math.max(window, Math.min(fitting, 4 * bytes));
    this.#window = Math.min(most, Math.max(least, next));
  }

  #miss(): void {
    this.#missed++;
    this.#askedAt = undefined;
    this.#before = 0;
    this.#after = 0;
    if (this.#missed < enough) this.#window = least;
    else {
      this.#window = undefined;
      this.#owed = 0;
    }
  }
}
