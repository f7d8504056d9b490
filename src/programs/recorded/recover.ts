import { existsSync, rmSync } from 'node:fs';
import { recover } from '../../recording/recover.ts';
import { safe } from '../../text.ts';
import { Failure } from '../options.ts';
import { openOutput } from '../output.ts';

const samples = (count: number): string => `${count} ${count === 1 ? 'sample' : 'samples'}`;

/**
 * `--recover`: copies what can be read of a damaged recording to `FILE.recovered`, and tells on `log` what was saved and
 * lost. Resolves to the new file's path; the damaged one stays as it is.
 * @throws Failure when that file is there already, or nothing was saved; RecordingError when it can't be read or written.
 */
export const recoverTo = async (path: string, log: NodeJS.WritableStream): Promise<string> => {
  const to = `${path}.recovered`;
  if (existsSync(to))
    throw new Failure(`${safe(to)} is there already: look at that file without --recover, or remove it first`);
  let saved = 0;
  try {
    const recovered = recover(path, to);
    saved = recovered.samples;
    if (saved === 0) throw new Failure(`nothing of ${safe(path)} can be read: there is nothing to recover`);
    const lost = recovered.lost === 0 ? 'none in between is lost' : `${samples(recovered.lost)} in between are lost`;
    await openOutput(log).write(`saved ${samples(saved)} of ${safe(path)} to ${safe(to)}; ${lost}\n`);
    return to;
  } finally {
    // What was begun and is good for nothing.
    if (saved === 0) for (const end of ['', '-wal', '-shm']) rmSync(to + end, { force: true });
  }
};
