/**
 * Changes the code a little, thousands of times, and tells which changes no test notices (docs/testing.md).
 *
 *   node test/mutants/run.ts [AREA…] [--mutate GLOB]… [--changed [--base COMMIT]] [--seconds N] [--table]
 */
import { globSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { type Area, areas } from './areas.ts';
import { changedSince, defaultBase } from './changed.ts';
import { type Tried, told } from './plugins.ts';
import { percent, scores, shareOf, survivors, writeRow } from './scores.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mutate: { type: 'string', multiple: true },
    changed: { type: 'boolean', default: false },
    base: { type: 'string' },
    seconds: { type: 'string' },
    table: { type: 'boolean', default: false },
  },
});

/** Where Stryker copies the clone to: of this process alone, so that two may run. */
const sandboxes = `.mutants/tmp-${process.pid}`;

/** Milliseconds between two lines of progress. */
const progressEvery = 30_000;

/** Files, or lines of files, that were asked for; all of each area where none were. */
const asked = options.changed
  ? changedSince(options.base ?? defaultBase())
  : options.mutate?.flatMap(glob => globSync(glob));

/** What is to be changed in an area, as Stryker takes it. */
const chosenIn = ({ source }: Area): readonly string[] => {
  const isFolder = source.endsWith('/');
  if (!asked) return [isFolder ? `${source}**/*.ts` : source];
  return asked.filter(one => {
    const path = one.replace(/:[\d-]+$/, '');
    return path.endsWith('.ts') && (isFolder ? path.startsWith(source) : path === source);
  });
};

/** Tries the mutants of an area; `undefined` in place of an end when time is up before that. */
const tryArea = async ({ name, tests }: Area, mutate: readonly string[], late: Promise<undefined>) => {
  const tried: Tried[] = [];
  let toldAt = performance.now();
  told.tried = mutant => {
    tried.push(mutant);
    if (performance.now() - toldAt < progressEvery) return;
    toldAt = performance.now();
    console.log(`${name}: ${tried.length} tried, ${percent(shareOf(tried))}`);
  };
  const stryker = new Stryker({
    mutate: [...mutate],
    testFiles: [...tests],
    incrementalFile: `.mutants/${name}.json`,
    tempDirName: sandboxes,
    // What was changed last may be a few lines: their share says little.
    ...(asked ? { thresholds: { break: null } } : {}),
  });
  return { tried, ended: await Promise.race([stryker.runMutationTest(), late]) };
};

const { promise: late, resolve: isLate } = Promise.withResolvers<undefined>();
const timer = options.seconds === undefined ? undefined : setTimeout(isLate, Number(options.seconds) * 1000, undefined);
if (asked?.length === 0) console.log('nothing of what is measured was changed');
for (const area of areas) {
  if (positionals.length > 0 && !positionals.includes(area.name)) continue;
  const mutate = chosenIn(area);
  if (mutate.length === 0) continue;
  const { tried, ended } = await tryArea(area, mutate, late);
  console.log(survivors(tried).join('\n'));
  if (ended) {
    console.log(`\n${scores(area.name, tried).join('\n')}\n`);
    if (options.table && !asked) writeRow(area, tried);
    continue;
  }
  // Those on lines that no test runs are told first: a share of what was tried so far would be too low.
  console.log(`time is up: ${tried.length} mutants of ${area.name} were looked at in ${options.seconds} s`);
  // On a signal Stryker ends its processes, and keeps what was found so far; its copy of the clone is left to others.
  process.once('exit', () => {
    rmSync(sandboxes, { recursive: true, force: true });
    process.exitCode = 0;
  });
  process.kill(process.pid, 'SIGTERM');
  break;
}
clearTimeout(timer);
