import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type Architecture, architectures } from './architecture.ts';

interface Locked {
  readonly version: string;
  readonly integrity: string;
}

/**
 * The folder of Node's npm package for an architecture. npm installs only the one that fits this machine: the other is fetched
 * once, and must be what package-lock.json says.
 */
const packageOf = (root: string, architecture: Architecture): string => {
  const name = `node-linux-${architecture}`;
  const installed = join(root, 'node_modules', name);
  if (existsSync(installed)) return installed;
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { version, integrity }: Locked = lock.packages[`node_modules/${name}`];
  const store = join(root, 'out/node', architecture, version);
  const folder = join(store, 'package');
  if (existsSync(folder)) return folder;
  mkdirSync(store, { recursive: true });
  const file = join(store, `${name}-${version}.tgz`);
  if (!existsSync(file)) {
    try {
      execFileSync('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', store], { stdio: 'pipe' });
    } catch {
      throw new Error(
        `${name} ${version} is not here and npm can't fetch it: put ${name}-${version}.tgz into ${store}`,
      );
    }
  }
  const found = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
  if (found !== integrity) throw new Error(`${file} is not what package-lock.json says: remove it`);
  const partial = join(store, 'partial');
  mkdirSync(partial, { recursive: true });
  execFileSync('tar', ['-xzf', file, '-C', partial, 'package/bin', 'package/LICENSE']);
  renameSync(join(partial, 'package'), folder);
  return folder;
};

/** A Node to be packaged, and the text of its licence and of those of what is in it. */
export interface PlacedNode {
  readonly path: string;
  readonly licence: string;
}

/** Makes a Node of an architecture without its symbols, in `folder`. */
export const placeNode = (root: string, architecture: Architecture, folder: string): PlacedNode => {
  const from = packageOf(root, architecture);
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
