import type { LaunchSample, MonitorSample } from '../../../sample.ts';

/** How long is waited for a monitor that kvmtop connects to itself. Seconds. */
export interface Patience {
  /** Until QEMU's greeting; its socket is held for that long, too. */
  readonly greeting: number;
  /** Until the last answer of a round. */
  readonly round: number;
  /** The longest pause after failures, doubled with each in a row. */
  readonly pause: number;
}

/** A healthy QEMU needs four milliseconds for a round. */
export const defaultPatience: Patience = { greeting: 1, round: 2, pause: 30 };

/**
 * Milliseconds for one command of the gate, on a connection of its own. One that was sent is waited for rather than given up:
 * whether it was done is not known then.
 */
export const commandLimit = ({ greeting, round }: Patience): number => Math.max(5000, 1000 * (greeting + round));

/** Seconds. Polls come about as often as rounds are due, so one that comes a little early is not put off to the next. */
export const early = 0.1;

/** What a connection is made to. */
export type Target = { readonly path: string } | { readonly host: string; readonly port: number };

/** A monitor as it was found to be the guest's own, for one connection. */
export interface Reached {
  readonly target: Target;
  /** Once more, before a change. @throws MonitorError where the guest no longer listens there. */
  check(): void;
  /** The connection has ended. */
  release(): void;
}

/** The way to a guest's own monitor. */
export interface Way {
  /** As the process itself calls the place; for people. */
  readonly label: string;
  /** @throws MonitorError where that is not there, or not the guest's own. */
  reach(withinMs: number): Promise<Reached>;
  /** What was found may have changed: it is looked for anew. */
  forget(): void;
  close(): void;
}

/** Does `work` with a connection to a monitor. `deadline`: by `performance.now()`. */
export const connected = async <Result>(
  way: Way,
  deadline: number,
  work: (reached: Reached) => Promise<Result>,
): Promise<Result> => {
  const reached = await way.reach(Math.max(0, deadline - performance.now()));
  try {
    return await work(reached);
  } catch (error) {
    way.forget();
    throw error;
  } finally {
    reached.release();
  }
};

/** A guest's monitor, whatever it speaks. Nothing of it ever holds up a frame: what was last said is always at hand. */
export interface Monitor {
  /** What it last said, with its age. */
  readonly sample: MonitorSample;
  /** What the operator should know and can mend; `undefined` when nothing is wrong, or it is only busy. */
  readonly problem: string | undefined;
  /** What ended the last round and is none of the guest's doing, but kvmtop's own. */
  readonly bug: Error | undefined;
  /** How the guest was started, where the monitor tells it and the command line does not. */
  readonly launch?: LaunchSample;
  /** The UUID by which libvirt knows the guest, where that is asked. */
  readonly domain?: string;
  /** Seconds from one round to the next at least, where asking costs more than a few milliseconds. */
  readonly every?: number;
  /** `now`: wall clock, seconds. A clock that was set back makes it due. */
  isDue(now: number): boolean;
  /** One round; `interval` is the time to the next, seconds. Never fails: what went wrong is in the sample. */
  ask(now: number, interval: number): Promise<void>;
  /**
   * One QMP command. `check` throws when the process is no longer the same guest. Fails with an Error for the operator;
   * so it does at once where QMP is not spoken, or not to us.
   */
  execute(
    command: string,
    args: Readonly<Record<string, unknown>> | undefined,
    options: { readonly name: string; readonly timeoutMs: number; readonly check: () => void },
  ): Promise<unknown>;
  /** One call of the VMM's HTTP API, by the same rules; absent where there is none. */
  call?(
    method: 'PUT' | 'PATCH',
    path: string,
    body: Readonly<Record<string, unknown>>,
    options: { readonly name: string; readonly timeoutMs: number; readonly check: () => void },
  ): Promise<void>;
  /** One run of the VMM's own client, by the same rules; the words are the whole command. Absent where there is none. */
  run?(
    words: readonly string[],
    options: { readonly name: string; readonly timeoutMs: number; readonly check: () => void },
  ): Promise<void>;
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** The sample after a round that a bug of kvmtop's own has ended: what was last said, which grows old. */
export const afterBug = (last: MonitorSample): MonitorSample => ({
  ...last,
  state: 'bug',
  reason: 'kvmtop failed at its answer, which is a bug in kvmtop: see the list of problems',
});

/**
 * Wall clock of an answer to what was asked at `now` (wall clock) and `started` (`performance.now()`): seconds. Cut to
 * hundredths: ages are told in seconds, and every further digit would be in each recorded sample of each guest.
 */
export const heardAt = (now: number, started: number): number =>
  Math.floor((now + (performance.now() - started) / 1000) * 100) / 100;
