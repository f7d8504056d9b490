import type { Model } from '../model.ts';
import type { GuestId } from '../sample.ts';

/** What an action would do. Plain data: the confirm dialog, `--dry-run` and the journal print the same Plan. */
export interface Plan {
  /** What was asked for; planning it again on a later Model must be safe. */
  readonly request: Request;
  /** One line, imperative: `Shrink the balloon of web-1 from 4.00 GiB to 2.00 GiB`. */
  readonly summary: string;
  readonly steps: readonly Step[];
  /** What is expected to happen on host and guest, one line each. */
  readonly effect: readonly string[];
  readonly warnings: readonly string[];
  /** The guard rails say no: why, and what to do instead. Only a `forceable` one may be overruled, by typing. */
  readonly refusal?: { readonly reason: string; readonly forceable: boolean };
  /** Asks for what was there before. It is planned anew when it is used, so that undoing has guard rails too. */
  readonly undo?: Request;
  /** What to watch afterwards until it arrives. */
  readonly follow?: Follow;
}

/** One exact change of the world; the gate (perform.ts) knows how to do each kind and nothing else. */
export interface Step {
  readonly kind: 'qmp';
  readonly guest: GuestId;
  readonly name: string;
  readonly command: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** A guest's balloon on its way: bytes. */
export interface Follow {
  readonly guest: GuestId;
  readonly name: string;
  readonly from: number;
  readonly target: number;
}

/** Everything that can be asked for, by action. */
export interface Inputs {
  readonly balloon: { readonly guest: GuestId; readonly bytes: number };
  readonly polling: { readonly guest: GuestId; readonly seconds: number };
}

export type ActionId = keyof Inputs;

export type Request = { [Id in ActionId]: { readonly action: Id; readonly input: Inputs[Id] } }[ActionId];

export interface Action<Id extends ActionId> {
  readonly id: Id;
  /** The key of the live screen. */
  readonly key?: string;
  readonly title: string;
  readonly help: string;
  /** Arguments of `kvmtop do`, after the action's name. */
  readonly usage: string;
  /** Reads the words of `kvmtop do`, against the Model; throws an Error that says what is wrong with them. */
  readonly parse: (model: Model, words: readonly string[]) => Inputs[Id];
  readonly plan: (model: Model, input: Inputs[Id]) => Plan;
}
