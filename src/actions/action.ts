import type { Model } from '../model.ts';
import type { GuestId } from '../sample.ts';

/** What an action would do. Plain data: the confirm dialog, `--dry-run` and the journal print the same Plan. */
export interface Plan {
  readonly action: string;
  /** One line, imperative: `Shrink the balloon of web-1 from 4.00 GiB to 2.00 GiB`. */
  readonly summary: string;
  readonly steps: readonly Step[];
  /** What is expected to happen on host and guest, one line each. */
  readonly effect: readonly string[];
  readonly warnings: readonly string[];
  /** Set when the guard rails say no: why, and what to do instead. `force` may overrule it only if `forceable`. */
  readonly refusal?: { readonly reason: string; readonly forceable: boolean };
  /** The steps that bring back what was before; absent when there is no way back. */
  readonly undo?: readonly Step[];
  /** What to watch afterwards until it arrives. */
  readonly follow?: Follow;
}

/** One exact change of the world; the gate knows how to do each kind and nothing else. */
export type Step =
  | {
      readonly kind: 'qmp';
      readonly guest: GuestId;
      readonly name: string;
      readonly command: string;
      readonly arguments: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'write'; readonly path: string; readonly value: string };

/** A guest's number that should arrive at `target` (within `tolerance`), bytes. */
export interface Follow {
  readonly guest: GuestId;
  readonly name: string;
  readonly field: 'balloon_actual';
  readonly from: number;
  readonly target: number;
  readonly tolerance: number;
}

export interface Action<Input> {
  readonly id: string;
  /** The key of the live screen, if it has one. */
  readonly key?: string;
  readonly title: string;
  readonly help: string;
  /** Usage of `kvmtop do`, after the action's name. */
  readonly usage: string;
  readonly plan: (model: Model, input: Input) => Plan;
}
