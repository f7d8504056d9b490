import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Builds the executable of this machine's architecture, of what is in dist, into a folder; returns its path. */
export const buildInto = (folder: string, env: NodeJS.ProcessEnv = {}): string =>
  execFileSync(process.execPath, ['packaging/build/binary.ts', process.arch, '--out', folder], {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  }).trim();

/** The one under test. */
export const executable = join(root, 'out/tested/kvmtop');

export default (): void => renameSync(buildInto(join(root, 'out/tested')), executable);
