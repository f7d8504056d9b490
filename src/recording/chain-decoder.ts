import type { Sample } from '../sample.ts';
import { asSample } from './as-sample.ts';
import { Decoder, type DecoderState, initialState } from './decoder.ts';
import { plainOf, type Tree } from './delta/tree.ts';
import type { Frame } from './frame.ts';

/** The decoder's state is kept after each so many samples: all trees of a chain would cost the garbage collector more than decoding them again. */
const stride = 16;
/** Trees kept beside, of the samples that were last come by: for stepping back. */
const mostRecent = 2 * stride;

class DecodedChain {
  readonly #decoder = new Decoder();
  /** After sample `stride` − 1, 2 × `stride` − 1, … of the chain. */
  readonly #states: DecoderState[] = [];
  readonly #recent = new Map<number, Tree>();
  /** How many frames of the chain the decoder has behind it. */
  #passed = 0;

  /** The tree of the sample at `index` of the chain. */
  tree(index: number, read: (index: number) => Frame): Tree {
    const known = this.#recent.get(index);
    if (known) return known;
    const nearest = Math.min(Math.floor(index / stride), this.#states.length);
    if (this.#passed > index || this.#passed < nearest * stride) {
      this.#decoder.state = this.#states[nearest - 1] ?? initialState;
      this.#passed = nearest * stride;
    }
    let tree: Tree = null;
    while (this.#passed <= index) {
      try {
        tree = this.#decoder.advance(read(this.#passed));
      } catch (error) {
        // Whoever asks again shall hear the same.
        this.#passed = Number.POSITIVE_INFINITY;
        throw error;
      }
      if (index - this.#passed < stride) this.#remember(this.#passed, tree);
      this.#passed += 1;
      if (this.#passed === (this.#states.length + 1) * stride) this.#states.push(this.#decoder.state);
    }
    return tree;
  }

  #remember(index: number, tree: Tree): void {
    this.#recent.set(index, tree);
    for (const oldest of this.#recent.keys()) if (this.#recent.size > mostRecent) this.#recent.delete(oldest);
  }
}

/** Decodes samples by their id, each chain only as far as it is asked for; the last chains stay decoded. */
export class ChainDecoder {
  /** By the id of their key frame; the last used one is last. */
  readonly #chains = new Map<number, DecodedChain>();
  readonly #kept: number;

  /** `kept`: chains that stay decoded, the one that is looked at and a neighbour, so that stepping over the border is fast. */
  constructor(kept = 2) {
    this.#kept = kept;
  }

  /** Sample `id` of the chain that begins with `first`; `read` gives what is stored under an id. */
  sample(first: number, id: number, read: (id: number) => Frame): Sample {
    return asSample(plainOf(this.tree(first, id, read)));
  }

  /** The same, not yet made into objects. */
  tree(first: number, id: number, read: (id: number) => Frame): Tree {
    const chain = this.#chains.get(first) ?? new DecodedChain();
    this.#chains.delete(first);
    this.#chains.set(first, chain);
    for (const oldest of this.#chains.keys()) if (this.#chains.size > this.#kept) this.#chains.delete(oldest);
    return chain.tree(id - first, index => read(first + index));
  }
}
