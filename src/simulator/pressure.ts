import type { Numbers } from '../sample.ts';

const windows = [10, 60, 300] as const;

/** One resource of /proc/pressure: running means of the part of time in which tasks waited for it. */
export class Pressure {
  readonly #lines = {
    some: { total: 0, means: [0, 0, 0] },
    full: { total: 0, means: [0, 0, 0] },
  };

  /** For `seconds`, some tasks waited for that part of the time (0 to 1), and all at once for less of it. */
  step(part: number, seconds: number): void {
    this.#add('some', Math.min(0.95, part), seconds);
    this.#add('full', Math.min(0.95, part) * 0.45, seconds);
  }

  /** Keys as collect/host/pressure.ts gives them: means in percent with two digits, totals in seconds. */
  get numbers(): Numbers {
    const numbers: Record<string, number> = {};
    for (const [kind, { total, means }] of Object.entries(this.#lines)) {
      for (const [index, window] of windows.entries())
        numbers[`${kind} avg${window}`] = Math.round((means[index] ?? 0) * 10_000) / 100;
      numbers[`${kind} total`] = Math.round(total * 1e6) / 1e6;
    }
    return numbers;
  }

  #add(kind: 'some' | 'full', part: number, seconds: number): void {
    const line = this.#lines[kind];
    line.total += part * seconds;
    line.means = line.means.map(
      (mean, index) => mean + (part - mean) * (1 - Math.exp(-seconds / (windows[index] ?? 10))),
    );
  }
}
