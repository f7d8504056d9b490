import type { LaunchSample, MonitorSample } from '../sample.ts';
import { safe } from '../text.ts';
import { record, text } from './answers.ts';
import type { Started } from './launch.ts';

/** What a round brought: what is known of the guest now, besides the state of the monitor itself. */
export interface Round {
  readonly known: Omit<MonitorSample, 'state' | 'reason' | 'time' | 'path'>;
  readonly launch: LaunchSample;
}

/** How one kind of VMM is asked, by `Ask`, and what its answers mean. */
export interface Dialect<Ask> {
  /** Seconds from one round to the next at least, where asking costs more than a few milliseconds. */
  readonly every?: number;
  /**
   * `last` fills in what is not asked again; `now` is wall clock seconds. Fails with a MonitorError; with anything else
   * where kvmtop itself has a bug.
   */
  round(ask: Ask, last: Round | undefined, now: number, started: Started): Promise<Round>;
}

/** An answer of JSON over HTTP; `value` is `undefined` when there was no body. */
export interface Reply {
  readonly status: number;
  readonly value: unknown;
}

/** GET of a path. */
export type HttpGet = (path: string) => Promise<Reply>;

/** What the VMM's own client prints when it is run with these words and, last, the guest's socket. */
export type RunClient = (...words: readonly string[]) => Promise<string>;

/** Firecracker says `{"fault_message": …}`, Cloud Hypervisor a list of errors, the outermost first. */
export const faultOf = ({ status, value }: Reply): string => {
  const said = text(record(value)['fault_message']) ?? (Array.isArray(value) ? text(value[0]) : text(value));
  return safe(said ?? `HTTP status ${status}`);
};
