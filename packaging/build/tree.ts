import { chmodSync, globSync, lutimesSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { File } from './contents.ts';

/** Writes files below a folder. */
export const writeTree = (folder: string, files: readonly File[]): void => {
  for (const { path, content, runs } of files) {
    mkdirSync(join(folder, dirname(path)), { recursive: true, mode: 0o755 });
    writeFileSync(join(folder, path), content);
    // Whatever the umask is here.
    chmodSync(join(folder, path), runs ? 0o755 : 0o644);
  }
};

/** Gives all below a folder one time, so that two builds are equal. */
export const dateTree = (folder: string, seconds: number): void => {
  for (const name of ['.', ...globSync('**', { cwd: folder, exclude: () => false })])
    lutimesSync(join(folder, name), seconds, seconds);
};
