/**
 * `npm run build:binary [-- x64|arm64] [--out DIR]`: the built program and Bun as one executable, in out/ or DIR, for both architectures or one
 * of them. Takes Bun from npm, as package-lock.json has it.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Architecture, architectures, isArchitecture } from './architecture.ts';
import { root, runBuild } from './command.ts';
import { program } from './contents.ts';
import { licencesWith } from './licences.ts';
import { packageOf } from './npm-package.ts';
import { releaseOf } from './release.ts';

/**
 * Variables of the environment by which Bun runs other code than the one it carries, or lets itself be debugged. kvmtop has the
 * rights of root more often than not, so it must not know them.
 */
const deaf = ['BUN_BE_BUN', 'BUN_OPTIONS', 'BUN_INSPECT', 'BUN_INSPECT_CONNECT_TO', 'BUN_INSPECT_PRELOAD'];

/**
 * Bun without their names: nothing that begins with NUL is in any environment.
 * @throws Error where a name does not stand in it exactly once.
 */
const deafened = (bun: Buffer): Buffer => {
  for (const name of deaf) {
    const word = `\0${name}\0`;
    const at = bun.indexOf(word);
    if (at < 0 || bun.includes(word, at + 1))
      throw new Error(`${name} does not stand in Bun once: look for it there anew`);
    bun.fill(0, at, at + word.length);
  }
  return bun;
};

const bunOf = (architecture: Architecture): string =>
  join(packageOf(root, architectures[architecture].bun.package), 'bin/bun');

/** The terms of Bun and of what is in it. */
const bunLicence = (): string =>
  ['licence', 'LGPL-2', 'LGPL-2.1', 'Apache-2.0']
    .map(name => readFileSync(join(root, `packaging/build/bun/${name}.txt`), 'utf8'))
    .join('\n');

const buildBinary = (architecture: Architecture, version: string, scratch: string, out: string): string => {
  const { bun, rpm } = architectures[architecture];
  if (!isArchitecture(process.arch)) throw new Error(`there is no Bun for ${process.arch} to build with`);
  const folder = join(scratch, architecture);
  for (const name of program(root)) cpSync(join(root, 'dist', name), join(folder, 'program', name));
  writeFileSync(
    join(folder, 'program/licences.txt'),
    licencesWith(root, 'Bun, without some names that it listens to, and else unchanged', bunLicence()),
  );
  writeFileSync(join(folder, 'bun'), deafened(readFileSync(bunOf(architecture))));
  execFileSync(
    bunOf(process.arch),
    [
      'build',
      '--compile',
      `--target=${bun.target}`,
      '--compile-executable-path=../bun',
      // esbuild bundled it: Bun only has to keep its chunks, so that a start loads no more than it needs.
      ...['--format=esm', '--splitting', '--bytecode'],
      // A start takes a third less where nothing is compiled meanwhile that runs a few times only.
      '--compile-jit-policy=10',
      // Garbage is collected earlier: with 100 guests it peaks at 110 MB instead of 140, for the same CPU.
      '--compile-exec-argv=--smol',
      // Whose folder it was started in must not matter.
      ...['dotenv', 'bunfig', 'tsconfig', 'package-json'].map(name => `--no-compile-autoload-${name}`),
      '--asset=licences.txt',
      '--outfile=../kvmtop',
      ...['kvmtop.js', 'recorder.js'],
    ],
    { cwd: join(folder, 'program'), stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const file = join(out, `kvmtop-${version}-${rpm}`);
  cpSync(join(folder, 'kvmtop'), file);
  return file;
};

process.exitCode = runBuild('binary', (wanted, out) => {
  const { version } = releaseOf(root, false);
  mkdirSync(out, { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), 'kvmtop-binary-'));
  try {
    return wanted.map(architecture => buildBinary(architecture, version, scratch, out));
  } finally {
    rmSync(scratch, { recursive: true });
  }
});
