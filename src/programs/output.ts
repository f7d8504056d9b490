import { Failure } from './options.ts';

/** Where a program prints. */
export interface Output {
  /**
   * Resolves when the text has been taken, so that a slow reader slows the program instead of filling its memory: true,
   * or false once the reader has gone (as `head` does), after which nothing needs to be printed.
   * @throws Failure when it can't be written for another reason, such as a full disk.
   */
  write(text: string): Promise<boolean>;
}

const isGone = (error: NodeJS.ErrnoException): boolean =>
  error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' || error.code === 'ERR_STREAM_WRITE_AFTER_END';

export const openOutput = (stream: NodeJS.WritableStream): Output => {
  // A failed write is told twice: to its callback, which is enough, and as an event, which would end the process.
  stream.on('error', () => undefined);
  return {
    write: text =>
      new Promise((resolve, reject) => {
        stream.write(text, error => {
          if (!error) resolve(true);
          else if (isGone(error)) resolve(false);
          else reject(new Failure(`the output can't be written: ${error.message}`));
        });
      }),
  };
};
