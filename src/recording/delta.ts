import { alignElements, alignKeys, type Container, isContainer, keysOf, type Order } from './align.ts';
import { ByteReader, ByteWriter, largestZigzag } from './bytes.ts';
import { RecordingError } from './tape.ts';

/**
 * What changed between two JSON-safe trees. Three streams, so that each compresses well with the one of the sample before:
 *
 *     varint bytes of the operations · operations · varint bytes of the numbers · numbers · JSON array of the literals
 *
 * An operation on a child of a container is a varint, 1 + gap × 9 + kind: gap children are unchanged, then one changed as
 * the kind says. 0 ends a container. The whole tree is the only child of a container that is not written. Children are in
 * the order of the keys before. What is unchanged costs nothing but its part in a gap, however large it is.
 */
const kind = {
  /** A zigzag difference of integers, of multiples of 4096, of thousandths, of millionths. */
  integer: 0,
  pages: 1,
  milli: 2,
  micro: 3,
  /** A double, whole. */
  double: 4,
  /** What another key of the same object (see `echoes`) had before. */
  echo: 5,
  /** The next literal. */
  literal: 6,
  /** Operations on its children, up to 0. */
  inside: 7,
  /** The same, after children came, went or moved: see `writeOrder`. */
  reshaped: 8,
} as const;
const kinds = 9;

/** Keys whose value is often what another key had in the sample before. At most two levels deep, so that none can nest. */
const echoes: ReadonlyMap<string, string> = new Map([['earlier', 'stats']]);

const page = 4096;
const scales: Readonly<Record<number, number>> = {
  [kind.integer]: 1,
  [kind.pages]: 1 / page,
  [kind.milli]: 1e3,
  [kind.micro]: 1e6,
};

type Tree = Readonly<Record<string, unknown>>;
const isArray = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isFlat = (value: unknown, depth: number): boolean =>
  !isContainer(value) || (depth > 0 && Object.values(value).every(one => isFlat(one, depth - 1)));

const advanced = (before: number, difference: number, scale: number): number =>
  (Math.round(before * scale) + difference) / scale;

const same = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (!isContainer(a) || !isContainer(b) || isArray(a) !== isArray(b)) return false;
  if (isArray(a))
    return (
      a.length === (b as readonly unknown[]).length && a.every((one, i) => same(one, (b as readonly unknown[])[i]))
    );
  const keys = keysOf(a as Tree);
  return !alignKeys(keys, keysOf(b as Tree)) && keys.every(key => same((a as Tree)[key], (b as Tree)[key]));
};

class Differ {
  readonly operations = new ByteWriter();
  readonly numbers = new ByteWriter();
  readonly literals: unknown[] = [];

