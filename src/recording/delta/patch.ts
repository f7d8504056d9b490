import { ByteReader } from './bytes.ts';
import { advance, echoDepth, echoes, kind, kinds, nonsense } from './format.ts';
import { parseJson } from './json.ts';
import { type Branch, isBranch, isFlat, plant, type Tree } from './tree.ts';

class Patcher {
  readonly #operations: ByteReader;
  readonly #numbers: ByteReader;
  readonly #literals: readonly unknown[];
  #used = 0;
  /** How many containers are around what is read now. */
  #depth = 0;

  constructor(bytes: Uint8Array) {
    const whole = new ByteReader(bytes);
    this.#operations = new ByteReader(whole.take(whole.varint()));
    this.#numbers = new ByteReader(whole.take(whole.varint()));
    const literals: unknown = whole.done ? [] : parseJson(whole.rest());
    if (!Array.isArray(literals)) throw nonsense('its literals are no list');
    this.#literals = literals;
  }

  root(before: Tree): Tree {
    let after = before;
    if (!this.#operations.done) {
      const operation = this.#operations.varint() - 1;
      if (operation < 0 || operation >= kinds) throw nonsense('it does not begin with the whole');
      after = this.#child(operation, before, undefined, 0);
    }
    if (!(this.#operations.done && this.#numbers.done && this.#used === this.#literals.length))
      throw nonsense('it says more than there is');
    return after;
  }

  #literal(): unknown {
    if (this.#used >= this.#literals.length) throw nonsense('it lacks a literal');
    return this.#literals[this.#used++];
  }

  #key(): string {
    const key = this.#literal();
    if (typeof key !== 'string') throw nonsense('it has a key that is no text');
    return key;
  }

  /** `parent`: what its container was before; `index`: its place there, −1 for a new one. */
  #child(which: number, before: Tree, parent: Branch | undefined, index: number): Tree {
    if (which < kind.double) {
      if (typeof before !== 'number') throw nonsense('it adds to what is no number');
      const after = advance(which, before, this.#numbers.zigzag());
      if (!Number.isFinite(after)) throw nonsense('it adds up to no number');
      return after;
    }
    if (which === kind.double) {
      const after = this.#numbers.double();
      if (!Number.isFinite(after)) throw nonsense('it has what is no number');
      return after;
    }
    if (which === kind.literal) return plant(this.#literal(), this.#depth);
    if (which === kind.echo) return echoOf(parent, index);
    if (!isBranch(before)) throw nonsense('it goes into what has no parts');
    return this.#container(which, before);
  }

  #container(which: number, before: Branch): Branch {
    if (which === kind.inside) {
      const children = [...before.children];
      this.#children(children, before, undefined);
      return { keys: before.keys, children, plain: undefined };
    }
    const { keys, children, places } = this.#runs(before);
    this.#children(children, before, places);
    return { keys, children, plain: undefined };
  }

  #children(children: Tree[], before: Branch, places: readonly number[] | undefined): void {
    let index = 0;
    this.#depth += 1;
    for (let operation = this.#operations.varint(); operation !== 0; operation = this.#operations.varint()) {
      index += Math.floor((operation - 1) / kinds);
      if (index >= children.length) throw nonsense('it changes more than there is');
      children[index] = this.#child((operation - 1) % kinds, children[index]!, before, places ? places[index]! : index);
      index += 1;
    }
    this.#depth -= 1;
  }

  #runs(before: Branch): {
    readonly keys: readonly string[] | undefined;
    readonly children: Tree[];
    readonly places: readonly number[];
  } {
    const keys: string[] | undefined = before.keys && [];
    const children: Tree[] = [];
    const places: number[] = [];
    const taken = new Set<number>();
    for (let run = this.#operations.varint(); run !== 0; run = this.#operations.varint()) {
      const from = run % 2 === 1 ? -1 : this.#operations.varint();
      const length = Math.floor(run / 2);
      // Each is there once, so nothing grows beyond what was sent.
      if (from >= 0 && from + length > before.children.length) throw nonsense('it keeps more than there was');
      for (let index = from; index < from + length; index++) {
        if (from < 0) {
          if (keys) keys.push(this.#key());
          children.push(plant(this.#literal(), this.#depth + 1));
          places.push(-1);
          continue;
        }
        if (taken.has(index)) throw nonsense('it keeps one thing twice');
        taken.add(index);
        keys?.push(before.keys![index]!);
        children.push(before.children[index]!);
        places.push(index);
      }
    }
    if (keys && new Set(keys).size !== keys.length) throw nonsense('it has a key twice');
    return { keys, children, places };
  }
}

const echoOf = (parent: Branch | undefined, index: number): Tree => {
  const echoed = echoes.get(parent?.keys?.[index] ?? '');
  const place = echoed === undefined ? -1 : (parent?.keys?.indexOf(echoed) ?? -1);
  const tree = parent?.children[place];
  if (tree === undefined || !isFlat(tree, echoDepth)) throw nonsense('it repeats what there is not');
  return tree;
};

/** What `diff` was given as `after`. Shares what is unchanged with `before`, which stays as it is. @throws RecordingError */
export const patch = (before: Tree, bytes: Uint8Array): Tree => new Patcher(bytes).root(before);
