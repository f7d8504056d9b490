import { pickJson } from '../export/choice.ts';
import { createCsv } from '../export/csv.ts';
import { jsonText, toJson } from '../export/json.ts';
import { derive, type Model } from '../model.ts';
import type { Tape } from '../recording/tape.ts';
import { chooseFields } from './fields.ts';
import { type Options, UsageError } from './options.ts';
import { openOutput } from './output.ts';
import { rangeOf } from './range.ts';
import { noSuchGuest, selectGuests } from './select.ts';

interface Printer {
  readonly head: string;
  readonly rows: (model: Model) => string;
}

const printers: Readonly<Record<string, (chosen: ReadonlySet<string> | undefined) => Printer>> = {
  csv: createCsv,
  ndjson: chosen => ({
    head: '',
    rows: model => {
      const json = toJson(model);
      return `${jsonText(chosen ? pickJson(json, chosen) : json, 'line')}\n`;
    },
  }),
};

const printerFor = ({ format = 'csv', fields }: Pick<Options, 'format' | 'fields'>): Printer => {
  const make = Object.hasOwn(printers, format) ? printers[format] : undefined;
  if (!make) throw new UsageError(`--format takes ${Object.keys(printers).join(', ')}, not '${format}'`);
  return make(fields === undefined ? undefined : chooseFields(fields));
};

/**
 * `kvmtop dump FILE [--from T] [--to T] [--format csv|ndjson] [--fields A,B]`: a recording as `stream` would have printed
 * it, to `out` or until its reader goes; CSV unless NDJSON is asked for. One sample after the other, however long it is.
 * The caller closes the tape.
 * @throws UsageError; Failure when nothing was recorded then, when a guest of `-p` never was there, or `out` can't be
 * written; RecordingError when the recording is broken there.
 */
export const dump = async (
  tape: Tape,
  options: Pick<Options, 'format' | 'fields' | 'guests' | 'from' | 'to'>,
  out: NodeJS.WritableStream,
): Promise<void> => {
  const { head, rows } = printerFor(options);
  const { first, last } = rangeOf(tape, options);
  const output = openOutput(out);
  const missing = new Set(options.guests);
  if (head !== '' && !(await output.write(head))) return;
  for (let id = first; id <= last; id += 1) {
    const model = selectGuests(derive(tape.before(id), tape.sample(id)), options.guests, missing);
    if (!(await output.write(rows(model)))) return;
  }
  const [word] = missing;
  if (word !== undefined) throw noSuchGuest(word, 'in this part of the recording');
};
