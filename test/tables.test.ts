import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Expression, Node } from 'typescript/unstable/ast';
import { SyntaxKind } from 'typescript/unstable/ast';
import {
  isAsExpression,
  isBinaryExpression,
  isElementAccessExpression,
  isNumericLiteral,
  isObjectLiteralExpression,
  isPropertyDeclaration,
  isSatisfiesExpression,
  isSourceFile,
  isStringLiteral,
  isVariableDeclaration,
} from 'typescript/unstable/ast/is';
import type { Checker, Project, Type, UnionType } from 'typescript/unstable/sync';
import { API, SymbolFlags, TypeFlags } from 'typescript/unstable/sync';
import { afterAll, expect, test } from 'vitest';

/**
 * Words from outside as keys. Every object also answers to what Object.prototype has, so a table that is asked for
 * `toString` gives a function, and one that is given something as `__proto__` becomes another object. The compiler knows
 * which keys can be any word: those of which it knows no more than that they are strings.
 */

type Rule = 'table' | 'look-up' | 'write' | 'in' | 'as';

const advice: Readonly<Record<Rule, string>> = {
  table: 'a table asked with any word: own(table, word), or make it a Map',
  'look-up': 'numbers or data asked with any word: own(values, word)',
  write: 'an object put under any word: make a Map, or Object.fromEntries',
  in: '`in` is true for toString, too: Object.hasOwn',
  as: 'any word called one of a few: find it among them, or ask by a type predicate',
};

/** What is right as it is: the file, its text, and why. */
const exceptions: readonly (readonly [file: string, text: string, why: string])[] = [
  ['own.ts', 'table[word]', 'asks Object.hasOwn before'],
  ['recording/delta/tree.ts', 'object[key] = value', 'defines `__proto__` otherwise; done for each number of a sample'],
];

/** Whose keys are those of files and replies, copied as they are, or written down in the code: no words come here. */
const ofKeys = /^(collect|fields|recording|simulator|source|vmm)\/|^(known|model)\.ts$/;

const isAnyWord = (type: Type | undefined): boolean =>
  type !== undefined &&
  ((type.flags & TypeFlags.String) !== 0 ||
    ((type.flags & TypeFlags.Union) !== 0 && (type as UnionType).getTypes().some(isAnyWord)));

const every = (type: Type | undefined, flags: TypeFlags): boolean =>
  type !== undefined &&
  ((type.flags & flags) !== 0 ||
    ((type.flags & TypeFlags.Union) !== 0 && (type as UnionType).getTypes().every(one => every(one, flags))));

const plain =
  TypeFlags.StringLike | TypeFlags.NumberLike | TypeFlags.BooleanLike | TypeFlags.Undefined | TypeFlags.Null;

const bare = (node: Expression | undefined): Expression | undefined =>
  node && (isAsExpression(node) || isSatisfiesExpression(node)) ? bare(node.expression) : node;

