import { stackOf } from '../../errors.ts';
import type { Problem } from '../../sample.ts';
import { safe } from '../../text.ts';

/** More than these are not told: the first ones matter, and each stands in every Sample. */
const most = 8;
/** Characters of a bug's stack. */
const longest = 1000;

/**
 * Bugs of kvmtop's own that guests' answers have met. Each is told once, by where in the code it is, however many guests
 * it strikes and however often; and for as long as kvmtop runs, since it may strike in one round and not in the next.
 */
export class Bugs {
  readonly #told = new Map<string, Problem>();

  /** The very same object for a bug that was told before. */
  get problems(): Iterable<Problem> {
    return this.#told.values();
  }

  /** `name`: the guest's. */
  note(bug: Error, name: string): void {
    // Further up it is only who asked.
    const places =
      (bug.stack ?? '')
        .match(/^ +at .*$/gm)
        ?.slice(0, 3)
        .join('') ?? bug.message;
    if (this.#told.has(places) || this.#told.size >= most) return;
    this.#told.set(places, {
      source: 'kvmtop',
      message: `a bug in kvmtop, met at an answer of ${safe(name)}, whose last numbers stay; all else goes on. Please report it: ${safe(stackOf(bug)).slice(0, longest)}`,
    });
  }
}
