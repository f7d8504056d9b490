import { nonsense } from './format.ts';

/**
 * JSON-safe values as the codec walks them: the keys and the children of a container side by side in arrays, which costs a
 * fraction of looking each key up in an object. Trees never change: what is equal is shared.
 */

export interface Branch {
  /** Of an object, in its order; an array has none. */
  readonly keys: readonly string[] | undefined;
  readonly children: readonly Tree[];
  /**
   * The plain value that it was made of, or that `plainOf` made of it. Plain values don't change either, so who meets the very
   * same one again knows what it says.
   */
  plain: unknown;
}
export type Tree = Branch | string | number | boolean | null;

type Plain = Readonly<Record<string, unknown>>;
type Scalar = Exclude<Tree, Branch>;

export const isBranch = (tree: Tree): tree is Branch => typeof tree === 'object' && tree !== null;
export const isContainer = (value: unknown): value is Plain | readonly unknown[] =>
  typeof value === 'object' && value !== null;

/** What JSON makes of it. */
export const scalar = (value: unknown): Scalar =>
  typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
    ? value
    : null;

/** Keys and values side by side, as JSON would write them: what is `undefined` is absent, in an array null. */
export const partsOf = (
  value: Plain | readonly unknown[],
): { readonly keys: readonly string[] | undefined; readonly values: readonly unknown[] } => {
  if (Array.isArray(value)) return { keys: undefined, values: value };
  const plain = value as Plain;
  const keys = Object.keys(plain);
  const values = new Array<unknown>(keys.length);
  for (let index = 0; index < keys.length; index++) {
    const one = plain[keys[index]!];
    if (one === undefined) {
      const known = keys.filter(key => plain[key] !== undefined);
      return { keys: known, values: known.map(key => plain[key]) };
    }
    values[index] = one;
  }
  return { keys, values };
};

/** Containers within each other at most; a sample has seven. All that walks a tree goes as deep, and the stack has an end. */
const deepest = 64;

/** `depth`: how many containers it stands in. @throws RecordingError when it is nested deeper than any sample */
export const plant = (value: unknown, depth = 0): Tree => {
  if (!isContainer(value)) return scalar(value);
  if (depth >= deepest) throw nonsense('it is nested too deeply');
  const { keys, values } = partsOf(value);
  return { keys, children: values.map(one => plant(one, depth + 1)), plain: value };
};

/** The plain value, made once. What trees share, their values share: it must not be changed. */
export const plainOf = (tree: Tree): unknown => {
  if (!isBranch(tree)) return tree;
  tree.plain ??= tree.keys ? objectOf(tree.keys, tree.children) : tree.children.map(plainOf);
  return tree.plain;
};

const objectOf = (keys: readonly string[], children: readonly Tree[]): Plain => {
  const object: Record<string, unknown> = {};
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    const value = plainOf(children[index]!);
    if (key === '__proto__')
      Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
    else object[key] = value;
  }
  return object;
};

/** Whether a tree is what this value would be. */
export const equals = (tree: Tree, value: unknown): boolean => {
  if (!isBranch(tree)) return !isContainer(value) && tree === scalar(value);
  if (tree.plain === value) return true;
  if (!isContainer(value) || Array.isArray(value) !== (tree.keys === undefined)) return false;
  const { keys, values } = partsOf(value);
  return (
    values.length === tree.children.length &&
    (keys === undefined || keys.every((key, index) => key === tree.keys?.[index])) &&
    tree.children.every((child, index) => equals(child, values[index]))
  );
};

/** Whether nothing in it is deeper than this. */
export const isFlat = (tree: Tree, depth: number): boolean =>
  !isBranch(tree) || (depth > 0 && tree.children.every(child => isFlat(child, depth - 1)));