/** Whether it is written down in the code what there is: an object with something in it, or anything at the top of a file. */
const isTable = (node: Expression, project: Project): boolean => {
  if (isObjectLiteralExpression(node)) return true;
  const { checker } = project;
  const symbol = checker.getSymbolAtLocation(node);
  if (!symbol) return false;
  const meant = (symbol.flags & SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol;
  const declared = meant.valueDeclaration?.resolve(project);
  if (!declared || !(isVariableDeclaration(declared) || isPropertyDeclaration(declared))) return false;
  const made = bare(declared.initializer);
  const atTop = isVariableDeclaration(declared) && isSourceFile(declared.parent.parent.parent);
  return atTop || (made !== undefined && isObjectLiteralExpression(made) && made.properties.length > 0);
};

const isAssigned = (node: Node): boolean =>
  isBinaryExpression(node.parent) &&
  node.parent.left === node &&
  node.parent.operatorToken.kind === SyntaxKind.EqualsToken;

const isPlain = (node: Expression, checker: Checker): boolean => {
  const type = checker.getTypeAtLocation(node);
  return every(type, plain) || (type !== undefined && every(checker.getBaseConstraintOfType(type), plain));
};

/** What is wrong with this node, if anything. */
const judge = (node: Node, path: string, project: Project): Rule | undefined => {
  const { checker } = project;
  // Asking the compiler takes time, and most keys are written down.
  const isWord = (key: Expression): boolean =>
    !isStringLiteral(key) && !isNumericLiteral(key) && isAnyWord(checker.getTypeAtLocation(key));
  if (isElementAccessExpression(node) && isWord(node.argumentExpression)) {
    if (isAssigned(node)) return undefined;
    if (isTable(node.expression, project)) return 'table';
    return ofKeys.test(path) ? undefined : 'look-up';
  }
  if (isBinaryExpression(node)) {
    const { left, right, operatorToken } = node;
    if (operatorToken.kind === SyntaxKind.InKeyword) return isWord(left) ? 'in' : undefined;
    if (operatorToken.kind !== SyntaxKind.EqualsToken || !isElementAccessExpression(left)) return undefined;
    return isWord(left.argumentExpression) && !isPlain(right, checker) ? 'write' : undefined;
  }
  if (isAsExpression(node) && every(checker.getTypeAtLocation(node), TypeFlags.StringLiteral))
    return isWord(node.expression) ? 'as' : undefined;
  return undefined;
};

const root = join(import.meta.dirname, '..');
const api = new API({ cwd: root });
afterAll(() => api.close());

interface Breach {
  readonly path: string;
  readonly line: number;
  readonly text: string;
  readonly rule: Rule;
}

/** Everything below a folder that breaks a rule. */
const found = (config: string, folder: string): Breach[] => {
  const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
  if (!project) throw new Error(`${config} is no project`);
  const files = project.program.getSourceFileNames().filter(name => name.startsWith(`${folder}/`));
  return files.flatMap(name => {
    const file = project.program.getSourceFile(name);
    if (!file) return [];
    const path = name.slice(folder.length + 1);
    const rows: Breach[] = [];
    const visit = (node: Node): void => {
      const rule = judge(node, path, project);
      if (rule !== undefined) {
        const start = node.getStart(file);
        const line = file.text.slice(0, start).split('\n').length;
        rows.push({ path, line, text: file.text.slice(start, node.end), rule });
      }
      node.forEachChild(visit);
    };
    visit(file);
    return rows;
  });
};

const isException = (path: string, text: string): boolean =>
  exceptions.some(([file, excepted]) => file === path && excepted === text);

test.each(['tsconfig.json', 'src/export/report/browser/tsconfig.json'])(
  'nothing of %s uses a word from outside as a key of what has a prototype',
  config => {
    const wrong = found(join(root, config), join(root, 'src')).filter(({ path, text }) => !isException(path, text));
    expect(wrong.map(({ path, line, text, rule }) => `src/${path}:${line}: ${text}: ${advice[rule]}`)).toEqual([]);
  },
  60_000,
);

test('every exception is needed', () => {
  const all = found(join(root, 'tsconfig.json'), join(root, 'src'));
  const idle = exceptions.filter(([file, text]) => !all.some(one => one.path === file && one.text === text));
  expect(idle).toEqual([]);
}, 60_000);

test('what is wrong is found, and what is right is not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kvmtop-tables-'));
  try {
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { strict: true }, include: ['*'] }));
    writeFileSync(
      join(folder, 'words.ts'),
      `declare const word: string, few: 'a' | 'b';
const table: Readonly<Record<string, string>> = { a: 'x' };
export const one = table[word];
export const two = { a: 1 }[word as 'a'];
export const three = (values: Readonly<Record<string, number>>) => values[word];
export const four = word in table;
export const built = (): object => {
  const here: Record<string, unknown> = {};
  here[word] = {};
  here[word] = 1;
  return here;
};
export const right = [table['a'], table[few], few in table, new Map([['a', 1]]).get(word), [1][2]];
export const guess = ['a', word] as const;
`,
    );
    const rows = found(join(folder, 'tsconfig.json'), folder).map(({ line, text, rule }) => [line, text, rule]);
    expect(rows).toEqual([
      [3, 'table[word]', 'table'],
      [4, "word as 'a'", 'as'],
      [5, 'values[word]', 'look-up'],
      [6, 'word in table', 'in'],
      [9, 'here[word] = {}', 'write'],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);
