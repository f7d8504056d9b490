import { guestsCalled, noGuestHere } from '../guests.ts';
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
