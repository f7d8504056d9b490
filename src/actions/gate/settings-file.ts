import { chmod, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Root } from '../../root.ts';
import { settingsFiles } from '../../sample.ts';
import { Refused } from './control.ts';

/** Something is there that is not a file: a link to /dev/null is how such a file is switched off. */
const isOther = async (path: string): Promise<boolean> => {
  try {
    return !(await lstat(path)).isFile();
  } catch {
    return false;
  }
};

/**
 * Writes (or without content removes) a file of settings that the system reads at boot, whole or not at all, for all to
 * read. Only the files in `settingsFiles`: the gate must not become a way to write any file. Rejects with an Error that
 * says what and why.
 */
export const writeSettingsFile = async (root: Root, path: string, content: string | undefined): Promise<void> => {
  if (!settingsFiles.some(file => file === path)) throw new Error(`${path}: kvmtop does not write there`);
  const target = root.path(path);
  // Hidden, and without `.conf`: systemd passes it over.
  const draft = `${dirname(target)}/.kvmtop-${process.pid}`;
  if (await isOther(target))
    throw new Refused(`${path} is not a regular file, so it is not replaced; nothing was changed`);
  try {
    if (content === undefined) {
      await rm(target, { force: true });
      return;
    }
    await mkdir(dirname(target), { recursive: true });
    const file = await open(draft, 'wx', 0o644);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    // Whatever the umask took.
    await chmod(draft, 0o644);
    await rename(draft, target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    // Not another's, which could not be made.
    if (code !== 'EEXIST') await rm(draft, { force: true });
    if (code === 'EACCES' || code === 'EPERM')
      throw new Refused(`${path}: no privilege: run kvmtop as root (${code}); nothing was changed`);
    throw new Error(`${path}: ${code}; nothing was changed`);
  }
};
