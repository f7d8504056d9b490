import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Architecture, architectures } from './architecture.ts';
import { packageOf } from './npm-package.ts';

/** A Node to be packaged, and the text of its licence and of those of what is in it. */
export interface PlacedNode {
  readonly path: string;
  readonly licence: string;
}

/** Makes a Node of an architecture without its symbols, in `folder`. */
export const placeNode = (root: string, architecture: Architecture, folder: string): PlacedNode => {
  const from = packageOf(root, `node-linux-${architecture}`);
  const path = join(folder, `node-${architecture}`);
  copyFileSync(join(from, 'bin/node'), path);
  chmodSync(path, 0o755);
  const { strip } = architectures[architecture];
  try {
    execFileSync(strip, ['--strip-unneeded', path], { stdio: 'pipe' });
  } catch (error) {
    const [why] = String(error).split('\n');
    throw new Error(`${strip} is missing or fails (${why}): install Debian's binutils for ${architecture}`);
  }
  return { path, licence: readFileSync(join(from, 'LICENSE'), 'utf8').trim() };
};
