import { defaults, policySettingsOf } from '../config/settings.ts';
import { policies } from '../policy/policies.ts';
import type { FigureId } from '../simulator/figures.ts';
import { figureRows, nobody, titlesOf } from '../simulator/report.ts';
import type { Scenario } from '../simulator/scenario.ts';
import { scenarios } from '../simulator/scenarios.ts';
import { type Run, simulate } from '../simulator/simulate.ts';

/** Figures with a column of their own. */
const columns: readonly FigureId[] = [
  'stalled',
  'swappedOut',
  'short',
  'guestSwapped',
  'savedMean',
  'moves',
  'movedBytes',
  'reversals',
];

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** What came of one run, as a row. */
export const runRow = (run: Run): string => {
  const texts = new Map(figureRows([run]).map(({ id, texts: [text = ''] }) => [id, text]));
  return row([run.policy ?? nobody, ...columns.map(id => texts.get(id) ?? '')]);
};

const scenarioTable = ({ id, title, help, main }: Scenario, runs: readonly Run[]): string => {
  const titles = titlesOf(columns).map((name, at) => (main.includes(columns[at] as FigureId) ? `**${name}**` : name));
  const lines = [row([`\`${id}\``, ...titles]), row(['---', ...columns.map(() => '---:')]), ...runs.map(runRow)];
  return `### ${title}\n\n${help}\n\n${lines.join('\n')}\n`;
};

/** A table of each scenario with all policies, and none. Takes some 20 s. */
export const policyTables = async (): Promise<string> => {
  const settings = { ...policySettingsOf(defaults), pinned: new Map() };
  const tables: string[] = [];
  for (const scenario of scenarios.values()) {
    const runs: Run[] = [];
    for (const policy of [undefined, ...policies]) runs.push(await simulate(scenario, policy, settings));
    tables.push(scenarioTable(scenario, runs));
  }
  return tables.join('\n');
};

const marks = ['<!-- Made by `npm run docs -- --policies`, from here -->', '<!-- to here -->'] as const;

/** The page with other tables between its marks. */
export const withTables = (page: string, tables: string): string => {
  const [begin, end] = [page.indexOf(marks[0]), page.indexOf(marks[1])];
  if (begin < 0 || end < begin) throw new Error('docs/policies.md has lost the marks between which its tables stand');
  return `${page.slice(0, begin)}${marks[0]}\n\n${tables}\n${page.slice(end)}`;
};
