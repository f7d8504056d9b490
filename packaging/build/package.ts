/**
 * `npm run package [-- x64|arm64] [--fast] [--out DIR]`: a .deb and an .rpm of the built program with a Node of its own, in out/ or DIR, for
 * both architectures or one of them. Needs Debian's dpkg-deb, binutils and rpm; --fast packs them fast and not small, for tests.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, runBuild } from './command.ts';
import { buildDeb } from './deb.ts';
import { placeNode } from './node.ts';
import { releaseOf } from './release.ts';
import { buildRpm } from './rpm.ts';

process.exitCode = runBuild('package', (wanted, out, fast) => {
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
});
