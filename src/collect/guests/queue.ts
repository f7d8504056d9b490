/** Runs at most so many tasks at the same time, in the order they came; one per key, whose repeat joins the first. */
export class Queue {
  readonly #limit: number;
  readonly #pending = new Map<unknown, Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves when the task is done. The task must not fail. */
  add(key: unknown, task: () => Promise<void>): Promise<void> {
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    const mine = this.#run(task).finally(() => this.#pending.delete(key));
    this.#pending.set(key, mine);
    return mine;
  }

  async #run(task: () => Promise<void>): Promise<void> {
    if (this.#running < this.#limit) this.#running += 1;
    else await new Promise<void>(resolve => this.#waiting.push(resolve));
    try {
      await task();
    } finally {
      // The place goes to whoever waits longest, or is given up.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
