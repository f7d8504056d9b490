import { watchJournal } from '../../actions/gate/journal-watch.ts';
import type { Gate } from '../../actions/gate/perform.ts';
import { thresholdsOf } from '../../config/settings.ts';
import { recordable } from '../../fields/needs.ts';
import { derive, type Model } from '../../model.ts';
import { headlineOf } from '../../recording/headline.ts';
import type { Recorder } from '../../recording/recorder.ts';
import type { Keep } from '../../recording/ring.ts';
import type { TapeEvent } from '../../recording/tape.ts';
import type { Sample } from '../../sample.ts';
import type { Source } from '../../source/source.ts';
import { safe } from '../../text.ts';
import { formatDuration, longBytes, parseSeconds } from '../../units.ts';
import { nextDue } from '../due.ts';
import { actionEvent } from '../events/action-event.ts';
import { createAdvisor } from '../events/advisor.ts';
import { type Options, UsageError } from '../options.ts';
import { openOutput } from '../output.ts';
import { openPolling, tellOn } from '../polling.ts';
import type { Surroundings } from '../surroundings.ts';
import { parseKeep } from './keep.ts';
import { openRecordingFiles } from './recording-files.ts';

/** How a recorder is told from outside what to do. */
export interface Orders {
  /** Aborted when it is to end. */
  readonly stop: AbortSignal;
  /** Asks for the file to be opened anew at its path, as after logrotate has moved it; whether that was asked for, once. */
  readonly takeReopen: () => boolean;
}

/** Root's, which everybody with sudo writes to. */
const sharedJournal = '/var/log/kvmtop/journal.ndjson';

interface Wishes {
  readonly path: string;
  readonly keep: Keep;
  /** Seconds; until a signal when there is no end. */
  readonly length: number;
  readonly daily: boolean;
}

const wishesOf = (options: Options): Wishes => {
  if (options.guests.length > 0)
    throw new UsageError('record takes no -p: all guests are recorded, and dump -p prints some');
  if (options.rotate !== undefined && options.rotate !== 'day')
    throw new UsageError(`--rotate takes day, not '${safe(options.rotate)}'`);
  const length = options.for === undefined ? Number.POSITIVE_INFINITY : parseSeconds(options.for);
  if (length === undefined || length <= 0)
    throw new UsageError(`--for takes a time such as 90s, 10m or 8h, not '${safe(options.for ?? '')}'`);
  return {
    path: options.words[0] ?? '',
    keep: options.keep === undefined ? {} : parseKeep(options.keep),
    length,
    daily: options.rotate === 'day',
  };
};

/** What is changed on this host by whomever; nothing where the host is not this one. */
const watchActions = (source: Source, { journal }: Gate, { root }: Options) => {
  const isHere = source.kind === 'live' && root === '/';
  const paths = isHere ? new Set([journal.path, sharedJournal]) : [];
  const watches = [...paths].map(path => watchJournal(path));
  return {
    look: (time: number): readonly TapeEvent[] =>
      watches.flatMap(watch => watch.look()).map(entry => actionEvent(entry, time)),
    close: (): void => {
      for (const watch of watches) watch.close();
    },
  };
};

const startLine = (path: string, { keep, length }: Wishes, every: number): string => {
  const kept = [
    ...(keep.seconds === undefined ? [] : [formatDuration(keep.seconds)]),
    ...(keep.bytes === undefined ? [] : [longBytes(keep.bytes)]),
  ].join(' or ');
  const until = length === Number.POSITIVE_INFINITY ? 'until SIGTERM or SIGINT' : `for ${formatDuration(length)}`;
  return `recording to ${safe(path)} every ${formatDuration(every)} ${until}${kept === '' ? '' : `, keeping the newest ${kept}`}\n`;
};

/**
 * `kvmtop record FILE [--for DURATION] [--keep SIZE|DURATION] [--rotate day] [--poll]`: all that any tab can show, every
 * `options.delay` seconds in step with the clock, until `orders.stop` or for so long after the first sample; a line on stderr at start and end. It
 * changes nothing, but guests' polling with --poll. The caller closes the source.
 * @throws UsageError; RecordingError when the file can't be written (any more).
 */
export const record = async (
  source: Source,
  gate: Gate,
  options: Options,
  { stderr, clock }: Pick<Surroundings, 'stderr' | 'clock'>,
  orders: Orders,
): Promise<void> => {
  const wishes = wishesOf(options);
  const output = openOutput(stderr);
  const files = openRecordingFiles(wishes.path, options.delay, wishes.keep, wishes.daily, tellOn(stderr));
  const polling = openPolling(gate, options.poll ? options.settings['statistics.polling_seconds'] : 0, {
    tell: tellOn(stderr),
  });
  await files.at(clock.now());
  await output.write(startLine(files.path, wishes, options.delay));
  const actions = watchActions(source, gate, options);
  const advisor = createAdvisor(thresholdsOf(options.settings), options.delay);
  /** Told by the first sample: on a slow host that look takes longer than all later ones. */
  let until: number | undefined;
  const over = AbortSignal.any([orders.stop, files.broken]);
  let previous: Sample | undefined;
  let count = 0;

  const see = (recorder: Recorder, model: Model): void => {
    recorder.append(model.sample, headlineOf(model));
    count += 1;
    for (const event of [...advisor.see(model).events, ...actions.look(model.time)]) recorder.note(event);
    polling.ensure(model);
  };
  try {
    while (!over.aborted) {
      const started = clock.now();
      const sample = await source.look(recordable);
      see(await files.at(sample.time, orders.takeReopen()), derive(previous, sample));
      previous = sample;
      until ??= clock.steady() + wishes.length;
      const now = clock.now();
      const wait = nextDue(started, now, options.delay) - now;
      const left = until - clock.steady();
      await clock.wait(Math.min(left, wait), over);
      if (left <= wait) break;
    }
  } finally {
    actions.close();
    await polling.putBack(async () => derive(undefined, await source.look(new Set())));
    await files.end();
  }
  await output.write(`recorded ${count} sample${count === 1 ? '' : 's'} to ${safe(files.path)}\n`);
};
