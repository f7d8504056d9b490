import { numberNames } from '../../export/choice.ts';
import { nearest } from '../../nearest.ts';
import { safe } from '../../text.ts';
import { UsageError } from '../options.ts';

/** A counter's field has two numbers in exports, so its id alone means both. */
const numbersCalled = (word: string): readonly string[] =>
  numberNames.filter(name => name === word || name === `${word}_rate` || name === `${word}_total`);

/**
 * The numbers that `--fields` names, by field id (`swap_in`) or by their names in exports (`swap_in_rate`).
 * @throws UsageError for one that there is not, with the name most like it.
 */
export const chooseFields = (text: string): ReadonlySet<string> => {
  const words = text
    .split(',')
    .map(word => word.trim())
    .filter(word => word !== '');
  if (words.length === 0) throw new UsageError('--fields takes names such as mem_available,guest_used');
  return new Set(
    words.flatMap(word => {
      const found = numbersCalled(word);
      if (found.length > 0) return found;
      const like = nearest(word, numberNames);
      throw new UsageError(
        `there is no field '${safe(word)}'${like === undefined ? '; docs/fields.md lists them' : `: did you mean ${like}?`}`,
      );
    }),
  );
};
