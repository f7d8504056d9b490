/** What Stryker loads: which texts it leaves alone, who checks types, and who tells what it finds. */

import { join } from 'node:path';
import { areas } from './areas.ts';
import { percent, scores, shareOf, survivors, type Tried, writeRow } from './scores.ts';
import { createTypeChecker } from './types.ts';

/** As much of Babel's NodePath as is asked here. */
interface NodePath {
  readonly node: {
    readonly type: string;
    readonly value?: unknown;
    readonly quasis?: readonly { readonly value: { readonly raw: string } }[];
    readonly expressions?: readonly { readonly type: string }[];
  };
}

/** Expressions in a template that only name what is told. Others decide something, and are worth a mutant. */
const plain = new Set(['Identifier', 'MemberExpression', 'OptionalMemberExpression', 'CallExpression']);

/** Texts for people have several words. One word alone is more likely a key, or a state. */
const isText = ({ node }: NodePath): boolean => {
  if (node.type === 'StringLiteral') return typeof node.value === 'string' && /\S\s+\S/.test(node.value);
  if (node.type !== 'TemplateLiteral') return false;
  const { quasis = [], expressions = [] } = node;
  return (
    quasis.some(({ value }) => /[a-z]\s|\s[a-z]/i.test(value.raw)) && expressions.every(({ type }) => plain.has(type))
  );
};

/** What run.ts says of this run. */
interface Run {
  readonly area: string;
  /** Where it may work, within the clone. */
  readonly folder: string;
  /** Whether only some of the area was asked for. */
  readonly asked: boolean;
  /** Whether the score goes into the table of docs/testing.md. */
  readonly table: boolean;
}
const run: Run = JSON.parse(process.env['MUTANTS'] ?? '{"area":"","folder":".mutants/tmp","asked":true,"table":false}');

/** Milliseconds between two lines of progress. */
const progressEvery = 30_000;

const createReporter = () => {
  const tried: Tried[] = [];
  let toldAt = performance.now();
  let ended = false;
  // Where a signal ends it, it was no whole area: a share of what was tried so far would be too low, since those on lines that
  // no test runs come first.
  process.once('exit', () => {
    if (!ended && tried.length > 0)
      console.log([...survivors(tried), `${tried.length} mutants of ${run.area} were looked at`].join('\n'));
  });
  return {
    onMutantTested(mutant: Tried): void {
      tried.push(mutant);
      if (performance.now() - toldAt < progressEvery) return;
      toldAt = performance.now();
      console.log(`${run.area}: ${tried.length} tried, ${percent(shareOf(tried))}`);
    },
    wrapUp(): void {
      ended = true;
      console.log([...survivors(tried), '', ...scores(run.area, tried), ''].join('\n'));
      const area = areas.find(({ name }) => name === run.area);
      if (area && run.table && !run.asked) writeRow(area, tried);
    },
  };
};
createReporter.inject = [] as const;

const createChecker = () => {
  const { source = 'src' } = areas.find(({ name }) => name === run.area) ?? {};
  return createTypeChecker(join(run.folder, 'types'), source);
};
createChecker.inject = [] as const;

export const strykerPlugins = [
  {
    kind: 'Ignore',
    name: 'texts',
    value: { shouldIgnore: (path: NodePath) => (isText(path) ? 'a text' : undefined) },
  },
  { kind: 'Checker', name: 'types', factory: createChecker },
  { kind: 'Reporter', name: 'told', factory: createReporter },
];
