import { thresholdsOf } from '../config/settings.ts';
import { csvHead, toCsv } from '../export/csv.ts';
import { jsonText, toJson } from '../export/json.ts';
import { toText } from '../export/text.ts';
import { everything } from '../fields/needs.ts';
import { selectFindings, selectGuests } from '../guests.ts';
import { derive, type Model } from '../model.ts';
import { own } from '../own.ts';
import { advise, startAdvising } from '../policy/advisor.ts';
import type { Finding } from '../policy/finding.ts';
import type { Source } from '../source/source.ts';
import { type Choice, createTheme } from '../ui/theme.ts';
import { type Options, UsageError } from './options.ts';
import { openOutput } from './output.ts';
import { requireGuests } from './select.ts';
import type { Surroundings } from './surroundings.ts';

/** What is printed for one look; `first` for the one that starts the output. */
type Printer = (model: Model, findings: readonly Finding[], first: boolean) => string;

const printers: Readonly<Record<string, (choice: Choice, env: Surroundings['env']) => Printer>> = {
  ndjson: () => (model, findings) => `${jsonText(toJson(model, findings), 'line')}\n`,
  csv: () => (model, _findings, first) => (first ? csvHead : '') + toCsv(model),
  text: (choice, env) => {
    const { ascii } = createTheme(env, choice);
    return (model, findings, first) => (first ? '' : '\n') + toText(model, { ascii, findings });
  },
};

const printerFor = (format: string, choice: Choice, env: Surroundings['env']): Printer => {
  const make = own(printers, format);
  if (!make) throw new UsageError(`--format takes ${Object.keys(printers).join(', ')}, not '${format}'`);
  return make(choice, env);
};

/**
 * `kvmtop stream [-n N] [-d S] [--format ndjson|csv|text]`: one block every `options.delay` seconds, text
 * unless another format is asked for, `options.count` of them or until `signal` or until the reader goes. The first
 * look is not printed: it has no rates. A reader too slow for the delay gets fewer blocks, never a queue of old ones.
 * The caller closes the source.
 * @throws UsageError, or Failure when a guest of `-p` is not there at the start or stdout can't be written.
 */
export const stream = async (
  source: Source,
  options: Pick<Options, 'delay' | 'guests' | 'count' | 'format' | 'settings'>,
  { stdout, env, clock }: Pick<Surroundings, 'stdout' | 'env' | 'clock'>,
  signal: AbortSignal,
): Promise<void> => {
  const print = printerFor(options.format ?? 'text', options.settings, env);
  const thresholds = thresholdsOf(options.settings);
  const output = openOutput(stdout);
  const count = options.count ?? Number.POSITIVE_INFINITY;

  let due = clock.steady();
  let previous = await source.look(everything);
  requireGuests(previous, options.guests);
  // CSV has numbers alone.
  const advised = options.format !== 'csv';
  let advice = startAdvising();
  if (advised) advice = advise(advice, derive(undefined, previous), thresholds);
  for (let printed = 0; printed < count; printed++) {
    // In step with the start, so that looks don't drift; after a long wait for the reader, in step with now.
    const now = clock.steady();
    due = Math.max(due + options.delay, now);
    await clock.wait(due - now, signal);
    if (signal.aborted) return;
    const next = await source.look(everything);
    const whole = derive(previous, next);
    if (advised) advice = advise(advice, whole, thresholds);
    const model = selectGuests(whole, options.guests);
    previous = next;
    if (!(await output.write(print(model, selectFindings(advice.findings, model), printed === 0)))) return;
  }
};
