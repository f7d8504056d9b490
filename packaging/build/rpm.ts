import { execFileSync } from 'node:child_process';
import { copyFileSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Architecture, architectures } from './architecture.ts';
import { contents, settings, units } from './contents.ts';
import type { PlacedNode } from './node.ts';
import { description, type Release, summary } from './release.ts';
import { dateTree, writeTree } from './tree.ts';

const doc = '/usr/share/doc/kvmtop';
const licence = '/usr/share/licenses/kvmtop/LICENSE';
/** Its own, and those that are nobody's where there is no zsh or fish. */
const folders = [
  '/etc/kvmtop',
  ...['', '/dist', '/dist/chunks'].map(path => `/usr/lib/kvmtop${path}`),
  ...['licenses/kvmtop', 'fish', 'fish/vendor_completions.d', 'zsh', 'zsh/site-functions'].map(
    path => `/usr/share/${path}`,
  ),
];
const services = units.join(' ');

/**
 * The files are laid out already: rpmbuild only packs them. What it would find out by itself differs from one builder to the next,
 * so it is told: what Node needs, by names that all distributions have, and that nothing is to be stripped or compiled.
 */
const spec = ({ version, revision, fast }: Release, tree: string, paths: readonly string[]): string => `Name: kvmtop
Version: ${version}
Release: ${revision}
Summary: ${summary}
License: MIT
AutoReqProv: no
Requires: libc.so.6(GLIBC_2.28)(64bit), libstdc++.so.6(GLIBCXX_3.4.21)(64bit), libgcc_s.so.1()(64bit)

%global debug_package %{nil}
%global __os_install_post %{nil}
%global _build_id_links none
%global _buildhost kvmtop
%global use_source_date_epoch_as_buildtime 1
%global clamp_mtime_to_source_date_epoch 1
%global _binary_payload ${fast ? 'w1.gzdio' : 'w6.xzdio'}

%description
${description.join('\n')}

%install
cp -a ${tree}/. %{buildroot}/

%post
rm -rf /var/cache/kvmtop
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || :
fi

%preun
if [ "$1" = 0 ]; then
  if [ -d /run/systemd/system ]; then systemctl stop ${services} || :; fi
  if command -v systemctl >/dev/null; then systemctl --no-reload disable ${services} 2>/dev/null || :; fi
fi

%postun
rm -rf /var/cache/kvmtop
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || :
  if [ "$1" != 0 ]; then systemctl try-restart ${services} || :; fi
fi

%files
${folders.map(folder => `%dir ${folder}`).join('\n')}
%config(noreplace) ${settings}
%license ${licence}
%doc ${doc}
${paths.filter(path => path !== settings && path !== licence && !path.startsWith(`${doc}/`)).join('\n')}
`;

/** Builds the package by rpmbuild in a scratch folder; returns its path. */
export const buildRpm = (
  release: Release,
  architecture: Architecture,
  node: PlacedNode,
  scratch: string,
  out: string,
): string => {
  const { root, version, revision, time } = release;
  const target = architectures[architecture].rpm;
  const folder = join(scratch, 'rpm');
  rmSync(folder, { recursive: true, force: true });
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'usr/lib/kvmtop'), { recursive: true });
  linkSync(node.path, join(tree, 'usr/lib/kvmtop/node'));
  const files = contents(root, { doc, zsh: '/usr/share/zsh/site-functions', licence }, node.licence);
  writeTree(tree, files);
  dateTree(tree, time);
  const file = join(folder, 'kvmtop.spec');
  writeFileSync(file, spec(release, tree, ['/usr/lib/kvmtop/node', ...files.map(({ path }) => path)].toSorted()));
  const defines = [`_topdir ${folder}`, `_rpmdir ${folder}`, '_build_name_fmt %{NAME}.rpm'];
  execFileSync(
    'rpmbuild',
    ['-bb', '--quiet', '--target', `${target}-linux`, ...defines.flatMap(one => ['-D', one]), file],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, SOURCE_DATE_EPOCH: String(time) },
    },
  );
  const packed = join(out, `kvmtop-${version}-${revision}.${target}.rpm`);
  copyFileSync(join(folder, 'kvmtop.rpm'), packed);
  return packed;
};
