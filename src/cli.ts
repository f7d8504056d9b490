import { Refused } from './actions/gate/control.ts';
import { ConfigError } from './config/error.ts';
import { type LoadedSettings, loadSettings, overrule } from './config/load.ts';
import { messageOf } from './errors.ts';
import { type Call, Failure, type Options, parseCall, UsageError, withSettings } from './programs/options.ts';
import { openOutput } from './programs/output.ts';
import type { Orders } from './programs/record.ts';
import { openGate, openSource } from './programs/session.ts';
import type { Recording } from './recording/read.ts';
import type { Source } from './source/source.ts';
import { showSizesIn } from './units.ts';

/** What needs no host: a recording is all there is. */
const withRecording = async (options: Options, use: (recording: Recording) => Promise<void>): Promise<void> => {
  const { openRecording } = await import('./recording/read.ts');
  const recording = openRecording(options.words[0] ?? '');
  try {
    await use(recording);
  } finally {
    recording.close();
  }
};

/** What looks at the host, or at what stands for it. */
const withSource = async (options: Options, use: (source: Source) => Promise<void>): Promise<void> => {
  const source = await openSource(options);
  try {
    await use(source);
  } finally {
    await source.close();
  }
};

const stopBySignal = (): AbortSignal => {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
};

/** SIGHUP has two meanings: logrotate's for a service, and that the terminal has gone. */
const ordersBySignal = (isTerminal: boolean): Orders => {
  const stop = new AbortController();
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  process.on('SIGHUP', () => {
    if (isTerminal) stop.abort();
    asked = true;
  });
  const takeReopen = (): boolean => {
    const isAsked = asked;
    asked = false;
    return isAsked;
  };
  return { stop: stop.signal, takeReopen };
};

/** With `--recover` a recording is what could be saved of it. */
const recovered = async (options: Options): Promise<Options> => {
  const [path] = options.words;
  if (!options.recover || path === undefined) return options;
  const { rescue } = await import('./programs/rescue.ts');
  return { ...options, words: [await rescue(path, process.stderr)] };
};

const run = async ({ command, options: asked }: Call, loaded: LoadedSettings): Promise<void> => {
  const options = await recovered(asked);
  switch (command) {
    case 'live':
      return withSource(options, async source => {
        const { live } = await import('./programs/live.ts');
        await live(source, options);
      });
    case 'snapshot':
      return withSource(options, async source => {
        const { snapshot } = await import('./programs/snapshot.ts');
        await snapshot(source, options, process.stdout);
      });
    case 'stream':
      return withSource(options, async source => {
        const { stream } = await import('./programs/stream.ts');
        await stream(source, options, process.stdout, stopBySignal());
      });
    case 'record':
      return withSource(options, async source => {
        const { record } = await import('./programs/record.ts');
        await record(source, options, process.stderr, ordersBySignal(process.stdin.isTTY));
      });
    case 'auto':
      return withSource(options, async source => {
        const { auto } = await import('./programs/auto.ts');
        await auto(source, openGate(source, options), options, process.stdout, stopBySignal());
      });
    case 'do':
      return withSource(options, async source => {
        const { doAction } = await import('./programs/do.ts');
        await doAction(source, options, process);
      });
    case 'doctor':
      return withSource(options, async source => {
        const { doctor } = await import('./programs/doctor.ts');
        await doctor(source, options, process.stdout);
      });
    case 'replay': {
      const { replay } = await import('./programs/replay.ts');
      return replay(options);
    }
    case 'dump': {
      const { dump } = await import('./programs/dump.ts');
      return withRecording(options, recording => dump(recording, options, process.stdout));
    }
    case 'report': {
      const [{ report }, { default: assets }] = await Promise.all([
        import('./programs/report.ts'),
        import('kvmtop:page'),
      ]);
      return withRecording(options, recording => report(recording, options, assets, process.stdout));
    }
    case 'simulate': {
      const { simulatePolicies } = await import('./programs/simulate.ts');
      const loadAssets = async () => (await import('kvmtop:page')).default;
      return simulatePolicies(options, loadAssets, process.stdout);
    }
    case 'config': {
      const { printSettings } = await import('./config/print.ts');
      await openOutput(process.stdout).write(printSettings(loaded));
      return;
    }
  }
};

/** Without a terminal that can be drawn on, the live screen is a stream of text. */
const fitted = (call: Call): Call =>
  call.command === 'live' && (!process.stdout.isTTY || !process.stdin.isTTY || process.env['TERM'] === 'dumb')
    ? { ...call, command: 'stream', options: { ...call.options, format: 'text' } }
    : call;

const main = async (argv: readonly string[]): Promise<number> => {
  try {
    const call = parseCall(argv);
    if (call.version || call.help) {
      const { usage, version } = await import('./programs/usage.ts');
      process.stdout.write(call.version ? `kvmtop ${version()}\n` : usage(call.command));
      return 0;
    }
    const loaded = overrule(await loadSettings(process.env, call.options.config), call.given);
    showSizesIn(loaded.settings.units);
    await run(fitted(withSettings(call, loaded.settings)), loaded);
    return 0;
  } catch (error) {
    const message = messageOf(error);
    process.stderr.write(`kvmtop: ${message.replaceAll('\n', ' ')}\n`);
    if (error instanceof UsageError || error instanceof ConfigError) return 2;
    if (error instanceof Refused) return 3;
    return error instanceof Failure ? error.status : 1;
  }
};

process.exitCode = await main(process.argv.slice(2));
// What is still open (a hung monitor, a late look-up) must not hold up a program that has done its work.
process.stdout.write('', () => process.exit());
// A terminal that takes nothing any more does not keep it either.
setTimeout(() => process.exit(), 1000).unref();
