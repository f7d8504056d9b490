import type { Numbers } from '../sample.ts';

/** How to read what a monitor answered: it is untrusted, so nothing of it is taken for granted. Pure. */

/** QEMU says −1, or 2^64−1, for what it does not know (and JavaScript rounds the latter up). Never −0: JSON can say it. */
export const amount = (given: unknown): number | undefined =>
  typeof given === 'number' && given >= 0 && given < 2 ** 63 ? given + 0 : undefined;

/** Every amount of an answer under its own name; names that QEMU would not use are left out. */
export const amounts = (given: unknown): Numbers | undefined => {
  if (typeof given !== 'object' || given === null) return undefined;
  const kept: Record<string, number> = {};
  for (const [key, said] of Object.entries(given)) {
    const number = amount(said);
    if (number !== undefined && /^[a-z][a-z0-9-]{0,63}$/.test(key)) kept[key] = number;
  }
  return kept;
};

/** `last` where it says the same: who compares Samples then need not look into it. */
export const shared = <Now extends Numbers | undefined>(last: Numbers | undefined, now: Now): Numbers | Now => {
  if (!last || !now) return now;
  const keys = Object.keys(now);
  return keys.length === Object.keys(last).length && keys.every(key => now[key] === last[key]) ? last : now;
};

/** One of QEMU's own words for a state. */
export const word = (given: unknown): string | undefined =>
  typeof given === 'string' && /^[a-z-]{1,32}$/.test(given) ? given : undefined;

/** Text of at most so many characters; `undefined` when it is empty. */
export const text = (given: unknown, longest = 256): string | undefined =>
  typeof given === 'string' && given !== '' ? given.slice(0, longest) : undefined;

export const record = (given: unknown): Record<string, unknown> =>
  typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};

export const list = (given: unknown): unknown[] => (Array.isArray(given) ? given : []);
