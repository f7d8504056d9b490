import type { PageAssets } from '../../export/report/document.ts';
import { gather } from '../../export/report/gather.ts';
import { reportPage } from '../../export/report/page.ts';
import { selectGuests } from '../../guests.ts';
import type { Tape } from '../../recording/tape.ts';
import { type Options, UsageError } from '../options.ts';
import { writePage } from '../page-file.ts';
import { noSuchGuest } from '../select.ts';
import type { Surroundings } from '../surroundings.ts';
import { version } from '../usage.ts';
import { rangeOf } from './range.ts';

/** Seconds that clocks here are ahead of UTC at a moment. */
const offsetAt = (time: number): number => -60 * new Date(time * 1000).getTimezoneOffset();

/**
 * `kvmtop report FILE -o OUT.html [--from T] [--to T]`: a recording as one page, into a file that is replaced where there
 * is one already, or with `-o -` to stdout. The caller closes the tape.
 * @throws UsageError; Failure when nothing was recorded then, a guest of `-p` never was there, or the page can't be written; RecordingError when nothing of it
 * can be read.
 */
export const report = async (
  tape: Tape,
  options: Pick<Options, 'output' | 'guests' | 'from' | 'to'>,
  assets: PageAssets,
  { stdout, clock }: Pick<Surroundings, 'stdout' | 'clock'>,
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
    { offset: offsetAt(gathered.begin.time), version: version(), made: clock.now() },
    assets,
  );
  await writePage(output, page, stdout);
};
