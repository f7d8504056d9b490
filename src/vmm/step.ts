import type { GuestId } from '../sample.ts';

/**
 * What a step on a guest is for, where whoever does it must know: a balloon's target is remembered, a migration goes on
 * after its step. It is never told from the names of commands, which differ with each kind.
 */
export type Purpose =
  /** The guest is to have `target` bytes. */
  { readonly kind: 'balloon'; readonly target: number } | { readonly kind: 'migrate' | 'migrate-cancel' };

interface OnGuest {
  readonly guest: GuestId;
  readonly name: string;
  readonly purpose?: Purpose;
}

/** One exact change of a guest. */
export type GuestStep = OnGuest &
  /** A command on a guest's QMP monitor. */
  (
    | {
        readonly kind: 'qmp';
        readonly command: string;
        readonly arguments: Readonly<Record<string, unknown>>;
      }
    /** `virsh -c URI` with these words, for a guest that libvirt runs. */
    | { readonly kind: 'virsh'; readonly words: readonly string[] }
    /** A call of a VMM's HTTP API on its unix socket. */
    | {
        readonly kind: 'api';
        readonly method: 'PUT' | 'PATCH';
        readonly path: string;
        readonly body: Readonly<Record<string, unknown>>;
      }
    /** A run of the VMM's own client: its name, its words and, last, the guest's socket as its process knows it. */
    | { readonly kind: 'client'; readonly words: readonly string[] }
  );
