/**
 * Changes the code a little, thousands of times, and tells which changes no test notices (docs/testing.md).
 *
 *   node test/mutants/run.ts [AREA…] [--mutate GLOB]… [--changed [--base COMMIT]] [--seconds N] [--table]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Area, areas } from './areas.ts';
import { changedSince, defaultBase } from './changed.ts';

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

/** Tries the mutants of an area. What it finds is told by the reporter in plugins.ts. Gives the exit status. */
const tryArea = async ({ name, tests }: Area, mutate: readonly string[], late: AbortSignal): Promise<number> => {
  // Where Stryker copies the clone to, and types are checked: of this run alone, so that there may be two.
  const folder = `.mutants/tmp-${process.pid}`;
  const words = {
    mutate: mutate.join(','),
    testFiles: tests.flatMap(glob => globSync(glob)).join(','),
    incrementalFile: `.mutants/${name}.json`,
    tempDirName: folder,
  };
  const stryker = spawn(
    'node_modules/.bin/stryker',
    ['run', ...Object.entries(words).flatMap(([key, word]) => [`--${key}`, word])],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        MUTANTS: JSON.stringify({ area: name, folder, asked: asked !== undefined, table: options.table }),
      },
    },
  );
  // On a signal it ends its processes, and keeps what it has found so far.
  late.addEventListener('abort', () => stryker.kill('SIGTERM'));
  const [status] = await once(stryker, 'exit');
  rmSync(folder, { recursive: true, force: true });
  return late.aborted ? 0 : Number(status ?? 1);
};

const late = new AbortController();
const timer =
  options.seconds === undefined ? undefined : setTimeout(() => late.abort(), Number(options.seconds) * 1000);
if (asked?.length === 0) console.log('nothing of what is measured was changed');
for (const area of areas) {
  if (late.signal.aborted || (positionals.length > 0 && !positionals.includes(area.name))) continue;
  const mutate = chosenIn(area);
  if (mutate.length > 0)
    process.exitCode = Math.max(Number(process.exitCode ?? 0), await tryArea(area, mutate, late.signal));
}
clearTimeout(timer);
if (late.signal.aborted) console.log(`time is up after ${options.seconds} s`);
