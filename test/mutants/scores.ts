import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { type Area, areas } from './areas.ts';

/** A mutant that was tried, as Stryker tells it. */
export interface Tried {
  readonly fileName: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
  readonly status: string;
}

/** How many mutants came to what. */
interface Score {
  readonly noticed: number;
  readonly survived: number;
  /** Of those that survived, how many are on lines that no test of the area runs. */
  readonly unrun: number;
}

const scoreOf = (tried: readonly Tried[]): Score => {
  const count = (...statuses: readonly string[]): number =>
    tried.filter(({ status }) => statuses.includes(status)).length;
  return {
    noticed: count('Killed', 'Timeout'),
    survived: count('Survived', 'NoCoverage'),
    unrun: count('NoCoverage'),
  };
};

/** The share that was noticed; `undefined` where there were none to notice. */
export const shareOf = (tried: readonly Tried[]): number | undefined => {
  const { noticed, survived } = scoreOf(tried);
  return noticed + survived === 0 ? undefined : noticed / (noticed + survived);
};

export const percent = (share: number | undefined): string =>
  share === undefined ? '–' : `${(100 * share).toFixed(1)} %`;

const head = ['| | mutants | noticed | survived | never run | score |', '| --- | ---: | ---: | ---: | ---: | ---: |'];

const row = (name: string, tried: readonly Tried[]): string => {
  const { noticed, survived, unrun } = scoreOf(tried);
  return `| ${[name, noticed + survived, noticed, survived, unrun, percent(shareOf(tried))].join(' | ')} |`;
};

const pathOf = ({ fileName }: Tried): string => relative('.', fileName);

const described = (one: Tried): string => {
  const { line, column } = one.location.start;
  const change = (one.replacement ?? '').replaceAll(/\s+/g, ' ').slice(0, 80);
  return `${pathOf(one)}:${line}:${column} ${one.mutatorName} → ${change}${one.status === 'NoCoverage' ? ' (never run)' : ''}`;
};

const byFile = (tried: readonly Tried[]) => [...Map.groupBy(tried, pathOf)].sort(([a], [b]) => (a < b ? -1 : 1));

/** What nobody noticed, by place, for whoever goes on to write a test. */
export const survivors = (tried: readonly Tried[]): readonly string[] =>
  byFile(tried).flatMap(([, all]) =>
    all
      .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
      .sort((a, b) => a.location.start.line - b.location.start.line)
      .map(described),
  );

/** The scores by file, and of all of them. */
export const scores = (name: string, tried: readonly Tried[]): readonly string[] => [
  ...head,
  ...byFile(tried).map(([path, all]) => row(path, all)),
  row(name, tried),
];

const page = 'docs/testing.md';

/** Puts the score of a whole area into the table of docs/testing.md, whose rows are in the order of `areas`. */
export const writeRow = ({ source }: Area, tried: readonly Tried[]): void => {
  const [before = '', table = '', after = ''] = readFileSync(page, 'utf8').split(
    /(?<=<!-- mutants.*?-->)|(?=<!-- \/mutants)/,
  );
  const rows = new Map([...table.matchAll(/^\| `(.*?)` \|.*$/gm)].map(([all, path = '']) => [path, all]));
  rows.set(source, row(`\`${source}\``, tried));
  const ordered = areas.flatMap(area => rows.get(area.source) ?? []);
  writeFileSync(page, `${before}\n\n${[...head, ...ordered].join('\n')}\n\n${after}`);
};
