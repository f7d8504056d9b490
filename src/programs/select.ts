import type { Model } from '../model.ts';
import type { Finding } from '../policy/finding.ts';
import type { Sample } from '../sample.ts';
import { safe } from '../text.ts';
import { Failure } from './options.ts';

/** As an operator may name a guest; its name also as a screen shows it, since nobody can type a control character. */
const isCalled = (guest: { readonly id: string; readonly name: string; readonly pid: number }, word: string): boolean =>
  guest.id === word || guest.name === word || safe(guest.name) === word || String(guest.pid) === word;

/** @throws Failure when one of `words` (of `-p`) is no guest here. */
export const requireGuests = ({ guests }: Sample, words: readonly string[]): void => {
  const missing = words.find(word => !guests.some(guest => isCalled(guest, word)));
  if (missing === undefined) return;
  const names = guests.map(guest => safe(guest.name)).join(', ');
  throw new Failure(
    `no guest '${safe(missing)}' here: ${names === '' ? 'no guest runs at all' : `there are ${names}`}; -p takes names, ids or PIDs`,
  );
};

/** For a word of `-p` that no sample of `where` knew. */
export const noSuchGuest = (word: string, where: string): Failure =>
  new Failure(`no guest '${safe(word)}' ${where}; -p takes names, ids or PIDs`);

/**
 * The Model with the guests that `words` call, all when there are none. The host's numbers stay those of the whole host.
 * Words that call one are taken out of `missing`.
 */
export const selectGuests = (model: Model, words: readonly string[], missing?: Set<string>): Model => {
  if (words.length === 0) return model;
  const guests = model.guests.filter(guest => words.some(word => isCalled(guest, word)));
  for (const word of missing ?? []) if (guests.some(guest => isCalled(guest, word))) missing?.delete(word);
  return { ...model, guests };
};

/** The findings on the host, and on the guests that the Model has: those of other guests were not asked for. */
export const selectFindings = (findings: readonly Finding[], { guests }: Model): readonly Finding[] => {
  const ids = new Set(guests.map(({ id }) => id));
  return findings.filter(({ guest }) => guest === undefined || ids.has(guest));
};
