import { thresholdsOf } from '../../config/settings.ts';
import { pickJson } from '../../export/choice.ts';
import { createCsv } from '../../export/csv.ts';
import { jsonText, toJson } from '../../export/json.ts';
import { selectFindings, selectGuests } from '../../guests.ts';
import { derive, type Model } from '../../model.ts';
import { own } from '../../own.ts';
import { advise, startAdvising } from '../../policy/advisor.ts';
import type { Finding } from '../../policy/finding.ts';
import type { Tape } from '../../recording/tape.ts';
import { adviceAt } from '../../store/advice.ts';
import { type Options, UsageError } from '../options.ts';
import { openOutput } from '../output.ts';
import { noSuchGuest } from '../select.ts';
import { chooseFields } from './fields.ts';
import { rangeOf } from './range.ts';

interface Printer {
  readonly head: string;
  readonly rows: (model: Model, findings: readonly Finding[]) => string;
  /** It prints findings. */
  readonly advised?: true;
}

const printers: Readonly<Record<string, (chosen: ReadonlySet<string> | undefined) => Printer>> = {
  csv: createCsv,
  ndjson: chosen => ({
    head: '',
    ...(chosen ? {} : { advised: true }),
    rows: (model, findings) => {
      const json = toJson(model, findings);
      return `${jsonText(chosen ? pickJson(json, chosen) : json, 'line')}\n`;
    },
  }),
};

const printerFor = ({ format = 'csv', fields }: Pick<Options, 'format' | 'fields'>): Printer => {
  const make = own(printers, format);
  if (!make) throw new UsageError(`--format takes ${Object.keys(printers).join(', ')}, not '${format}'`);
  return make(fields === undefined ? undefined : chooseFields(fields));
};

/** What the advisor tells at one sample after the other, as if it had looked on from some time before the first. */
const createFollower = (tape: Tape, first: number, { settings }: Pick<Options, 'settings'>) => {
  const thresholds = thresholdsOf(settings);
  let state = first > tape.first ? adviceAt(tape, first - 1, thresholds) : startAdvising();
  return (model: Model): readonly Finding[] => {
    state = advise(state, model, thresholds);
    return state.findings;
  };
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
  options: Pick<Options, 'format' | 'fields' | 'guests' | 'from' | 'to' | 'settings'>,
  out: NodeJS.WritableStream,
): Promise<void> => {
  const { head, rows, advised } = printerFor(options);
  const { first, last } = rangeOf(tape, options);
  const output = openOutput(out);
  const findingsAt = advised ? createFollower(tape, first, options) : () => [];
  const missing = new Set(options.guests);
  if (head !== '' && !(await output.write(head))) return;
  for (let id = first; id <= last; id += 1) {
    const whole = derive(tape.before(id), tape.sample(id));
    const model = selectGuests(whole, options.guests, missing);
    if (!(await output.write(rows(model, selectFindings(findingsAt(whole), model))))) return;
  }
  const [word] = missing;
  if (word !== undefined) throw noSuchGuest(word, 'in this part of the recording');
};