  #operation(gap: number, which: number): void {
    this.operations.varint(1 + gap * kinds + which);
  }

  #literal(gap: number, value: unknown): void {
    this.#operation(gap, kind.literal);
    this.literals.push(value);
  }

  #number(gap: number, before: number, after: number): void {
    const whole = Number.isInteger(after) && Number.isInteger(before);
    const which = whole ? (after % page === 0 && before % page === 0 ? kind.pages : kind.integer) : undefined;
    for (const one of which === undefined ? [kind.milli, kind.micro] : [which]) {
      const scale = scales[one]!;
      const difference = Math.round(after * scale) - Math.round(before * scale);
      if (Math.abs(difference) >= largestZigzag || advanced(before, difference, scale) !== after) continue;
      this.#operation(gap, one);
      this.numbers.zigzag(difference);
      return;
    }
    this.#operation(gap, kind.double);
    this.numbers.double(after);
  }

  /** Writes how the child after `gap` unchanged ones changed. False when it did not, and then nothing is written. */
  child(gap: number, before: unknown, after: unknown, key?: string, siblings?: Tree): boolean {
    if (before === after) return false;
    if (typeof before === 'number' && typeof after === 'number' && Number.isFinite(before) && Number.isFinite(after)) {
      this.#number(gap, before, after);
      return true;
    }
    if (!isContainer(before) || !isContainer(after) || isArray(before) !== isArray(after)) {
      this.#literal(gap, after);
      return true;
    }
    const echoed = key !== undefined && siblings && echoes.get(key);
    if (echoed && isContainer(siblings[echoed]) && same(siblings[echoed], after) && isFlat(after, 2)) {
      if (same(before, after)) return false;
      this.#operation(gap, kind.echo);
      return true;
    }
    return this.#container(gap, before, after);
  }

  #container(gap: number, before: Container, after: Container): boolean {
    const keys = isArray(after) ? undefined : keysOf(after);
    const earlier = isArray(before) ? undefined : keysOf(before);
    const order =
      keys && earlier
        ? alignKeys(earlier, keys)
        : alignElements(before as readonly unknown[], after as readonly unknown[]);
    if (order && !order.some(index => index >= 0)) {
      this.#literal(gap, after);
      return true;
    }
    const start = this.operations.length;
    this.#operation(gap, order ? kind.reshaped : kind.inside);
    if (order) this.#order(order, keys, after);
    const filled = this.operations.length;
    this.#children(before, after, keys, order);
    if (!order && this.operations.length === filled) {
      this.operations.length = start;
      return false;
    }
    this.operations.varint(0);
    return true;
  }

  #children(before: Container, after: Container, keys: readonly string[] | undefined, order: Order | undefined): void {
    let gap = 0;
    const count = keys ? keys.length : (after as readonly unknown[]).length;
    for (let index = 0; index < count; index++) {
      const place = order ? order[index]! : index;
      const changed = keys
        ? place >= 0 &&
          this.child(gap, (before as Tree)[keys[index]!], (after as Tree)[keys[index]!], keys[index], before as Tree)
        : place >= 0 && this.child(gap, (before as readonly unknown[])[place], (after as readonly unknown[])[index]);
      gap = changed ? 0 : gap + 1;
    }
  }

  /** Runs of children: how many × 2, and where they were before; or × 2 + 1 for new ones, which are literals (with their key). 0 ends it. */
  #order(order: Order, keys: readonly string[] | undefined, after: Container): void {
    for (let index = 0; index < order.length; ) {
      const start = index++;
      const from = order[start]!;
      while (index < order.length && order[index] === (from < 0 ? -1 : from + index - start)) index++;
      this.operations.varint((index - start) * 2 + (from < 0 ? 1 : 0));
      if (from >= 0) this.operations.varint(from);
      else
        for (let one = start; one < index; one++)
          if (keys) this.literals.push(keys[one], (after as Tree)[keys[one]!]);
          else this.literals.push((after as readonly unknown[])[one]);
    }
    this.operations.varint(0);
  }
}

/** What `patch` needs to make `after` of `before`. Keys that are `undefined` are absent; NaN and the like become null, as in JSON. */
export const diff = (before: unknown, after: unknown): Uint8Array => {
  const differ = new Differ();
  differ.child(0, before, after);
  const whole = new ByteWriter();
  for (const { written } of [differ.operations, differ.numbers]) {
    whole.varint(written.length);
    whole.raw(written);
  }
  if (differ.literals.length > 0) whole.raw(Buffer.from(JSON.stringify(differ.literals)));
  return whole.written;
};

const nonsense = (why: string): RecordingError =>
  new RecordingError(`a sample of the recording makes no sense: ${why}`);

class Patcher {
  readonly #operations: ByteReader;
  readonly #numbers: ByteReader;
  readonly #literals: readonly unknown[];
  #used = 0;

  constructor(bytes: Uint8Array) {
    const whole = new ByteReader(bytes);
    this.#operations = new ByteReader(whole.take(whole.varint()));
    this.#numbers = new ByteReader(whole.take(whole.varint()));
    const literals: unknown = whole.done ? [] : JSON.parse(Buffer.from(whole.rest()).toString());
    if (!isArray(literals)) throw nonsense('its literals are no list');
    this.#literals = literals;
  }

