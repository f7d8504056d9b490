import type { Kind } from './kind.ts';

/** The name may have anything in it, a `=` too. */
const entry = /^(.+)=(\d{1,9})$/s;

/** Weights of guests where memory is short, as `NAME=SHARES`: whole numbers, 0 leaves that guest alone. */
export const shares: Kind<readonly string[]> = {
  takes: 'a list of "NAME=SHARES" for different guests, shares from 0 to 999999999',
  read: given => {
    const entries = Array.isArray(given) ? given : undefined;
    const names = entries?.map(one => (typeof one === 'string' ? entry.exec(one)?.[1] : undefined));
    if (!entries || !names || names.includes(undefined) || new Set(names).size < names.length)
      throw new Error(`takes ${shares.takes}, such as ["web-1=2000", "batch=0"]`);
    return entries as readonly string[];
  },
  write: value => `[${value.map(one => JSON.stringify(one)).join(', ')}]`,
};

/** By name. A guest may be called `__proto__`: what is not there must be looked for with `Object.hasOwn`. */
export const sharesByName = (entries: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    entries.flatMap(one => {
      const [, name, weight] = entry.exec(one) ?? [];
      return name === undefined ? [] : [[name, Number(weight)]];
    }),
  );
