import type { Sample } from '../sample.ts';
import { asSample } from './as-sample.ts';
import { parseJson } from './delta/json.ts';
import { patch } from './delta/patch.ts';
import { plainOf, plant, type Tree } from './delta/tree.ts';
import { decompress, type Frame } from './frame.ts';
import { RecordingError } from './tape.ts';

/** Where a decoder is: it can go on from there again. */
export interface DecoderState {
  readonly last: Tree | undefined;
  readonly delta: Uint8Array | undefined;
}

/** Where a decoder begins: only a key frame can come. */
export const initialState: DecoderState = { last: undefined, delta: undefined };

/** Makes samples of frames again, each from the one before. */
export class Decoder {
  #state = initialState;

  get state(): DecoderState {
    return this.#state;
  }

  set state(state: DecoderState) {
    this.#state = state;
  }

  /** Goes on to the frame that follows the one given before; a key frame may follow any. @throws RecordingError; then only a key frame can follow. */
  advance({ key, data }: Frame): Tree {
    const { last, delta: dictionary } = this.#state;
    this.#state = initialState;
    if (key) {
      const tree = plant(parseJson(decompress(data)));
      this.#state = { last: tree, delta: undefined };
      return tree;
    }
    if (last === undefined) throw new RecordingError('a sample of the recording lacks the one before it');
    const delta = decompress(data, dictionary);
    const tree = patch(last, delta);
    this.#state = { last: tree, delta };
    return tree;
  }

  /** The same, as a sample. */
  decode(frame: Frame): Sample {
    return asSample(plainOf(this.advance(frame)));
  }
}
