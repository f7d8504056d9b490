import type { MonitorSample } from '../../../sample.ts';

/** A guest's monitor, whatever it speaks. Nothing of it ever holds up a frame: what was last said is always at hand. */
export interface Monitor {
  /** What it last said, with its age. */
  readonly sample: MonitorSample;
  /** What the operator should know and can mend; `undefined` when nothing is wrong, or it is only busy. */
  readonly problem: string | undefined;
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
  /** Ends what is under way. */
  close(): Promise<void>;
}
