import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';

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
}

export const units = ['kvmtop-record.service', 'kvmtop-auto.service'] as const;

/** The one file of settings, which is the operator's once it is there. */
export const settings = '/etc/kvmtop/config.toml';

/** Manual and changelogs are packed, the same at each time. */
export const packed = (text: string | Buffer): Buffer => gzipSync(text, { level: 9 });

/** What every package has but Node itself, from a checkout that is built. */
export const contents = (root: string, { doc, zsh }: Places): readonly File[] => {
  const read = (path: string): Buffer => readFileSync(join(root, path));
  // In a checkout, and from npm, the program is where its operator has put it.
  const installed = (path: string): string => String(read(path)).replaceAll('/usr/local/bin/kvmtop', '/usr/bin/kvmtop');
  const program = ['kvmtop.js', 'recorder.js', ...globSync('chunks/*.js', { cwd: join(root, 'dist') })];
  const pages = globSync('docs/*.md', { cwd: root });
  return [
    { path: '/usr/bin/kvmtop', content: read('packaging/kvmtop'), runs: true },
    ...program.map(name => ({ path: `/usr/lib/kvmtop/dist/${name}`, content: read(`dist/${name}`) })),
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

const rule = '-'.repeat(80);

/** The licences of all that is inside: of kvmtop, of what is bundled into it, and of Node and what is in that. */
export const licences = (root: string, node: string): string => {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8').trim();
  return `kvmtop is free software under the licence below. With it come, each under its own licence that follows, the packages that its
program is bundled from, and Node.js (/usr/lib/kvmtop/node), without symbols and else unchanged.

${read('LICENSE')}

${read('dist/licences.txt')}

${rule}
Node.js

${node}
`;
};
