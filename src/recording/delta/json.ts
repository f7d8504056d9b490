import { RecordingError } from '../tape.ts';

/** What a recording has as JSON. @throws RecordingError where it is none */
export const parseJson = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RecordingError('a sample of the recording is no JSON');
  }
};
