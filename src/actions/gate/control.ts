import type { GuestId } from '../../sample.ts';
import type { Purpose } from '../../vmm/step.ts';

/** No: by a guard rail, because all is read-only, or for lack of privilege. Exit status 3. */
export class Refused extends Error {}

/**
 * The hands of the gate: only a Source that can change the world has them. Every one of them fails with an Error that
 * says what, why and what to do, and checks first that a guest is still the one that was meant.
 */
export interface Control {
  /** One QMP command on a guest's monitor. */
  execute(guest: GuestId, command: string, args: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Writes a file of /proc/sys or /sys, and gives what the kernel says it is afterwards (which may be something else). */
  write(path: string, value: string): Promise<string>;
  /** `virsh -c URI` with these words; gives what it printed. A migration goes on by itself: `purpose` tells that it is one. */
  virsh(guest: GuestId, words: readonly string[], purpose?: Purpose): Promise<string>;
  /** A call of a VMM's HTTP API. */
  call(guest: GuestId, method: 'PUT' | 'PATCH', path: string, body: Readonly<Record<string, unknown>>): Promise<void>;
  /** A run of a VMM's own client. */
  run(guest: GuestId, words: readonly string[]): Promise<void>;
  /** Writes or (without content) removes a whole file of settings. */
  file(path: string, content: string | undefined): Promise<void>;
  /** Remembers what was asked of a balloon, since QEMU does not tell it. */
  noteTarget(guest: GuestId, bytes: number | undefined): void;
}
