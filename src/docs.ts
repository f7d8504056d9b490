/**
 * `npm run docs` writes the pages that are made from tables; with `--check`, fails where one is not what the tables say; with
 * `--policies`, simulates for some 20 s and writes the tables of docs/policies.md, too.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bashCompletion } from './docs/completion/bash.ts';
import { fishCompletion } from './docs/completion/fish.ts';
import { zshCompletion } from './docs/completion/zsh.ts';
import { configPage } from './docs/config.ts';
import { fieldsPage } from './docs/fields.ts';
import { findingsPage } from './docs/findings.ts';
import { keysPage } from './docs/keys.ts';
import { manPage } from './docs/man.ts';
import { policyTables, withTables } from './docs/policies.ts';
import { own } from './own.ts';

const folder = join(import.meta.dirname, '../docs');

/** The made pages by their path from docs/. */
export const pages: Readonly<Record<string, () => string>> = {
  'config.md': configPage,
  'fields.md': fieldsPage,
  'findings.md': findingsPage,
  'keys.md': keysPage,
  'kvmtop.1': manPage,
  '../packaging/completion.bash': bashCompletion,
  '../packaging/completion.fish': fishCompletion,
  '../packaging/completion.zsh': zshCompletion,
};

const current = (name: string): string | undefined => {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    return undefined;
  }
};

/** Names of the pages that are missing, or are not what the tables say. */
export const outdated = (): readonly string[] =>
  Object.entries(pages)
    .filter(([name, make]) => current(name) !== make())
    .map(([name]) => name);

const writePolicies = async (): Promise<void> => {
  const path = join(folder, 'policies.md');
  writeFileSync(path, withTables(readFileSync(path, 'utf8'), await policyTables()));
  process.stdout.write('wrote docs/policies.md\n');
};

const main = async (argv: readonly string[]): Promise<number> => {
  const old = outdated();
  if (argv.includes('--check')) {
    if (old.length === 0) return 0;
    process.stderr.write(`docs/${old.join(', docs/')} not up to date: run npm run docs and commit what it writes\n`);
    return 1;
  }
  for (const name of old) {
    writeFileSync(join(folder, name), own(pages, name)?.() ?? '');
    process.stdout.write(`wrote docs/${name}\n`);
  }
  if (argv.includes('--policies')) await writePolicies();
  return 0;
};

if (process.argv[1] === import.meta.filename) process.exitCode = await main(process.argv.slice(2));
