import type { PageAssets } from '../export/report/document.ts';
import type { Source } from '../source/source.ts';
import type { Clock } from './clock.ts';
import type { Options } from './options.ts';
import type { Watchdog } from './screen/watchdog.ts';

/**
 * All that programs get of the process that they run in. cli.ts makes it of the real one, tests of what they like; programs
 * themselves never reach for `process`.
 */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The effective user. */
  readonly uid: number;
  readonly stdin: NodeJS.ReadableStream & Partial<Pick<NodeJS.ReadStream, 'isTTY' | 'setRawMode'>>;
  readonly stdout: NodeJS.WritableStream & Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows'>>;
  readonly stderr: NodeJS.WritableStream;
  readonly clock: Clock;
  /** Signals by their names, and `exit`. */
  readonly events: Pick<NodeJS.EventEmitter, 'on' | 'once'>;
  /** Stops this process until somebody continues it (SIGCONT). */
  readonly suspend: () => void;
  /** Has somebody stand by the terminal, who gives it back by these bytes where this process can't. */
  readonly guard: (leave: string) => Watchdog;
  /** Ends this process at once, whatever it was about to do. */
  readonly exit: (status: number) => void;
  /** Where the Samples of this run come from. */
  readonly openSource: (options: Options) => Promise<Source>;
  /** What a page carries with it; only one that is written needs it. */
  readonly loadPage: () => Promise<PageAssets>;
  /** The licences of all that this program is made of. */
  readonly loadLicences: () => Promise<string>;
}

/** Whether a live screen can be drawn. */
export const canDraw = ({ stdin, stdout, env }: Pick<Surroundings, 'stdin' | 'stdout' | 'env'>): boolean =>
  stdout.isTTY === true && stdin.isTTY === true && env['TERM'] !== 'dumb';
