import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, linkSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Architecture, architectures } from './architecture.ts';
import { contents, type File, packed, settings, units } from './contents.ts';
import type { PlacedNode } from './node.ts';
import { description, type Release, summary } from './release.ts';
import { dateTree, writeTree } from './tree.ts';

const maintainer = 'The kvmtop authors <kvmtop@localhost>';
const doc = '/usr/share/doc/kvmtop';

/** Of Debian's own form, which tells of packages; what changed in kvmtop is in the other one. */
const changelog = ({ version, revision, time }: Release): string => {
  const date = new Date(time * 1000).toUTCString().replace('GMT', '+0000');
  return `kvmtop (${version}-${revision}) unstable; urgency=medium\n\n  * kvmtop ${version}: see changelog.gz.\n\n -- ${maintainer}  ${date}\n`;
};

/** Node 24 is built against glibc 2.28 and libstdc++ of GCC 8. */
const control = ({ version, revision }: Release, architecture: Architecture, size: number): string => `Package: kvmtop
Version: ${version}-${revision}
Architecture: ${architectures[architecture].deb}
Maintainer: ${maintainer}
Installed-Size: ${size}
Depends: libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 8)
Suggests: libvirt-clients, sqlite3
Section: admin
Priority: optional
Description: ${summary}
${description.map(line => ` ${line}`).join('\n')}
`;

const services = units.join(' ');
const withSystemd = (script: string): string => `if [ -d /run/systemd/system ]; then\n  ${script}\nfi\n`;

/**
 * No unit is enabled by itself: what is recorded, and what a policy may do, is the operator's to say. A recorder that runs is
 * started anew with the new program, which it would load parts of at midnight.
 */
const scripts: Readonly<Record<string, string>> = {
  postinst: `if [ "$1" = configure ]; then
  rm -rf /var/cache/kvmtop
  ${withSystemd(`systemctl daemon-reload || true
  if [ -n "$2" ]; then deb-systemd-invoke try-restart ${services} || true; fi`).replaceAll('\n', '\n  ')}
fi
`,
  prerm: `if [ "$1" = remove ]; then
  ${withSystemd(`deb-systemd-invoke stop ${services} || true`).replaceAll('\n', '\n  ')}
  if command -v systemctl >/dev/null; then systemctl --no-reload disable ${services} 2>/dev/null || true; fi
fi
`,
  postrm: `rm -rf /var/cache/kvmtop
if [ "$1" = purge ]; then
  rm -rf /var/log/kvmtop /etc/kvmtop
fi
${withSystemd('systemctl daemon-reload || true')}`,
};

const md5sums = (folder: string): string =>
  globSync('usr/**', { cwd: folder })
    .toSorted()
    .filter(path => statSync(join(folder, path)).isFile())
    .map(
      path =>
        `${createHash('md5')
          .update(readFileSync(join(folder, path)))
          .digest('hex')}  ${path}\n`,
    )
    .join('');

/** Builds the package by dpkg-deb in a scratch folder; returns its path. */
export const buildDeb = (
  release: Release,
  architecture: Architecture,
  node: PlacedNode,
  scratch: string,
  out: string,
): string => {
  const { root, version, revision, time, fast } = release;
  const folder = join(scratch, 'deb');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'usr/lib/kvmtop'), { recursive: true });
  linkSync(node.path, join(folder, 'usr/lib/kvmtop/node'));
  const files: File[] = [
    ...contents(root, { doc, zsh: '/usr/share/zsh/vendor-completions', licence: `${doc}/copyright` }, node.licence),
    { path: `${doc}/changelog.Debian.gz`, content: packed(changelog(release)) },
    {
      path: '/usr/share/lintian/overrides/kvmtop',
      content: readFileSync(join(root, 'packaging/build/lintian-overrides')),
    },
  ];
  writeTree(folder, files);
  const size = globSync('**', { cwd: folder }).reduce(
    (sum, path) => sum + Math.ceil(statSync(join(folder, path)).size / 1024),
    0,
  );
  writeTree(folder, [
    { path: '/DEBIAN/control', content: control(release, architecture, size) },
    { path: '/DEBIAN/conffiles', content: `${settings}\n` },
    { path: '/DEBIAN/md5sums', content: md5sums(folder) },
    ...Object.entries(scripts).map(([name, script]) => ({
      path: `/DEBIAN/${name}`,
      content: `#!/bin/sh\nset -e\n${script}`,
      runs: true as const,
    })),
  ]);
  dateTree(folder, time);
  const file = join(out, `kvmtop_${version}-${revision}_${architectures[architecture].deb}.deb`);
  // One thread: what several make depends on how many there are.
  const packing = fast ? ['-Zgzip', '-z1'] : ['-Zxz', '-z6', '--threads-max=1'];
  execFileSync('dpkg-deb', ['--root-owner-group', ...packing, '--build', folder, file], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, SOURCE_DATE_EPOCH: String(time) },
  });
  return file;
};
