import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  readonly version: string;
  readonly integrity: string;
}

/**
 * The folder of an npm package that is for one architecture. npm installs only those that fit this machine: another is fetched
 * once, and must be what package-lock.json says.
 */
export const packageOf = (root: string, name: string): string => {
  const installed = join(root, 'node_modules', name);
  if (existsSync(installed)) return installed;
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { version, integrity }: Locked = lock.packages[`node_modules/${name}`];
  const store = join(root, 'out/npm', name, version);
  const folder = join(store, 'package');
  if (existsSync(folder)) return folder;
  mkdirSync(store, { recursive: true });
  const file = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
  const path = join(store, file);
  if (!existsSync(path)) {
    try {
      execFileSync('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', store], { stdio: 'pipe' });
    } catch {
      throw new Error(`${name} ${version} is not here and npm can't fetch it: put ${file} into ${store}`);
    }
  }
  const found = `sha512-${createHash('sha512').update(readFileSync(path)).digest('base64')}`;
  if (found !== integrity) throw new Error(`${path} is not what package-lock.json says: remove it`);
  const partial = join(store, 'partial');
  mkdirSync(partial, { recursive: true });
  execFileSync('tar', ['-xzf', path, '-C', partial]);
  renameSync(join(partial, 'package'), folder);
  return folder;
};
