import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { RecordingError } from './tape.ts';

/**
 * Samples are stored as frames, in chains: a key frame, which is a whole sample, and delta frames, each of which tells what
 * changed since the sample before it. What a delta holds is in delta/format.ts.
 */

/** A frame before it is compressed: a key frame is JSON, a delta frame bytes. */
export type RawFrame = string | Uint8Array;

/** A frame as it is stored, with a checksum. A delta has the one before it as dictionary, since neighbours look alike. */
export interface Frame {
  /** Whether it is a key frame, which begins a chain. */
  readonly key: boolean;
  /** By zstd. */
  readonly data: Uint8Array;
}

/** Frames in a chain at most: a key frame costs as much as ten others, and finding a sample decodes half a chain. */
export const chainLength = 128;
/**
 * Bytes of deltas in a chain, before they are compressed, after which it ends: patching a mebibyte takes some 30 ms, and a jump to
 * its end waits for all of it. A host with 800 busy guests has 60 kB a second.
 */
export const chainWork = 1024 * 1024;
/** Bytes of a sample beyond which it is not one: a host with 1000 guests has some 3 MB. */
const largest = 64 * 1024 * 1024;

// Level 5 is as small as 9 at half the time.
const params = { [constants.ZSTD_c_compressionLevel]: 5, [constants.ZSTD_c_checksumFlag]: 1 };

/** In a buffer of its own: Node's has 16 kB, however little is in it. */
export const compress = (bytes: string | Uint8Array, dictionary?: Uint8Array): Uint8Array =>
  new Uint8Array(zstdCompressSync(bytes, { params, ...(dictionary && { dictionary }) }));

/** What Node says of bytes that zstd never wrote: its own words, that they end too early, are too many, or no dictionary. */
const damage = /^(ZSTD_.*|Z_BUF_ERROR|ERR_BUFFER_TOO_LARGE|ERR_ZLIB_INITIALIZATION_FAILED)$/;

/** @throws RecordingError when it is damaged, or larger than any sample */
export const decompress = (bytes: Uint8Array, dictionary?: Uint8Array): Uint8Array => {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: largest, ...(dictionary && { dictionary }) });
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (!damage.test(code)) throw error;
    const why = message.split('\n')[0];
    throw new RecordingError(
      `a sample of the recording is damaged (${why}): replay, dump and report save the rest with --recover`,
    );
  }
};
