import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { gather } from '../export/report/gather.ts';
import { type PageAssets, reportPage } from '../export/report/page.ts';
import type { Tape } from '../recording/tape.ts';
import { safe } from '../text.ts';
import { Failure, type Options, UsageError } from './options.ts';
import { openOutput } from './output.ts';
import { rangeOf } from './range.ts';
import { noSuchGuest, selectGuests } from './select.ts';
import { version } from './usage.ts';

/** Seconds that clocks here are ahead of UTC at a moment. */
const offsetAt = (time: number): number => -60 * new Date(time * 1000).getTimezoneOffset();

/** A device or a pipe can't be replaced by a file. */
const isReplaceable = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;

/** Whole or not at all, for its owner alone: it holds what a host told. */
const writePrivately = (path: string, text: string): void => {
  const mode = 0o600;
  if (!isReplaceable(path)) {
    writeFileSync(path, text);
    return;
  }
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(unfinished, text, { mode, flag: 'wx' });
    renameSync(unfinished, path);
  } catch (error) {
    // Not another's, which could not be made.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') rmSync(unfinished, { force: true });
    throw error;
  }
};

/**
 * `kvmtop report FILE -o OUT.html [--from T] [--to T]`: a recording as one page, into a file that is replaced where there
 * is one already, or with `-o -` to `out`. The caller closes the tape.
 * @throws UsageError; Failure when nothing was recorded then, a guest of `-p` never was there, or the page can't be written; RecordingError when nothing of it
 * can be read.
 */
export const report = async (
  tape: Tape,
  options: Pick<Options, 'output' | 'guests' | 'from' | 'to'>,
  assets: PageAssets,
  out: NodeJS.WritableStream,
): Promise<void> => {
  const { output } = options;
  if (output === undefined || output === '')
    throw new UsageError('report takes -o OUT.html, where the page is written to; -o - prints it');
  const { first, last } = rangeOf(tape, options);
  const missing = new Set(options.guests);
  const gathered = gather(tape, first, last, model => selectGuests(model, options.guests, missing));
  const [word] = missing;
  if (word !== undefined) throw noSuchGuest(word, 'in this part of the recording');
  const page = reportPage(
    gathered,
    { offset: offsetAt(gathered.begin.time), version: version(), made: Date.now() / 1000 },
    assets,
  );
  if (output === '-') {
    await openOutput(out).write(page);
    return;
  }
  try {
    writePrivately(output, page);
  } catch (error) {
    // Behind the comma is what was called, and on which file.
    const why = (error instanceof Error ? error.message : String(error)).split(',')[0] ?? '';
    throw new Failure(`the report can't be written to ${safe(output)} (${safe(why)}): choose another place with -o`);
  }
};
