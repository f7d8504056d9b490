import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCrowd } from './crowd.ts';
import { nodeFlags } from './measure.ts';
import { makeTree } from './tree.ts';

/** Milliseconds of one round. */
export interface Cost {
  /** Median. */
  readonly wall: number;
  /** Mean. */
  readonly cpu: number;
}

export interface RoundCost {
  readonly what: 'tree' | 'proc' | 'monitors';
  readonly guests: number;
  readonly kvmtop: Cost;
  /** open, read, close; or connect, ask, close. */
  readonly c: Cost;
  /** The files through descriptors that stay open. */
  readonly cKept?: Cost;
}

/** Enough for a steady median, in a second or two. */
const roundsFor = (guests: number): number => (guests >= 1000 ? 60 : guests >= 100 ? 200 : 600);

const costOf = (program: string, args: readonly string[]): Cost =>
  JSON.parse(execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })) as Cost;

const kvmtop = (...args: string[]): Cost =>
  costOf(process.execPath, [...nodeFlags, join(import.meta.dirname, 'collect.ts'), ...args]);

/** The same files in both languages. */
const filesCost = (what: 'tree' | 'proc', folder: string, root: string, guests: number): RoundCost => {
  const list = join(folder, 'hostfiles');
  const rounds = String(roundsFor(guests));
  const mine = kvmtop('files', root, rounds, list);
  const c = (...kept: string[]) => costOf(join(folder, 'round'), ['files', root, list, rounds, ...kept]);
  return { what, guests, kvmtop: mine, c: c(), cKept: c('kept') };
};

/** (a) One collection round: a generated tree, the files of living processes, and their monitors. */
export const measureRounds = async (
  folder: string,
  sizes: readonly number[],
  tell: (line: string) => void,
): Promise<RoundCost[]> => {
  const costs: RoundCost[] = [];
  for (const guests of sizes) {
    tell(`one round with ${guests} guests`);
    const tree = join(folder, 'tree');
    mkdirSync(tree);
    makeTree(tree, guests);
    costs.push(filesCost('tree', folder, tree, guests));
    rmSync(tree, { recursive: true });

    const crowd = await startCrowd(folder, guests, true);
    try {
      costs.push(filesCost('proc', folder, '/', guests));
      const list = join(folder, 'sockets');
      writeFileSync(list, crowd.sockets.join('\n') + '\n');
      const rounds = String(roundsFor(guests) / 10);
      const mine = kvmtop('monitors', rounds);
      costs.push({
        what: 'monitors',
        guests,
        kvmtop: mine,
        c: costOf(join(folder, 'round'), ['monitors', list, rounds]),
      });
    } finally {
      await crowd.end();
    }
  }
  return costs;
};
