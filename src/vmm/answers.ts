import type { Numbers } from '../sample.ts';

/** How to read what a monitor answered: it is untrusted, so nothing of it is taken for granted. Pure. */

/** Lists and objects within each other, of an answer that is believed: parsing a million of them would stop everything. */
export const deepest = 32;
export const tooDeep = 'its answer is nested too deep';

const [quote, bracket, backslash, brace] = [34, 91, 92, 123];

/** JSON of somebody else's. @throws Error where it is none, or nested too deep. */
export const parseAnswer = (text: string): unknown => {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === quote) inString = !inString;
    else if (inString) at += character === backslash ? 1 : 0;
    else if (character === bracket || character === brace) depth += 1;
    else if (character === bracket + 2 || character === brace + 2) depth -= 1;
    if (depth > deepest) throw new Error(tooDeep);
  }
  return JSON.parse(text);
};

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