  root(before: unknown): unknown {
    if (this.#operations.done) return this.#end(before);
    const operation = this.#operations.varint() - 1;
    if (operation < 0 || operation >= kinds) throw nonsense('it does not begin with the whole');
    return this.#end(this.#child(operation, before, undefined, undefined));
  }

  #end(value: unknown): unknown {
    if (this.#operations.done && this.#numbers.done && this.#used === this.#literals.length) return value;
    throw nonsense('it says more than there is');
  }

  #literal(): unknown {
    if (this.#used >= this.#literals.length) throw nonsense('it lacks a literal');
    return this.#literals[this.#used++];
  }

  #child(which: number, before: unknown, key: string | undefined, siblings: Tree | undefined): unknown {
    if (which === kind.literal) return this.#literal();
    if (which === kind.echo) {
      const echoed = key === undefined ? undefined : echoes.get(key);
      if (!echoed || !siblings || !Object.hasOwn(siblings, echoed) || !isFlat(siblings[echoed], 2))
        throw nonsense('it repeats what there is not');
      return siblings[echoed];
    }
    if (which === kind.inside || which === kind.reshaped) {
      if (!isContainer(before)) throw nonsense('it goes into what has no parts');
      return isArray(before) ? this.#array(which, before) : this.#object(which, before as Tree);
    }
    if (which === kind.double) return this.#numbers.double();
    if (typeof before !== 'number') throw nonsense('it adds to what is no number');
    return advanced(before, this.#numbers.zigzag(), scales[which]!);
  }

  #array(which: number, before: readonly unknown[]): readonly unknown[] {
    const after =
      which === kind.inside
        ? [...before]
        : this.#order(
            before.length,
            index => before[index],
            () => this.#literal(),
          );
    this.#children(after.length, (index, one) => {
      after[index] = this.#child(one, after[index], undefined, undefined);
    });
    return after;
  }

  #object(which: number, before: Tree): Tree {
    let keys: readonly string[] = Object.keys(before);
    let after: Record<string, unknown> = { ...before };
    if (which === kind.reshaped) {
      const entries = this.#order<readonly [string, unknown]>(
        keys.length,
        index => [keys[index]!, before[keys[index]!]],
        () => [String(this.#literal()), this.#literal()],
      );
      after = Object.fromEntries(entries);
      keys = Object.keys(after);
      if (keys.length !== entries.length) throw nonsense('it has a key twice');
    }
    this.#children(keys.length, (index, one) => {
      const key = keys[index]!;
      after[key] = this.#child(one, after[key], key, before);
    });
    return after;
  }

  #children(count: number, change: (index: number, which: number) => void): void {
    let index = 0;
    for (let operation = this.#operations.varint(); operation !== 0; operation = this.#operations.varint()) {
      index += Math.floor((operation - 1) / kinds);
      if (index >= count) throw nonsense('it changes more than there is');
      change(index++, (operation - 1) % kinds);
    }
  }

  #order<Child>(count: number, old: (index: number) => Child, fresh: () => Child): Child[] {
    const children: Child[] = [];
    const taken = new Set<number>();
    for (let run = this.#operations.varint(); run !== 0; run = this.#operations.varint()) {
      const from = run % 2 === 1 ? -1 : this.#operations.varint();
      const length = Math.floor(run / 2);
      // Each is there once, so nothing grows beyond what was sent.
      if (from >= 0 && from + length > count) throw nonsense('it keeps more than there was');
      for (let one = 0; one < length; one++) {
        if (from >= 0 && taken.has(from + one)) throw nonsense('it keeps one thing twice');
        if (from >= 0) taken.add(from + one);
        children.push(from < 0 ? fresh() : old(from + one));
      }
    }
    return children;
  }
}

/** What `diff` was given as `after`. Shares what is unchanged with `before`, which stays as it is. Throws a RecordingError. */
export const patch = (before: unknown, bytes: Uint8Array): unknown => {
  try {
    return new Patcher(bytes).root(before);
  } catch (error) {
    if (error instanceof RecordingError) throw error;
    // JSON that is none, or nested deeper than the stack.
    throw nonsense((error as Error).message.split('\n')[0] ?? '');
  }
};
