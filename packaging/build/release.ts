import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is packaged. */
export interface Release {
  readonly root: string;
  readonly version: string;
  /** Of packages of the same version, counted from 1. */
  readonly revision: number;
  /** Seconds since 1970 that all of it is dated: of the last commit, or what SOURCE_DATE_EPOCH says. */
  readonly time: number;
  /** Packs fast and not small, for tests. */
  readonly fast: boolean;
}

export const summary = 'top for the memory of KVM hosts';

/** What package managers tell of it, in lines of at most 78 characters. */
export const description = [
  "Shows where every byte of a KVM host's RAM went: what each guest was given,",
  'has, uses and costs, what KSM, hugepages and swap do, and what should be done',
  'about it. Balloons, KSM, hugepages and limits are changed by key, behind guard',
  'rails, with a plan, a journal and undo. It records, replays and reports.',
] as const;

export const releaseOf = (root: string, fast: boolean): Release => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const said = process.env['SOURCE_DATE_EPOCH'];
  const time = said ?? execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  return { root, version, revision: 1, time: Number(time), fast };
};
