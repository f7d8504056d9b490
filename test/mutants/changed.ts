import { execFileSync } from 'node:child_process';

const git = (...words: readonly string[]): string =>
  execFileSync('git', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

const attempt = (...words: readonly string[]): readonly string[] => {
  try {
    return [git(...words)];
  } catch {
    return [];
  }
};

/** Where this branch left main; on main itself, ten commits ago. */
export const defaultBase = (): string => {
  const head = git('rev-parse', 'HEAD');
  const left = ['origin/main', 'main'].flatMap(main => attempt('merge-base', 'HEAD', main));
  return left.find(base => base !== head) ?? 'HEAD~10';
};

/** The lines of the code that differ from a commit, as Stryker takes them: `src/units.ts:10-20`. */
export const changedSince = (base: string): readonly string[] => {
  const changed: string[] = [];
  let path = '';
  for (const row of git('diff', '--unified=0', '--no-color', '--no-renames', base, '--', 'src').split('\n')) {
    path = /^\+\+\+ b\/(.*)$/.exec(row)?.[1] ?? path;
    const [, from, count = '1'] = /^@@ \S+ \+(\d+)(?:,(\d+))? @@/.exec(row) ?? [];
    if (from !== undefined && Number(count) > 0) changed.push(`${path}:${from}-${Number(from) + Number(count) - 1}`);
  }
  return changed;
};
