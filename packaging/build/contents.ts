import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { licencesWith } from './licences.ts';

/** One file of a package: where it goes, what is in it, and whether it is run. */
export interface File {
  readonly path: string;
  readonly content: string | Buffer;
  readonly runs?: true;
}

/** Where the files of a package go, as a kind of system has it. */
export interface Places {
  readonly doc: string;
  readonly zsh: string;
  /** The file of the licences. */
  readonly licence: string;
}

export const units = ['kvmtop-record.service', 'kvmtop-auto.service'] as const;

/** The one file of settings, which is the operator's once it is there. */
export const settings = '/etc/kvmtop/config.toml';

/** Manual and changelogs are packed, the same at each time. */
export const packed = (text: string | Buffer): Buffer => gzipSync(text, { level: 9 });

/** The files that esbuild bundled the program into, below dist. */
export const program = (root: string): readonly string[] => [
  'kvmtop.js',
  'recorder.js',
  ...globSync('chunks/*.js', { cwd: join(root, 'dist') }).toSorted(),
];

/** What every package has but Node itself, whose terms `node` tells, from a checkout that is built. */
export const contents = (root: string, { doc, zsh, licence }: Places, node: string): readonly File[] => {
  const read = (path: string): Buffer => readFileSync(join(root, path));
  // In a checkout, and from npm, the program is where its operator has put it.
  const installed = (path: string): string => String(read(path)).replaceAll('/usr/local/bin/kvmtop', '/usr/bin/kvmtop');
  const pages = globSync('docs/*.md', { cwd: root });
  const licences = licencesWith(root, 'Node.js (/usr/lib/kvmtop/node), without symbols and else unchanged', node);
  return [
    { path: '/usr/bin/kvmtop', content: read('packaging/kvmtop'), runs: true },
    ...program(root).map(name => ({ path: `/usr/lib/kvmtop/dist/${name}`, content: read(`dist/${name}`) })),
    // What `kvmtop --licences` prints.
    ...['/usr/lib/kvmtop/dist/licences.txt', licence].map(path => ({ path, content: licences })),
    // Node takes the nearest package.json for what says that these are modules.
    { path: '/usr/lib/kvmtop/package.json', content: '{"type":"module"}\n' },
    ...units.map(name => ({ path: `/usr/lib/systemd/system/${name}`, content: installed(`packaging/${name}`) })),
    { path: settings, content: read('packaging/config.toml') },
    { path: '/usr/share/man/man1/kvmtop.1.gz', content: packed(read('docs/kvmtop.1')) },
    { path: '/usr/share/bash-completion/completions/kvmtop', content: read('packaging/completion.bash') },
    { path: `${zsh}/_kvmtop`, content: read('packaging/completion.zsh') },
    { path: '/usr/share/fish/vendor_completions.d/kvmtop.fish', content: read('packaging/completion.fish') },
    { path: `${doc}/README.md`, content: read('README.md') },
    { path: `${doc}/changelog.gz`, content: packed(read('CHANGELOG.md')) },
    { path: `${doc}/packaging/README.md`, content: installed('packaging/README.md') },
    ...pages.map(path => ({ path: `${doc}/docs/${basename(path)}`, content: read(path) })),
    { path: `${doc}/docs/screenshot.svg`, content: read('docs/screenshot.svg') },
  ];
};
