import { chownSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../errors.ts';
import { editSettings } from './edit.ts';
import type { Settings } from './settings.ts';

const existing = (path: string): { readonly path: string; readonly text: string } | undefined => {
  try {
    // Who keeps settings elsewhere and links to them wants the file changed, not the link replaced.
    const real = realpathSync(path);
    return { path: real, text: readFileSync(real, 'utf8') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/** The whole file or nothing of it, with the mode and the owner that it had. */
const replaceFile = (path: string, text: string): void => {
  const old = statSync(path, { throwIfNoEntry: false });
  const draft = `${path}.${process.pid}.new`;
  try {
    writeFileSync(draft, text, { flag: 'wx', mode: old ? old.mode & 0o777 : 0o644, flush: true });
    if (old && process.geteuid?.() === 0) chownSync(draft, old.uid, old.gid);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
};

/**
 * Sets these values in the file at `path`, which is made when it is not there; its other lines stay.
 * @throws Error that says what, why and what to do; the file is then as it was.
 */
export const saveSettings = (path: string, changes: Partial<Settings>): void => {
  try {
    const old = existing(path);
    if (!old) mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    replaceFile(old?.path ?? path, editSettings(old?.text ?? '', changes));
  } catch (error) {
    throw new Error(`${path} can't be saved: ${messageOf(error)}`);
  }
};
