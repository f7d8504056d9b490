import { patienceOf, thresholdsOf } from '../config/settings.ts';
import { jsonText, toJson } from '../export/json.ts';
import { toText } from '../export/text.ts';
import { everything } from '../fields/needs.ts';
import { selectFindings, selectGuests } from '../guests.ts';
import { derive } from '../model.ts';
import { advise, startAdvising } from '../policy/advisor.ts';
import type { Source } from '../source/source.ts';
import { createTheme } from '../ui/theme.ts';
import { type Options, UsageError } from './options.ts';
import { openOutput } from './output.ts';
import { requireGuests } from './select.ts';
import { settledModel } from './settle.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * `kvmtop snapshot [--json | --text]`: two looks `options.delay` apart, so that there are rates, printed once, with what the
 * advisor finds on these two looks, however long it has held. The second waits for monitors that have not answered yet.
 * Text for people unless JSON is asked for, whatever stdout is: what a script gets never depends on where it runs.
 * The caller closes the source.
 * @throws UsageError, or Failure when a guest of `-p` is not there or stdout can't be written; a reader that has gone is none.
 */
export const snapshot = async (
  source: Source,
  options: Pick<Options, 'delay' | 'guests' | 'json' | 'text' | 'settings'>,
  { stdout, env, clock }: Pick<Surroundings, 'stdout' | 'env' | 'clock'>,
): Promise<void> => {
  if (options.json && options.text) throw new UsageError('snapshot takes --json or --text, not both');
  const first = await source.look(everything);
  requireGuests(first, options.guests);
  await clock.wait(options.delay);
  const thresholds = thresholdsOf(options.settings);
  const before = advise(startAdvising(false), derive(undefined, first), thresholds);
  const last = async () => derive(first, await source.look(everything));
  const whole = await settledModel(last, clock, patienceOf(options.settings));
  const model = selectGuests(whole, options.guests);
  const findings = selectFindings(advise(before, whole, thresholds).findings, model);
  const text = options.json
    ? `${jsonText(toJson(model, findings), 'indented')}\n`
    : toText(model, { ascii: createTheme(env, options.settings).ascii, findings });
  await openOutput(stdout).write(text);
};
