import type { Model } from '../model.ts';
import type { GuestId } from '../sample.ts';
import type { MigrationLimits } from '../vmm/kind.ts';
import type { GuestStep } from '../vmm/step.ts';
import type { Forecast } from './forecast.ts';
import type { Limits } from './limits.ts';

/** Why the guard rails say no, and whether that may be overruled. */
export interface Refusal {
  readonly reason: string;
  readonly forceable: boolean;
}

/** What an action would do. Plain data: the confirm dialog, `--dry-run` and the journal print the same Plan. */
export interface Plan {
  /** What was asked for; planning it again on a later Model must be safe. */
  readonly request: Request;
  /** Whom it changes: what must be typed to overrule a guard rail. */
  readonly subject: string;
  /** One line, imperative: `Shrink the balloon of web-1 from 4.00 GiB to 2.00 GiB`. */
  readonly summary: string;
  readonly steps: readonly Step[];
  /** What is expected to happen on host and guest, one line each. */
  readonly effect: readonly string[];
  readonly warnings: readonly string[];
  /** Of several guests those that it does not touch, and why: `web-1: its balloon …`. */
  readonly leftOut?: readonly string[];
  /** What it makes of the host's RAM: one, or the worst and the best; absent where nothing can be foreseen. */
  readonly forecasts?: readonly Forecast[];
  /** The guard rails say no: why, and what to do instead. Only a `forceable` one may be overruled, by typing. */
  readonly refusal?: Refusal;
  /** Guests whose part is refused only for lack of a report that they would make if they were asked. */
  readonly unreported?: readonly GuestId[];
  /** Asks for what was there before. It is planned anew when it is used, so that undoing has guard rails too. */
  readonly undo?: Request;
  /** What it sets of a guest's limits of migration, and what is put back once that has ended. */
  readonly limits?: { readonly guest: GuestId; readonly was: MigrationLimits; readonly set: MigrationLimits };
  /** What to watch afterwards until it arrives. */
  readonly follow?: readonly Follow[];
  /**
   * The steps concern guests that have nothing to do with each other: all are tried, and those that fail are told. Else
   * the first that fails ends it.
   */
  readonly independent?: true;
}

/** One exact change of the world; the gate (perform.ts) knows how to do each kind and nothing else. */
export type Step =
  | GuestStep
  /** A value into a file of /proc/sys or /sys; `before` is what it was when this was planned. */
  | { readonly kind: 'write'; readonly path: string; readonly value: string; readonly before?: string }
  /** A whole file of settings, such as one in /etc/sysctl.d; without `content` it is removed. */
  | { readonly kind: 'file'; readonly path: string; readonly content?: string };

/** Something that takes its time after it was asked for: a balloon or a virtio-mem device (bytes), or a migration. */
export type Follow =
  | {
      readonly kind: 'balloon';
      readonly guest: GuestId;
      readonly name: string;
      readonly from: number;
      readonly target: number;
    }
  | {
      readonly kind: 'virtio-mem';
      readonly guest: GuestId;
      readonly name: string;
      /** QOM path. */
      readonly device: string;
      readonly from: number;
      readonly target: number;
    }
  | {
      readonly kind: 'migration';
      readonly guest: GuestId;
      readonly name: string;
      /** How it is to end. */
      readonly target: 'completed' | 'cancelled';
      /** libvirt ends the guest here once it runs there. */
      readonly leaves?: true;
    };

/**
 * What is asked for, in the words of `kvmtop do`: `balloon web-1 2G`. The journal and the way back hold it, and it is
 * read again on the Model of the moment, so nothing in it is trusted.
 */
export interface Request {
  readonly action: string;
  readonly words: readonly string[];
}

/** One file each, in a table (actions.ts): key, help, `kvmtop do` and the guard rails follow from it. */
export interface Action<Input> {
  readonly id: string;
  readonly title: string;
  readonly help: string;
  /** Words after the action's name. */
  readonly usage: string;
  /** An example of the words. */
  readonly example: string;
  /** Reads the words; throws a WordsError that says what is wrong with them, a NoGuest where they name one that is not there. */
  readonly parse: (model: Model, words: readonly string[]) => Input;
  /** `limits`: what the operator set; without them the defaults hold. */
  readonly plan: (model: Model, input: Input, request: Request, limits?: Limits) => Plan;
  /** What an operator must know while typing the last of these words, such as what is safe; one line. */
  readonly hint?: (model: Model, words: readonly string[], limits?: Limits) => string;
}
