import type { Sample } from '../sample.ts';
import { diff } from './delta/diff.ts';
import { plant, type Tree } from './delta/tree.ts';
import { chainLength, chainWork, compress, type Frame, type RawFrame } from './frame.ts';

/** Makes raw frames of samples: tells what changed from each to the next, in chains. */
export class DeltaEncoder {
  #last: Tree | undefined;
  #length = 0;
  #keySize = 0;
  /** Bytes of the chain's deltas. */
  #work = 0;

  next(sample: Sample): RawFrame {
    if (this.#last && this.#length < chainLength && this.#work < chainWork) {
      const { bytes, tree } = diff(this.#last, sample);
      if (bytes.length < this.#keySize) {
        this.#last = tree;
        this.#length += 1;
        this.#work += bytes.length;
        return bytes;
      }
    }
    const key = JSON.stringify(sample);
    this.#last = plant(sample);
    this.#length = 1;
    this.#work = 0;
    this.#keySize = key.length;
    return key;
  }

  /** The next frame is a key frame: what came before it may be lost. */
  restart(): void {
    this.#last = undefined;
  }
}

/** Compresses the raw frames of a `DeltaEncoder`, in their order; on another thread, if need be. */
export class Compressor {
  readonly #most: number;
  #delta: Uint8Array | undefined;
  #bytes = 0;

  /** A chain should end when it has more than `bytes`, too: where little is kept, and only whole ones go. */
  constructor(bytes = Number.POSITIVE_INFINITY) {
    this.#most = bytes;
  }

  compress(raw: RawFrame): Frame {
    const key = typeof raw === 'string';
    const data = compress(raw, key ? undefined : this.#delta);
    this.#delta = key ? undefined : raw;
    this.#bytes = data.length + (key ? 0 : this.#bytes);
    return { key, data };
  }

  /** Whether the chain should end. */
  get isFull(): boolean {
    return this.#bytes > this.#most;
  }
}

/** Makes frames of samples: both in one. */
export class Encoder {
  readonly #deltas = new DeltaEncoder();
  readonly #compressor: Compressor;

  /** `bytes`: as a Compressor has it. */
  constructor(bytes?: number) {
    this.#compressor = new Compressor(bytes);
  }

  encode(sample: Sample): Frame {
    if (this.#compressor.isFull) this.restart();
    return this.#compressor.compress(this.#deltas.next(sample));
  }

  /** The next frame is a key frame: what came before it may be lost. */
  restart(): void {
    this.#deltas.restart();
  }
}
