import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../errors.ts';
import { replaced, replaceFile } from '../replace-file.ts';
import { editSettings } from './edit.ts';
import type { Settings } from './settings.ts';

/**
 * Sets these values in the file at `path`, which is made when it is not there; its other lines stay.
 * @throws Error that says what, why and what to do; the file is then as it was.
 */
export const saveSettings = (path: string, changes: Partial<Settings>): void => {
  try {
    const old = replaced(path);
    if (!old) mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    replaceFile(path, editSettings(old ? readFileSync(old.path, 'utf8') : '', changes));
  } catch (error) {
    throw new Error(`${path} can't be saved: ${messageOf(error)}`);
  }
};
