import { realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const sticky = 0o1000;
const othersWrite = 0o022;
const mayRun = 0o111;

/** Whether nobody but root, and who runs kvmtop, can put something else there. In a sticky folder each keeps what is theirs. */
const isOurs = ({ uid, mode }: Stats, folder: boolean): boolean =>
  (uid === 0 || uid === process.geteuid?.()) && ((mode & othersWrite) === 0 || (folder && (mode & sticky) !== 0));

const pathIsOurs = (path: string): boolean => {
  const above = dirname(path);
  return isOurs(statSync(path), true) && (above === path || pathIsOurs(above));
};

const isTrusted = (file: string): boolean => {
  try {
    const real = realpathSync(file);
    const status = statSync(real);
    const runs = status.isFile() && (status.mode & mayRun) !== 0 && isOurs(status, false);
    return runs && pathIsOurs(dirname(real)) && pathIsOurs(realpathSync(dirname(file)));
  } catch {
    return false;
  }
};

/**
 * A program in a folder of the PATH, none of which a stranger can change. The program of a guest's own process is never run
 * in its place, though it would fit best: whoever starts a guest may have made it, and kvmtop runs as root.
 */
export const trustedProgram = (program: string, path = process.env['PATH'] ?? ''): string | undefined =>
  path
    .split(':')
    .filter(folder => folder.startsWith('/'))
    .map(folder => join(folder, program))
    .find(isTrusted);
