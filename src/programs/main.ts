import { Refused } from '../actions/gate/control.ts';
import type { Gate } from '../actions/gate/perform.ts';
import { ConfigError } from '../config/error.ts';
import { type LoadedSettings, loadSettings, overrule } from '../config/load.ts';
import { messageOf } from '../errors.ts';
import type { Recording } from '../recording/read.ts';
import type { Source } from '../source/source.ts';
import { safe } from '../text.ts';
import { showSizesIn } from '../units.ts';
import { type Call, type Command, Failure, type Options, parseCall, UsageError, withSettings } from './options.ts';
import { openOutput } from './output.ts';
import { openGate } from './session.ts';
import { ordersBySignal, stopBySignal } from './signals.ts';
import { canDraw, type Surroundings } from './surroundings.ts';

/** With `--recover` a recording is what could be saved of it. */
const recovered = async (options: Options, { stderr }: Surroundings): Promise<Options> => {
  const [path] = options.words;
  if (!options.recover || path === undefined) return options;
  const { recoverTo } = await import('./recorded/recover.ts');
  return { ...options, words: [await recoverTo(path, stderr)] };
};

/** A program that needs no host: a recording is all there is. */
const withRecording = async (options: Options, use: (recording: Recording) => Promise<void>): Promise<void> => {
  const { openRecording } = await import('../recording/read.ts');
  const recording = openRecording(options.words[0] ?? '');
  try {
    await use(recording);
  } finally {
    recording.close();
  }
};

/** A program that looks at a host; the gate is the one of this run. */
const withSource = async (
  options: Options,
  around: Surroundings,
  use: (source: Source, gate: Gate) => Promise<void>,
): Promise<void> => {
  const source = await around.openSource(options);
  try {
    await use(source, openGate(source, options, around));
  } finally {
    await source.close();
  }
};

/** Each command's program; it is loaded when it is asked for. */
const programs: Readonly<
  Record<Command, (options: Options, around: Surroundings, loaded: LoadedSettings) => Promise<unknown>>
> = {
  async live(options, around) {
    const { live } = await import('./screen/live.ts');
    await withSource(options, around, (source, gate) => live(source, gate, options, around));
  },
  async snapshot(options, around) {
    const { snapshot } = await import('./snapshot.ts');
    await withSource(options, around, source => snapshot(source, options, around));
  },
  async stream(options, around) {
    const { stream } = await import('./stream.ts');
    await withSource(options, around, source => stream(source, options, around, stopBySignal(around)));
  },
  async record(options, around) {
    const { record } = await import('./record/record.ts');
    await withSource(options, around, (source, gate) => record(source, gate, options, around, ordersBySignal(around)));
  },
  async replay(options, around) {
    const { replay } = await import('./screen/replay.ts');
    await replay(options, around);
  },
  async dump(options, { stdout }) {
    const { dump } = await import('./recorded/dump.ts');
    await withRecording(options, recording => dump(recording, options, stdout));
  },
  async report(options, around) {
    const [{ report }, assets] = await Promise.all([import('./recorded/report.ts'), around.loadPage()]);
    await withRecording(options, recording => report(recording, options, assets, around));
  },
  async auto(options, around) {
    const { auto } = await import('./auto/auto.ts');
    await withSource(options, around, (source, gate) => auto(source, gate, options, around, stopBySignal(around)));
  },
  async simulate(options, around) {
    const { simulatePolicies } = await import('./simulate.ts');
    await simulatePolicies(options, around);
  },
  async do(options, around) {
    const { doAction } = await import('./do.ts');
    await withSource(options, around, (source, gate) => doAction(source, gate, options, around));
  },
  async config(_options, { stdout }, loaded) {
    const { printSettings } = await import('../config/print.ts');
    await openOutput(stdout).write(printSettings(loaded));
  },
  async doctor(options, around) {
    const { doctor } = await import('./doctor/doctor.ts');
    await withSource(options, around, source => doctor(source, options, around));
  },
};

/** Where no screen can be drawn, the live one is a stream of text. */
const fitted = (call: Call, around: Surroundings): Call =>
  call.command === 'live' && !canDraw(around)
    ? { ...call, command: 'stream', options: { ...call.options, format: 'text' } }
    : call;

/** 1 failed, 2 wrong usage, 3 refused: by a guard rail, because all is read-only, or for lack of privilege. */
const statusOf = (error: unknown): 1 | 2 | 3 => {
  if (error instanceof UsageError || error instanceof ConfigError) return 2;
  if (error instanceof Refused) return 3;
  return error instanceof Failure ? error.status : 1;
};

/**
 * kvmtop, with these words after its name. Resolves to its exit status: 0 done, 1 failed, 2 wrong usage, 3 refused. What went
 * wrong is one line on stderr that says what, why and what to do.
 */
export const main = async (argv: readonly string[], around: Surroundings): Promise<0 | 1 | 2 | 3> => {
  try {
    const call = parseCall(argv);
    if (call.version || call.help) {
      const { usage, version } = await import('./usage.ts');
      await openOutput(around.stdout).write(call.version ? `kvmtop ${version()}\n` : usage(call.command));
      return 0;
    }
    if (call.licences) {
      await openOutput(around.stdout).write(await around.loadLicences());
      return 0;
    }
    const loaded = overrule(await loadSettings(around.env, call.options.config), call.given);
    showSizesIn(loaded.settings.units);
    const { command, options } = fitted(withSettings(call, loaded.settings), around);
    await programs[command](await recovered(options, around), around, loaded);
    return 0;
  } catch (error) {
    const line = `kvmtop: ${safe(messageOf(error).replaceAll('\n', ' '))}\n`;
    // Where not even that can be written, the status tells.
    openOutput(around.stderr)
      .write(line)
      .catch(() => undefined);
    return statusOf(error);
  }
};
