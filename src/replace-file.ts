import { chownSync, lstatSync, realpathSync, renameSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const user = (): number => process.geteuid?.() ?? -1;

/** Why a file may not be replaced by one of this user; undefined where it may. */
const unsafeBecause = (link: Stats, file: Stats, self: number): string | undefined => {
  if (!file.isFile()) return 'it is not a regular file';
  if (self !== 0 && file.uid !== self) return 'it belongs to another user';
  // As the kernel does in /tmp (fs.protected_symlinks): a link of somebody else must not choose what root replaces.
  if (link.isSymbolicLink() && link.uid !== self && link.uid !== file.uid) return 'it is a link of another user';
  return undefined;
};

/**
 * The file that would be replaced, behind any links; undefined where there is none yet.
 * @throws Error that says why it may not be replaced
 */
export const replaced = (path: string): { readonly path: string; readonly status: Stats } | undefined => {
  const link = lstatSync(path, { throwIfNoEntry: false });
  if (!link) return undefined;
  // Who keeps a file elsewhere and links to it wants the file changed, not the link replaced.
  const real = realpathSync(path);
  const status = statSync(real);
  const why = unsafeBecause(link, status, user());
  if (why !== undefined) throw new Error(`${why}, so it is not replaced`);
  return { path: real, status };
};

/**
 * Puts a text in the place of a file, whole or not at all. What is there already must be a regular file: a rename over
 * /dev/null would take it from the whole host. A file that is replaced keeps its owner and its mode, unless `mode` is given;
 * a new one gets `mode`, or 0644 less the umask.
 * @throws Error that says why; what was there is then as it was.
 */
export const replaceFile = (path: string, text: string, mode?: number): void => {
  const old = replaced(path);
  const target = old?.path ?? path;
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}.new`);
  try {
    writeFileSync(draft, text, { flag: 'wx', mode: mode ?? (old ? old.status.mode & 0o777 : 0o644), flush: true });
    if (old && user() === 0) chownSync(draft, old.status.uid, old.status.gid);
    renameSync(draft, target);
  } catch (error) {
    // Not another's, which could not be made.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') rmSync(draft, { force: true });
    throw error;
  }
};
