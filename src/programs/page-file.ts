import { statSync, writeFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { replaceFile } from '../replace-file.ts';
import { safe } from '../text.ts';
import { Failure } from './options.ts';
import { openOutput } from './output.ts';

/** A device or a pipe is written to; a file is replaced, for its owner alone: it holds what a host told. */
const writePrivately = (path: string, text: string): void => {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() ?? true) replaceFile(path, text, 0o600);
  else writeFileSync(path, text);
};

/**
 * Writes a page into a file, which is replaced where there is one already, or with `-` to `out`.
 * @throws Failure when it can't be written.
 */
export const writePage = async (path: string, page: string, out: NodeJS.WritableStream): Promise<void> => {
  if (path === '-') {
    await openOutput(out).write(page);
    return;
  }
  try {
    writePrivately(path, page);
  } catch (error) {
    // Behind the comma is what was called, and on which file.
    const why = messageOf(error).split(',')[0] ?? '';
    throw new Failure(`the page can't be written to ${safe(path)} (${safe(why)}): choose another place with -o`);
  }
};
