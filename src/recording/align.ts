/** Which children of a container are those of an earlier one: so that one that came or went does not re-send the others. */

export type Container = Readonly<Record<string, unknown>> | readonly unknown[];

/** For each child of the later container the index of the same one in the earlier; −1 for a new one. */
export type Order = readonly number[];

/** What tells the elements of an array apart; the first of these that all of them have and that differs between them. */
const identities = ['id', 'pid', 'path', 'device', 'source', 'name'];

export const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

/** The keys that JSON would write, in their order. */
export const keysOf = (value: Readonly<Record<string, unknown>>): readonly string[] => {
  const keys = Object.keys(value);
  for (const key of keys) if (value[key] === undefined) return keys.filter(one => value[one] !== undefined);
  return keys;
};

const equal = (a: readonly unknown[], b: readonly unknown[]): boolean => {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
};

const identify = (elements: readonly unknown[], key: string): readonly unknown[] | undefined => {
  const found: unknown[] = [];
  for (const element of elements) {
    if (!isContainer(element) || !Object.hasOwn(element, key)) return undefined;
    const identity = (element as Readonly<Record<string, unknown>>)[key];
    if (typeof identity !== 'string' && typeof identity !== 'number') return undefined;
    found.push(identity);
  }
  return found;
};

/** `undefined`: the same ones in the same order. */
export const alignKeys = (before: readonly unknown[], after: readonly unknown[]): Order | undefined => {
  if (equal(before, after)) return undefined;
  const places = new Map(before.map((key, index) => [key, index]));
  return after.map(key => places.get(key) ?? -1);
};

/** `undefined`: as many, each in the place of the one before it. */
export const alignElements = (before: readonly unknown[], after: readonly unknown[]): Order | undefined => {
  for (const key of identities) {
    const earlier = identify(before, key);
    const later = earlier && identify(after, key);
    if (!earlier || !later) continue;
    if (equal(earlier, later)) return undefined;
    if (new Set(earlier).size === earlier.length && new Set(later).size === later.length)
      return alignKeys(earlier, later);
  }
  return before.length === after.length ? undefined : after.map((_, index) => (index < before.length ? index : -1));
};
