import type { GuestOptions } from '../guest.ts';

/** What the tests ask of the agent in the KVM host, and what it answers: each a line of JSON. */

/** What a command of the shell came to. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What can be asked of a guest in the host: the methods of `Guest`. */
export type GuestCall = 'ready' | 'run' | 'qmp' | 'signal' | 'stop' | 'console';

export type Question =
  | { readonly ask: 'shell'; readonly command: string }
  | { readonly ask: 'start'; readonly options: GuestOptions }
  | { readonly ask: 'guest'; readonly pid: number; readonly call: GuestCall; readonly words: readonly unknown[] };

export interface Started {
  readonly pid: number;
  readonly qmpPath: string;
  readonly size: number;
}

export type Asked = Question & { readonly id: number };
export type Answered = { readonly id: number } & ({ readonly value: unknown } | { readonly error: string });
