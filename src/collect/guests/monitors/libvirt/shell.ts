import { closedHere, late, type VirshError } from './errors.ts';
import { VirshProcess } from './process.ts';

/** Seconds; doubled with each failure in a row. */
const longestPause = 30;

interface Question {
  readonly command: string;
  /** Milliseconds, from when virsh has done what came before. */
  readonly limit: number;
  readonly resolve: (text: string) => void;
  readonly reject: (error: VirshError) => void;
}

/**
 * One long-lived, read-only virsh that is asked one thing after the other: a connection each would cost ten times as
 * much. It is started when it is needed. A question that is not answered in time costs that virsh its life, and the
 * questions behind it are put to the next.
 */
export class VirshShell {
  readonly #uri: string;
  readonly #questions: Question[] = [];
  #child: VirshProcess | undefined;
  #failures = 0;
  #failure: VirshError | undefined;
  /** By the monotonic clock, milliseconds. */
  #retryAt = Number.NEGATIVE_INFINITY;
  #ending: Promise<void> = Promise.resolve();

  constructor(uri: string) {
    this.#uri = uri;
  }

  /**
   * What virsh prints for a command, its errors included; `limit` in milliseconds. Fails with a VirshError only. The
   * command must be safe: virsh would take `;` and a line break for the begin of another one.
   */
  ask(command: string, limit: number): Promise<string> {
    if (!/^[\w -]+$/.test(command)) throw new Error(`not to be put to virsh: ${JSON.stringify(command)}`);
    return new Promise((resolve, reject) => {
      if (!this.#child && this.#failure && performance.now() < this.#retryAt) {
        reject(this.#failure);
        return;
      }
      this.#questions.push({ command, limit, resolve, reject });
      if (this.#child) this.#child.put(command);
      else this.#start();
    });
  }

  /** Ends virsh, and fails what was asked of it. The next question starts another. */
  close(): Promise<void> {
    this.#child?.kill();
    this.#child = undefined;
    this.#rejectAll(closedHere());
    return this.#ending;
  }

  #start(): void {
    const child: VirshProcess = new VirshProcess(this.#uri, {
      limit: () => this.#questions[0]?.limit,
      answered: text => {
        this.#failures = 0;
        this.#failure = undefined;
        this.#questions.shift()?.resolve(text);
      },
      connected: () => {
        for (const { command } of this.#questions) child.put(command);
      },
      late: () => {
        this.#questions.shift()?.reject(late());
        this.#child = undefined;
        if (this.#questions.length > 0) this.#start();
      },
      failed: error => {
        this.#child = undefined;
        this.#failure = error;
        this.#retryAt = performance.now() + Math.min(longestPause, 2 ** this.#failures) * 1000;
        this.#failures += 1;
        this.#rejectAll(error);
      },
    });
    this.#child = child;
    this.#ending = Promise.all([this.#ending, child.gone]).then(() => undefined);
  }

  #rejectAll(error: VirshError): void {
    for (const { reject } of this.#questions.splice(0)) reject(error);
  }
}
