import { momentForms, parseMoment, type Span } from '../../recording/moment.ts';
import type { Tape } from '../../recording/tape.ts';
import { safe } from '../../text.ts';
import { Failure, type Options, UsageError } from '../options.ts';

/** Ids of samples, both included. */
interface Range {
  readonly first: number;
  readonly last: number;
}

const timeOf = (tape: Tape, id: number): number => tape.headlines(id, id)[0]?.time ?? tape.sample(id).time;

const momentOf = (flag: string, text: string, span: Span): number => {
  const moment = parseMoment(text, span);
  if (moment === undefined) throw new UsageError(`--${flag} takes ${momentForms}, not '${safe(text)}'`);
  return moment;
};

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

/**
 * The samples between `--from` and `--to`; all where they are not given.
 * @throws UsageError, or Failure when there is no sample between them.
 */
export const rangeOf = (tape: Tape, { from, to }: Pick<Options, 'from' | 'to'>): Range => {
  const { first, last } = tape;
  if (last < first) throw new Failure('there is no sample in this recording yet');
  const span: Span = { from: timeOf(tape, first), to: timeOf(tape, last) };
  const start = from === undefined ? span.from : momentOf('from', from, span);
  const end = to === undefined ? span.to : momentOf('to', to, span);
  if (start > end) throw new UsageError(`--from (${iso(start)}) is after --to (${iso(end)})`);
  // `find` gives the sample before a moment, and the first one where there is none.
  const at = from === undefined ? first : tape.find(start);
  const range = { first: timeOf(tape, at) < start ? at + 1 : at, last: to === undefined ? last : tape.find(end) };
  if (range.first > range.last || timeOf(tape, range.last) > end)
    throw new Failure(
      `no sample was taken from ${iso(start)} to ${iso(end)}: this recording goes from ${iso(span.from)} to ${iso(span.to)}`,
    );
  return range;
};
