import { guestsCalled, noGuestHere } from '../guests.ts';
import type { Model } from '../model.ts';
import type { Finding } from '../policy/finding.ts';
import type { Sample } from '../sample.ts';
import { safe } from '../text.ts';
import { Failure } from './options.ts';

const takes = '-p takes names, ids or PIDs';

/** @throws Failure when one of `words` (of `-p`) is no guest here. */
export const requireGuests = ({ guests }: Sample, words: readonly string[]): void => {
  const missing = words.find(word => guestsCalled(guests, word).length === 0);
  if (missing !== undefined) throw new Failure(`${noGuestHere(guests, missing)}; ${takes}`);
};

/** For a word of `-p` that no sample of `where` knew. */
export const noSuchGuest = (word: string, where: string): Failure =>
  new Failure(`no guest '${safe(word)}' ${where}; ${takes}`);

/**
 * The Model with the guests that `words` call, all when there are none. The host's numbers stay those of the whole host.
 * Words that call one are taken out of `missing`.
 */
export const selectGuests = (model: Model, words: readonly string[], missing?: Set<string>): Model => {
  if (words.length === 0) return model;
  const called = new Set(
    words.flatMap(word => {
      const found = guestsCalled(model.guests, word);
      if (found.length > 0) missing?.delete(word);
      return found;
    }),
  );
  return { ...model, guests: model.guests.filter(guest => called.has(guest)) };
};

/** The findings on the host, and on the guests that the Model has: those of other guests were not asked for. */
export const selectFindings = (findings: readonly Finding[], { guests }: Model): readonly Finding[] => {
  const ids = new Set(guests.map(({ id }) => id));
  return findings.filter(({ guest }) => guest === undefined || ids.has(guest));
};
