import type { Request } from '../actions/action.ts';
import type { Model } from '../model.ts';
import type { GuestId } from '../sample.ts';
import type { Thresholds } from './thresholds.ts';

/** critical: something is lost or stands still now; warning: it will be, or memory is wasted; notice: worth knowing. */
export type Severity = 'critical' | 'warning' | 'notice';

/** The operators' order: share pages, balloon, migrate in the long run, swap last; `repair` is for what is broken. */
export const strategies = ['repair', 'share', 'balloon', 'migrate', 'swap'] as const;
export type Strategy = (typeof strategies)[number];

/** What a rule says of one subject on one look. */
export interface Remark {
  /** `host`, a guest's name, `2M pool of node 0`, …: untrusted text. */
  readonly subject: string;
  /** The guest, where the subject is one. */
  readonly guest?: GuestId;
  readonly severity: Severity;
  /** One or two sentences in plain words, with the numbers and their units: what, and what it means. */
  readonly text: string;
  /** The numbers that made it fire, by field id where they are fields. */
  readonly numbers: Readonly<Record<string, number>>;
  /** What would help, in the words of `kvmtop do`; it is planned anew before it is shown. */
  readonly fix?: Request;
  /** What would help where no action does, or before one: one sentence. */
  readonly advice?: string;
}

/** A remark that stands, since when (wall clock, seconds). */
export interface Finding extends Remark {
  /** The rule's id. */
  readonly id: string;
  readonly strategy: Strategy;
  readonly since: number;
}

/** One small pure function each, in a file of its own, in one table (rules.ts). */
export interface Rule {
  /** In kebab-case: `host-short`, `balloon-stuck`. */
  readonly id: string;
  /** What is wrong with its subject, for a column of a table: at most 10 characters. */
  readonly word: string;
  readonly title: string;
  /** For the docs: when it fires, when it is silent again, and why that matters. */
  readonly help: string;
  readonly strategy: Strategy;
  /** Those that it may give, worst first. */
  readonly severities: readonly Severity[];
  /** Seconds for which it must hold before it is told, and for which it must not before it is forgotten. */
  readonly sustain?: number;
  /**
   * `window`: Models oldest first, the newest last, never empty; they are some seconds apart,
   * and have only counters (`totals`) and the host's values, but for the newest, which has all. `stands`: whether a
   * finding of this rule on that subject (on a guest by its id, since names repeat) is told now, so that its limit may be
   * another then (hysteresis).
   */
  readonly check: (
    window: readonly Model[],
    thresholds: Thresholds,
    stands: (subject: string) => boolean,
  ) => readonly Remark[];
  /**
   * Makes one remark of those that have held for `sustain`, each by itself: for a rule that tells of many guests at once. So
   * one that lasts does not lend its patience to others that have only begun. `held` is never empty.
   */
  readonly gather?: (held: readonly Remark[], model: Model) => Remark;
}
