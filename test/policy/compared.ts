import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { runRow } from '../../src/docs/policies.ts';
import { policyOf } from '../../src/policy/policies.ts';
import type { FigureId, Figures } from '../../src/simulator/figures.ts';
import type { Scenario } from '../../src/simulator/scenario.ts';
import { scenarios } from '../../src/simulator/scenarios.ts';
import { simulate } from '../../src/simulator/simulate.ts';
import { settings } from './policies/world.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/policies.md'), 'utf8');

/** What came of it; a scenario as it is written stands in docs/policies.md, too. */
const figuresOf = async (scenario: Scenario, policy: string): Promise<Figures> => {
  const run = await simulate(scenario, policyOf(policy), settings);
  if (scenarios.get(scenario.id) === scenario)
    expect(page.includes(runRow(run)), `run: npm run docs -- --policies, for ${runRow(run)}`).toBe(true);
  return run.figures;
};

/** What is the same to an operator: a fiftieth, a five-thousandth of all guests' time, a five-hundredth of time or RAM. */
const slack = (scenario: Scenario, id: FigureId, value: number): number => {
  if (id === 'stalled') return Math.max(0.02 * value, 0.0002 * scenario.guests.length * scenario.seconds);
  if (id === 'short') return Math.max(0.02 * value, 0.002 * scenario.seconds);
  if (id === 'reversals' || id === 'moves') return 0.02 * value;
  return Math.max(0.02 * value, 0.002 * scenario.host.memory);
};

/** By how much `own` is better than `other`, in what is worth telling: above 0 better, below 0 worse, 0 the same. */
const gain = (scenario: Scenario, id: FigureId, own: Figures, other: Figures): number => {
  const way = id === 'savedMean' ? 1 : -1;
  const difference = way * (own[id] - other[id]);
  return Math.abs(difference) <= slack(scenario, id, other[id]) ? 0 : difference;
};

/** Where another policy is known to be better, and what it pays for that. docs/policies.md tells of each. */
const known: readonly string[] = [
  // It moves a guest by 100 MiB in 10 s, too slow to come back within two minutes; guests stand still for it.
  'noisy-batch: proxmox has fewer reversals',
];

const others = ['mom', 'proxmox'];

/** The main figures of a scenario beside both others: which are worse, and how many better. */
export const compared = async (scenario: Scenario): Promise<{ worse: readonly string[]; better: number }> => {
  const own = await figuresOf(scenario, 'kvmtop');
  const worse: string[] = [];
  let better = 0;
  expect([own.killed, own.refused]).toEqual([0, 0]);
  for (const other of others) {
    const theirs = await figuresOf(scenario, other);
    for (const id of scenario.main) {
      const difference = gain(scenario, id, own, theirs);
      if (difference > 0) better += 1;
      const isKnown = known.includes(`${scenario.id}: ${other} has fewer ${id}`);
      if (difference < 0 && !isKnown) worse.push(`${other}: ${id} ${theirs[id]}, own ${own[id]}`);
    }
  }
  return { worse, better };
};

/** A scenario as it is written: none of its main figures is worse than another's. */
export const expectNoneWorse = async (scenario: Scenario): Promise<void> => {
  expect(scenario.main.slice(0, 2).toSorted()).toEqual(['stalled', 'swappedOut']);
  const { worse, better } = await compared(scenario);
  expect(worse).toEqual([]);
  // In the story of the forgotten balloon MOM is as good.
  expect(better).toBeGreaterThanOrEqual(1);
};
