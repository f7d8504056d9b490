import { existsSync } from 'node:fs';
import { policySettingsOf } from '../config/settings.ts';
import { simulationPage } from '../export/report/simulation.ts';
import { unknownWord } from '../nearest.ts';
import { policies, policyOf } from '../policy/policies.ts';
import type { Policy, PolicySettings } from '../policy/policy.ts';
import { openRecording } from '../recording/read.ts';
import { modelsOf, scenarioOf } from '../simulator/recording.ts';
import { figureTable, nobody, titlesOf } from '../simulator/report.ts';
import type { Scenario } from '../simulator/scenario.ts';
import { scenarios } from '../simulator/scenarios.ts';
import { type Run, simulate } from '../simulator/simulate.ts';
import { escapeJson, safe } from '../text.ts';
import type { Glyphs } from '../ui/glyphs.ts';
import { wrap } from '../ui/panes/pane.ts';
import { graph } from '../ui/parts/graph.ts';
import { createTheme } from '../ui/theme.ts';
import { formatBytes, formatDuration } from '../units.ts';
import { type Options, UsageError } from './options.ts';
import { openOutput } from './output.ts';
import { writePage } from './page-file.ts';
import { rangeOf } from './recorded/range.ts';
import type { Surroundings } from './surroundings.ts';
import { version } from './usage.ts';

/** Rows of a plot. */
const height = 4;
/** Columns of a plot at most. */
const width = 64;
/** Of sentences. */
const columns = 80;

const fromRecording = (path: string, options: Pick<Options, 'from' | 'to'>): Scenario => {
  const tape = openRecording(path);
  try {
    const { first, last } = rangeOf(tape, options);
    return scenarioOf(modelsOf(tape, first, last), path);
  } finally {
    tape.close();
  }
};

/** A scenario by its id, or the recording of that name. */
const scenarioFor = (word: string, options: Pick<Options, 'from' | 'to'>): Scenario => {
  const found = scenarios.get(word);
  if (found) {
    if (options.from !== undefined || options.to !== undefined)
      throw new UsageError('--from and --to take a part of a recording; a scenario is simulated from its start');
    return found;
  }
  if (existsSync(word)) return fromRecording(word, options);
  throw new UsageError(unknownWord('scenario, and no such recording,', word, [...scenarios.keys()]));
};

/** `none` and all policies, unless some are named. */
const policiesFor = (names: string | undefined): readonly (Policy | undefined)[] => {
  if (names === undefined) return [undefined, ...policies];
  return [...new Set(names.split(','))].map(name => {
    if (name === nobody) return undefined;
    const policy = policyOf(name);
    if (!policy) throw new UsageError(unknownWord('policy', name, [nobody, ...policies.map(({ id }) => id)]));
    return policy;
  });
};

/** As many means of neighbours as a graph of this many columns shows. */
const resampled = (values: readonly number[], count: number): readonly number[] =>
  Array.from({ length: Math.min(count, values.length) }, (_, index) => {
    const part = Math.min(count, values.length);
    const some = values.slice(
      Math.floor((index * values.length) / part),
      Math.floor(((index + 1) * values.length) / part),
    );
    return some.reduce((sum, value) => sum + value, 0) / some.length;
  });

/** A graph for each run, all to the same scale. */
const plots = (
  runs: readonly Run[],
  title: string,
  numberOf: (point: Run['trace'][number]) => number,
  glyphs: Glyphs,
): readonly string[] => {
  const series = runs.map(({ trace }) => trace.map(numberOf));
  // Of days of a recording there are too many to be arguments.
  const top = series.flat().reduce((most, value) => Math.max(most, value), 0);
  return runs.flatMap(({ policy = nobody }, index) => {
    const values = resampled(series[index] ?? [], glyphs.braille ? 2 * width : width);
    const rows = graph(values, width, height, { from: 0, to: top }, glyphs).map(row => row.trimEnd());
    return ['', `${title}, ${policy} (full height ${formatBytes(top)})`, ...rows];
  });
};

const textOf = (scenario: Scenario, runs: readonly Run[], glyphs: Glyphs): string =>
  [
    `${safe(scenario.title)}: ${scenario.guests.length} guests on ${formatBytes(scenario.host.memory)} with ${formatBytes(scenario.host.swap)} of swap, ${formatDuration(scenario.seconds)}`,
    ...wrap(scenario.help, columns),
    ...wrap(`Look first at: ${titlesOf(scenario.main).join(', ')}.`, columns),
    '',
    ...figureTable(runs),
    ...plots(runs, 'Available on the host', ({ available }) => available, glyphs),
    ...plots(runs, 'Balloons together', ({ actual }) => actual, glyphs),
    '',
  ].join('\n');

const jsonOf = ({ id, title, seconds, host, guests }: Scenario, runs: readonly Run[]): string =>
  `${escapeJson(
    JSON.stringify(
      {
        version: 1,
        scenario: { id, title, seconds, memory: host.memory, swap: host.swap, guests: guests.length },
        runs: runs.map(({ policy = nobody, figures, trace }) => ({ policy, figures, trace })),
      },
      undefined,
      2,
    ),
  )}\n`;

/**
 * `kvmtop simulate SCENARIO|FILE [--policy A,B,C] [--json | -o OUT.html]`: what policies would have made of a scenario, or of
 * what guests used in a recording, beside each other: as text, for a script, or as a page. Nothing of this host is read or
 * changed.
 * @throws UsageError for a scenario or a policy that there is not; Failure or RecordingError when the recording can't be read,
 * Failure when the page can't be written.
 */
export const simulatePolicies = async (
  options: Pick<Options, 'words' | 'policy' | 'json' | 'output' | 'from' | 'to' | 'settings'>,
  { stdout, env, clock, loadPage }: Pick<Surroundings, 'stdout' | 'env' | 'clock' | 'loadPage'>,
): Promise<void> => {
  const { output } = options;
  if (output === '') throw new UsageError('-o takes OUT.html, where the page is written to; -o - prints it');
  if (output !== undefined && options.json)
    throw new UsageError('--json prints no page: leave out one of --json and -o');
  const chosen = policiesFor(options.policy);
  const scenario = scenarioFor(options.words[0] ?? '', options);
  const settings: PolicySettings = { ...policySettingsOf(options.settings), pinned: new Map() };
  const runs: Run[] = [];
  for (const policy of chosen) runs.push(await simulate(scenario, policy, settings));
  if (output !== undefined) {
    const made = { version: version(), made: clock.now() };
    await writePage(output, simulationPage(scenario, runs, made, await loadPage()), stdout);
    return;
  }
  const { glyphs } = createTheme(env, options.settings);
  await openOutput(stdout).write(options.json ? jsonOf(scenario, runs) : textOf(scenario, runs, glyphs));
};
