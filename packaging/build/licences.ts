import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the package that a file of node_modules belongs to, as esbuild names the files it bundled. */
const packageOf = (input: string): string | undefined =>
  /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];

const rule = '-'.repeat(80);

/**
 * The licences of all packages that these files are of, each with its text, ordered by name.
 * @throws Error where a package has none: then it may not be passed on.
 */
export const licencesOf = (root: string, inputs: readonly string[]): string => {
  const folders = new Set(inputs.flatMap(input => packageOf(input) ?? []));
  const parts = [...folders].map(folder => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const [file] = globSync('{LICENSE,LICENCE,license,licence}{,.md,.txt,-MIT}', {
      cwd: join(root, folder),
    }).toSorted();
    if (file === undefined && typeof license !== 'string') throw new Error(`${folder} has no licence`);
    const text = file === undefined ? `Licence: ${license}` : readFileSync(join(root, folder, file), 'utf8').trim();
    return `${rule}\n${name} ${version} (${license})\n\n${text}\n`;
  });
  return [...new Set(parts)].toSorted().join('\n');
};

/** The licences of kvmtop, and of what these files are of, which it is bundled from. */
export const licencesOfProgram = (root: string, inputs: readonly string[]): string =>
  `kvmtop is free software under the licence below. With it comes what follows, each under a licence of its own: the packages that it is
bundled from, and what runs it where that came along.

${readFileSync(join(root, 'LICENSE'), 'utf8').trim()}

${licencesOf(root, inputs)}`;

/** The same of the built program, and of what comes along to run it. */
export const licencesWith = (root: string, runtime: string, terms: string): string =>
  `${readFileSync(join(root, 'dist/licences.txt'), 'utf8').trim()}\n\n${rule}\n${runtime}\n\n${terms.trim()}\n`;
