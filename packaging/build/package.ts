/**
 * `npm run package [-- x64|arm64] [--fast] [--out DIR]`: a .deb and an .rpm of the built program with a Node of its own, in out/ or DIR, for
 * both architectures or one of them. Needs Debian's dpkg-deb, binutils and rpm; --fast packs them fast and not small, for tests.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Architecture, architectures, isArchitecture } from './architecture.ts';
import { buildDeb } from './deb.ts';
import { placeNode } from './node.ts';
import { releaseOf } from './release.ts';
import { buildRpm } from './rpm.ts';

const root = join(import.meta.dirname, '../..');

/** Builds the packages of these architectures into `out`; returns their paths. */
const buildPackages = (wanted: readonly Architecture[], fast: boolean, out: string): readonly string[] => {
  const release = releaseOf(root, fast);
  mkdirSync(out, { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), 'kvmtop-package-'));
  try {
    return wanted.flatMap(architecture => {
      const node = placeNode(root, architecture, scratch);
      return [buildDeb, buildRpm].map(buildOne => buildOne(release, architecture, node, scratch, out));
    });
  } finally {
    rmSync(scratch, { recursive: true });
  }
};

const main = (args: readonly string[]): number => {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { fast: { type: 'boolean', default: false }, out: { type: 'string', default: join(root, 'out') } },
    allowPositionals: true,
  });
  const wrong = positionals.find(word => !isArchitecture(word));
  if (wrong !== undefined) {
    const known = Object.keys(architectures).join(', ');
    process.stderr.write(`package: there is no architecture '${wrong}': there are ${known}\n`);
    return 2;
  }
  const wanted = positionals.length > 0 ? positionals.filter(isArchitecture) : (['x64', 'arm64'] as const);
  try {
    for (const file of buildPackages(wanted, values.fast, values.out)) process.stdout.write(`${file}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`package: ${(error as Error).message}\n`);
    return 1;
  }
};

process.exitCode = main(process.argv.slice(2));
