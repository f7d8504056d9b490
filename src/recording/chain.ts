import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Sample } from '../sample.ts';
import { diff } from './diff.ts';
import { patch } from './patch.ts';
import { RecordingError } from './tape.ts';
import { plainOf, plant, type Tree } from './tree.ts';

/**
 * Samples come in chains: a key, which is a whole sample as JSON, and what changed from each to the next. Both are zstd
 * frames with a checksum; a change is compressed with the change before it as dictionary, since neighbours look alike.
 */

export interface Encoded {
  /** Whether it begins a chain. */
  readonly key: boolean;
  readonly data: Uint8Array;
}

/** Samples in a chain at most: a key costs as much as ten others, and finding a sample decodes half a chain. */
export const chainLength = 128;
/** Bytes of a sample beyond which it is not one: a host with 1000 guests has some 3 MB. */
const largest = 64 * 1024 * 1024;

// Level 5 is as small as 9 at half the time.
const params = { [constants.ZSTD_c_compressionLevel]: 5, [constants.ZSTD_c_checksumFlag]: 1 };

/** In a buffer of its own: Node's has 16 kB, however little is in it. */
const compress = (bytes: string | Uint8Array, dictionary?: Uint8Array): Uint8Array =>
  new Uint8Array(zstdCompressSync(bytes, { params, ...(dictionary && { dictionary }) }));

const decompress = (bytes: Uint8Array, dictionary?: Uint8Array): Uint8Array => {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: largest, ...(dictionary && { dictionary }) });
  } catch (error) {
    const why = (error as Error).message.split('\n')[0];
    throw new RecordingError(
      `a sample of the recording is damaged (${why}): replay, dump and report save the rest with --recover`,
    );
  }
};

/** A sample before it is compressed: whole, as JSON, or what changed since the one before. */
export type Change = string | Uint8Array;

/** Tells what changed from each sample to the next, in chains. */
export class Changes {
  #last: Tree | undefined;
  #length = 0;
  #keySize = 0;

  next(sample: Sample): Change {
    if (this.#last && this.#length < chainLength) {
      const { bytes, tree } = diff(this.#last, sample);
      if (bytes.length < this.#keySize) {
        this.#last = tree;
        this.#length += 1;
        return bytes;
      }
    }
    const key = JSON.stringify(sample);
    this.#last = plant(sample);
    this.#length = 1;
    this.#keySize = key.length;
    return key;
  }

  /** The next sample begins a chain: what came before it may be lost. */
  restart(): void {
    this.#last = undefined;
  }
}

/** Compresses what a `Changes` told, in that order; on another thread, if need be. */
export class Packer {
  readonly #most: number;
  #change: Uint8Array | undefined;
  #bytes = 0;

  /** A chain should end when it has more than `bytes`, too: where little is kept, and only whole ones go. */
  constructor(bytes = Number.POSITIVE_INFINITY) {
    this.#most = bytes;
  }

  pack(change: Change): Encoded {
    const key = typeof change === 'string';
    const data = compress(change, key ? undefined : this.#change);
    this.#change = key ? undefined : change;
    this.#bytes = data.length + (key ? 0 : this.#bytes);
    return { key, data };
  }

  get isFull(): boolean {
    return this.#bytes > this.#most;
  }
}

/** Both in one. */
export class Encoder {
  readonly #changes = new Changes();
  readonly #packer: Packer;

  /** As a Packer has it. */
  constructor(bytes?: number) {
    this.#packer = new Packer(bytes);
  }

