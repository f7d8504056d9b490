import { type Branch, isBranch, isContainer, type Tree } from './tree.ts';

/**
 * Which children of a container are those of an earlier one, so that one that came or went does not re-send the others: for
 * each child of the later container the index of the same one in the earlier; −1 for a new one.
 */
export type Alignment = readonly number[];

/** What tells the elements of an array apart: the first of these that all of them have. */
const identities = ['id', 'pid', 'path', 'device', 'source', 'name'];

const equal = (a: readonly unknown[], b: readonly unknown[]): boolean => {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
};

const identify = <Element>(
  elements: readonly Element[],
  look: (element: Element) => unknown,
): readonly unknown[] | undefined => {
  const found: unknown[] = [];
  for (const element of elements) {
    const identity = look(element);
    if (typeof identity !== 'string' && typeof identity !== 'number') return undefined;
    found.push(identity);
  }
  return found;
};

const inTree =
  (key: string) =>
  (element: Tree): unknown => {
    const index = isBranch(element) && element.keys ? element.keys.indexOf(key) : -1;
    return index < 0 ? undefined : (element as Branch).children[index];
  };
const inValue =
  (key: string) =>
  (element: unknown): unknown =>
    isContainer(element) && Object.hasOwn(element, key)
      ? (element as Readonly<Record<string, unknown>>)[key]
      : undefined;

/** `undefined`: the same ones in the same order. */
export const alignKeys = (before: readonly unknown[], after: readonly unknown[]): Alignment | undefined => {
  if (equal(before, after)) return undefined;
  const places = new Map(before.map((key, index) => [key, index]));
  return after.map(key => places.get(key) ?? -1);
};

/** `undefined`: as many, each in the place of the one before it. */
export const alignElements = (before: readonly Tree[], after: readonly unknown[]): Alignment | undefined => {
  for (const key of identities) {
    const earlier = identify(before, inTree(key));
    const later = earlier && identify(after, inValue(key));
    if (!earlier || !later) continue;
    if (equal(earlier, later)) return undefined;
    if (new Set(earlier).size === earlier.length && new Set(later).size === later.length)
      return alignKeys(earlier, later);
  }
  return before.length === after.length ? undefined : after.map((_, index) => (index < before.length ? index : -1));
};
