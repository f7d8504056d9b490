import { type Alignment, alignElements, alignKeys } from './align.ts';
import { ByteWriter, largestZigzag } from './bytes.ts';
import { advance, echoDepth, echoes, kind, kinds, page, stepsOf } from './format.ts';
import { type Branch, equals, isBranch, isContainer, isFlat, partsOf, plant, scalar, type Tree } from './tree.ts';

type Plain = Readonly<Record<string, unknown>>;

const decimals = [kind.milli, kind.micro];

class Differ {
  readonly operations = new ByteWriter();
  readonly numbers = new ByteWriter();
  readonly literals: unknown[] = [];

  #operation(gap: number, which: number): void {
    this.operations.varint(1 + gap * kinds + which);
  }

  #literal(gap: number, value: unknown): Tree {
    this.#operation(gap, kind.literal);
    this.literals.push(value);
    return plant(value);
  }

  #difference(gap: number, which: number, difference: number): void {
    this.#operation(gap, which);
    this.numbers.zigzag(difference);
  }

  #number(gap: number, before: number, after: number): void {
    const difference = after - before;
    if (Number.isSafeInteger(before) && Number.isSafeInteger(after) && Math.abs(difference) < largestZigzag) {
      // Not by %, which is slow beyond 2^31.
      const pages = difference / page;
      if (Number.isInteger(pages) && Number.isInteger(after / page)) this.#difference(gap, kind.pages, pages);
      else this.#difference(gap, kind.integer, difference);
      return;
    }
    for (const which of decimals) {
      const steps = stepsOf(which, after) - stepsOf(which, before);
      if (Math.abs(steps) >= largestZigzag || advance(which, before, steps) !== after) continue;
      this.#difference(gap, which, steps);
      return;
    }
    this.#operation(gap, kind.double);
    this.numbers.double(after);
  }

  /** Writes how the child after `gap` unchanged ones changed, and gives what it is now: itself when it did not. */
  child(gap: number, before: Tree, after: unknown, echoed: Tree | undefined): Tree {
    if (before === after) return before;
    if (!isContainer(after)) {
      const now = scalar(after);
      if (now === before) return before;
      if (typeof before !== 'number' || typeof now !== 'number') return this.#literal(gap, now);
      this.#number(gap, before, now);
      return now;
    }
    if (!isBranch(before) || Array.isArray(after) !== (before.keys === undefined)) return this.#literal(gap, after);
    if (before.plain === after) return before;
    const now = this.#branch(gap, before, after, echoed);
    // What says the same may be met again.
    if (now === before) before.plain = after;
    return now;
  }

  #branch(gap: number, before: Branch, after: Parameters<typeof partsOf>[0], echoed: Tree | undefined): Tree {
    if (echoed !== undefined && isBranch(echoed) && isFlat(echoed, echoDepth) && equals(echoed, after)) {
      if (equals(before, after)) return before;
      this.#operation(gap, kind.echo);
      return echoed;
    }
    return (
      (before.keys ? this.#object(gap, before, before.keys, after as Plain) : undefined) ??
      this.#container(gap, before, after)
    );
  }

  /**
   * Most objects have the keys they had. One pass over them, which for..in makes without looking any key up, decides that and
   * writes what changed; `undefined` when there are others, and then nothing is written.
   */
  #object(gap: number, before: Branch, keys: readonly string[], after: Plain): Tree | undefined {
    const start = this.operations.length;
    const numbers = this.numbers.length;
    const literals = this.literals.length;
    this.#operation(gap, kind.inside);
    const filled = this.operations.length;
    let children: Tree[] | undefined;
    let index = 0;
    let unchanged = 0;
    let isSame = true;
    for (const key in after) {
      const now = after[key];
      if (key !== keys[index] || now === undefined) {
        isSame = false;
        break;
      }
      const was = before.children[index]!;
      if (was !== now) {
        const next = this.child(unchanged, was, now, isBranch(was) ? echoOf(before, key) : undefined);
        if (next !== was) {
          children ??= [...before.children];
          children[index] = next;
          unchanged = -1;
        }
      }
      unchanged += 1;
      index += 1;
    }
    if (isSame && index === keys.length && children) {
      this.operations.varint(0);
      return { keys, children, plain: after };
    }
    const isEqual = isSame && index === keys.length && this.operations.length === filled;
    this.operations.length = start;
    this.numbers.length = numbers;
    this.literals.length = literals;
    return isEqual ? before : undefined;
  }

  /** An array, or an object with other keys. */
  #container(gap: number, before: Branch, after: Parameters<typeof partsOf>[0]): Tree {
    const { keys, values } = partsOf(after);
    const alignment = keys && before.keys ? alignKeys(before.keys, keys) : alignElements(before.children, values);
    if (alignment && !alignment.some(index => index >= 0)) return this.#literal(gap, after);
    const start = this.operations.length;
    this.#operation(gap, alignment ? kind.reshaped : kind.inside);
    if (alignment) this.#runs(alignment, keys, values);
    const children = this.#children(before, keys, values, alignment);
    if (children === before.children) {
      this.operations.length = start;
      return before;
    }
    this.operations.varint(0);
    return { keys: alignment ? keys : before.keys, children, plain: after };
  }

  #children(
    before: Branch,
    keys: readonly string[] | undefined,
    values: readonly unknown[],
    alignment: Alignment | undefined,
  ): readonly Tree[] {
    const children = new Array<Tree>(values.length);
    let isEqual = alignment === undefined;
    let gap = 0;
    for (let index = 0; index < values.length; index++) {
      const place = alignment ? alignment[index]! : index;
      const was = before.children[place];
      gap += 1;
      if (was === undefined) children[index] = plant(values[index]);
      else {
        const next = this.child(
          gap - 1,
          was,
          values[index],
          keys && isBranch(was) ? echoOf(before, keys[index]!) : undefined,
        );
        children[index] = next;
        if (next === was) continue;
        isEqual = false;
        gap = 0;
      }
    }
    return isEqual ? before.children : children;
  }

  #runs(alignment: Alignment, keys: readonly string[] | undefined, values: readonly unknown[]): void {
    for (let index = 0; index < alignment.length; ) {
      const start = index++;
      const from = alignment[start]!;
      while (index < alignment.length && alignment[index] === (from < 0 ? -1 : from + index - start)) index++;
      this.operations.varint((index - start) * 2 + (from < 0 ? 1 : 0));
      if (from >= 0) this.operations.varint(from);
      else
        for (let one = start; one < index; one++)
          if (keys) this.literals.push(keys[one], values[one]);
          else this.literals.push(values[one]);
    }
    this.operations.varint(0);
  }
}

const echoOf = ({ keys, children }: Branch, key: string): Tree | undefined => {
  const echoed = echoes.get(key);
  const index = echoed === undefined || !keys ? -1 : keys.indexOf(echoed);
  return index < 0 ? undefined : children[index];
};

/** What changed from a tree to the next. */
export interface Delta {
  /** What `patch` makes the tree of that was before. */
  readonly bytes: Uint8Array;
  /** `after`, sharing what is unchanged. */
  readonly tree: Tree;
}

/** Keys of `after` that are `undefined` are absent; NaN and the like are null, as in JSON. */
export const diff = (before: Tree, after: unknown): Delta => {
  const differ = new Differ();
  const tree = differ.child(0, before, after, undefined);
  const whole = new ByteWriter();
  for (const { written } of [differ.operations, differ.numbers]) {
    whole.varint(written.length);
    whole.raw(written);
  }
  if (differ.literals.length > 0) whole.raw(Buffer.from(JSON.stringify(differ.literals)));
  return { bytes: whole.written, tree };
};