  encode(sample: Sample): Encoded {
    if (this.#packer.isFull) this.restart();
    return this.#packer.pack(this.#changes.next(sample));
  }

  /** The next sample begins a chain: what came before it may be lost. */
  restart(): void {
    this.#changes.restart();
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const has = (value: Readonly<Record<string, unknown>>, type: string, ...keys: readonly string[]): boolean =>
  keys.every(key => (type === 'object' ? isObject(value[key]) : typeof value[key] === type));

const isGuest = (value: unknown): boolean =>
  isObject(value) &&
  has(value, 'string', 'id', 'name', 'vmm') &&
  has(value, 'number', 'pid', 'starttime') &&
  has(value, 'object', 'launch', 'process', 'monitor');

/** What all that reads Samples relies on; what is unknown here is kept, a later kvmtop may have written it. */
const asSample = (value: unknown): Sample => {
  const { guests, problems } = isObject(value) ? value : {};
  const whole =
    isObject(value) &&
    has(value, 'number', 'time', 'monotonic', 'pageSize') &&
    has(value, 'object', 'host') &&
    Array.isArray(guests) &&
    guests.every(isGuest) &&
    Array.isArray(problems) &&
    problems.every(one => isObject(one) && has(one, 'string', 'source', 'message'));
  if (!whole) throw new RecordingError('a sample of the recording is none: it lacks what every sample has');
  if (value['version'] !== 1)
    throw new RecordingError(`a sample of the recording is of version ${Number(value['version'])}: use a newer kvmtop`);
  return value as unknown as Sample;
};

/** Where a decoder is: it can go on from there again. */
interface Place {
  readonly last: Tree | undefined;
  readonly change: Uint8Array | undefined;
}

export class Decoder {
  #last: Tree | undefined;
  #change: Uint8Array | undefined;

  get place(): Place {
    return { last: this.#last, change: this.#change };
  }

  set place({ last, change }: Place) {
    this.#last = last;
    this.#change = change;
  }

  /** Goes on to the sample that follows the one given before; a key may follow anything. @throws RecordingError; then only a key can follow. */
  advance({ key, data }: Encoded): Tree {
    const last = this.#last;
    this.#last = undefined;
    if (key) {
      this.#last = plant(parse(decompress(data)));
      this.#change = undefined;
      return this.#last;
    }
    if (last === undefined) throw new RecordingError('a sample of the recording lacks the one before it');
    const change = decompress(data, this.#change);
    this.#last = patch(last, change);
    this.#change = change;
    return this.#last;
  }

  /** The same, as a sample. */
  decode(encoded: Encoded): Sample {
    return asSample(plainOf(this.advance(encoded)));
  }
}

const parse = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch {
    throw new RecordingError('a sample of the recording is no JSON');
  }
};

/** Chains that stay decoded: the one that is looked at and a neighbour, so that stepping over the border is fast. */
const kept = 2;

/** A place is kept of each so many samples: all trees of a chain would cost the garbage collector more than decoding them again. */
const stride = 16;
/** Trees kept beside, of the samples that were last come by: for stepping back. */
const mostRecent = 2 * stride;

class DecodedChain {
  readonly #decoder = new Decoder();
  /** After sample `stride` − 1, 2 × `stride` − 1, … of the chain. */
  readonly #places: Place[] = [];
  readonly #recent = new Map<number, Tree>();
  /** How many samples of the chain the decoder has behind it. */
  #passed = 0;

  /** The tree of the sample at `index` of the chain. */
  tree(index: number, read: (index: number) => Encoded): Tree {
    const known = this.#recent.get(index);
    if (known) return known;
    const nearest = Math.min(Math.floor(index / stride), this.#places.length);
    if (this.#passed > index || this.#passed < nearest * stride) {
      this.#decoder.place = this.#places[nearest - 1] ?? { last: undefined, change: undefined };
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
      if (this.#passed === (this.#places.length + 1) * stride) this.#places.push(this.#decoder.place);
    }
    return tree;
  }

  #remember(index: number, tree: Tree): void {
    this.#recent.set(index, tree);
    for (const oldest of this.#recent.keys()) if (this.#recent.size > mostRecent) this.#recent.delete(oldest);
  }
}

/** Samples by id, decoded as far as they were asked for. */
export class Decoded {
  /** By the id of their key; the last used one is last. */
  readonly #chains = new Map<number, DecodedChain>();

  /** Sample `id` of the chain that begins with `first`; `read` gives what is stored under an id. */
  sample(first: number, id: number, read: (id: number) => Encoded): Sample {
    const chain = this.#chains.get(first) ?? new DecodedChain();
    this.#chains.delete(first);
    this.#chains.set(first, chain);
    for (const oldest of this.#chains.keys()) if (this.#chains.size > kept) this.#chains.delete(oldest);
    return asSample(plainOf(chain.tree(id - first, index => read(first + index))));
  }
}
