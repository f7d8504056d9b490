import { setTimeout as delay } from 'node:timers/promises';
import { jsonText, toJson } from '../export/json.ts';
import { toText } from '../export/text.ts';
import { everything } from '../fields/needs.ts';
import { derive } from '../model.ts';
import type { Source } from '../source/source.ts';
import { createTheme } from '../ui/theme.ts';
import { type Options, UsageError } from './options.ts';
import { openOutput } from './output.ts';
import { requireGuests, selectGuests } from './select.ts';

/**
 * `kvmtop snapshot [--json | --text]`: two looks `options.delay` apart, so that there are rates, printed once to `out`.
 * Text for people unless JSON is asked for, whatever `out` is: what a script gets never depends on where it runs.
 * The caller closes the source.
 * @throws UsageError, or Failure when a guest of `-p` is not there or `out` can't be written; a reader that has gone is none.
 */
export const snapshot = async (
  source: Source,
  options: Pick<Options, 'delay' | 'guests' | 'json' | 'text' | 'settings'>,
  out: NodeJS.WritableStream,
): Promise<void> => {
  if (options.json && options.text) throw new UsageError('snapshot takes --json or --text, not both');
  const first = await source.look(everything);
  requireGuests(first, options.guests);
  await delay(options.delay * 1000);
  const model = selectGuests(derive(first, await source.look(everything)), options.guests);
  const text = options.json
    ? `${jsonText(toJson(model), 'indented')}\n`
    : toText(model, { ascii: createTheme(process.env, options.settings).ascii });
  await openOutput(out).write(text);
};
