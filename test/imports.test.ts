import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/**
 * The layers of src/, as docs/architecture.md draws them: what stands in a row may import the rows below it, itself
 * where it is a folder, and nothing else. A file or folder that is not here fails the test: give it its place.
 */
const layers = [
  ['cli.ts', 'docs.ts'],
  ['docs/'],
  ['programs/'],
  ['config/'],
  ['ui/app.tsx'],
  ['ui/dialogs/'],
  ['ui/paint.ts', 'ui/mouse.ts'],
  ['ui/layout.ts'],
  ['ui/arrangements.ts'],
  ['ui/panes/'],
  ['ui/keys.ts'],
  ['ui/keys/'],
  ['ui/columns.ts', 'ui/palette.ts'],
  ['ui/parts/'],
  ['ui/screen/'],
  ['ui/theme.ts'],
  ['ui/glyphs.ts', 'ui/line.ts', 'ui/width.ts'],
  ['store/', 'export/'],
  ['source/'],
  ['simulator/'],
  ['policy/'],
  ['actions/', 'collect/', 'recording/'],
  ['guests.ts', 'nearest.ts'],
  ['model.ts'],
  ['ledger.ts'],
  ['fields/'],
  ['vmm/'],
  ['root.ts', 'sample.ts', 'text.ts', 'units.ts'],
  ['ending.ts', 'errors.ts', 'known.ts', 'own.ts', 'process-id.ts', 'replace-file.ts'],
] as const satisfies readonly (readonly string[])[];

/**
 * What shows or exports knows the world through the Model alone: so a recording can be shown by the same code. What kinds of
 * guests can do is told everywhere, so it knows nothing of the world either.
 */
const worldless = ['store/', 'export/', 'ui/', 'vmm/'];
const world = ['root.ts', 'collect/', 'source/'];

/** Packages, and the only layers that may know them: the middle stays free of all. */
const packages: Readonly<Record<string, readonly string[]>> = {
  ink: ['ui/app.tsx', 'ui/dialogs/', 'ui/parts/pane.tsx'],
  'ink-table': ['ui/dialogs/'],
  'kvmtop:page': ['cli.ts'],
  react: ['ui/app.tsx', 'ui/dialogs/', 'ui/parts/pane.tsx'],
  'smol-toml': ['config/'],
  'string-width': ['ui/width.ts', 'export/'],
  systeminformation: ['programs/screen/identity.ts'],
  uplot: ['export/report/browser/'],
  zustand: ['store/', 'ui/app.tsx'],
};

const within = (file: string, entry: string): boolean =>
  entry.endsWith('/') ? file.startsWith(entry) : file === entry;

const layerOf = (file: string): { readonly row: number; readonly entry: string } | undefined => {
  for (const [row, entries] of layers.entries()) {
    const entry = entries.find(one => within(file, one));
    if (entry !== undefined) return { row, entry };
  }
  return undefined;
};

/** `from '…'`, `import('…')` and a bare `import '…'`. */
const specifier = /(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'([^']+)'/gm;

const files = globSync('src/**/*.{ts,tsx}', { cwd: root }).map(file => relative('src', file));

const imports = files.flatMap(file => {
  const text = readFileSync(join(root, 'src', file), 'utf8');
  return [...text.matchAll(specifier)].map(([, to = '']) =>
    to.startsWith('.')
      ? { file, to: join(dirname(file), to), kind: 'own' as const }
      : { file, to, kind: 'package' as const },
  );
});

const own = imports.filter(({ kind, to }) => kind === 'own' && !to.startsWith('..'));

test('reads the imports', () => {
  expect(files).toContain('cli.ts');
  expect(own).toContainEqual({ file: 'model.ts', to: 'ledger.ts', kind: 'own' });
  expect(own.some(({ file, to }) => file === 'cli.ts' && to === 'programs/main.ts')).toBe(true);
  expect(imports).toContainEqual({ file: 'store/store.ts', to: 'zustand/vanilla', kind: 'package' });
});

test('every file has its layer', () => {
  expect(files.filter(file => layerOf(file) === undefined)).toEqual([]);
});

test('every layer has a file', () => {
  expect(layers.flat().filter(entry => !files.some(file => within(file, entry)))).toEqual([]);
});

test('imports go down only', () => {
  const wrong = own.filter(({ file, to }) => {
    const from = layerOf(file);
    const target = layerOf(to);
    return from === undefined || target === undefined || (target.row <= from.row && target.entry !== from.entry);
  });
  expect(wrong.map(({ file, to }) => `${file} imports ${to}`)).toEqual([]);
});

const importsOf = Map.groupBy(own, ({ file }) => file);

/** The shortest way from a file over its imports back to itself. */
const circleOf = (start: string): readonly string[] | undefined => {
  const ways: string[][] = [[start]];
  const seen = new Set<string>();
  for (const way of ways)
    for (const { to } of importsOf.get(way.at(-1) ?? '') ?? []) {
      if (to === start) return way;
      if (seen.has(to)) continue;
      seen.add(to);
      ways.push([...way, to]);
    }
  return undefined;
};

test('no imports go in a circle, those of types alone neither', () => {
  const found = new Map<string, string>();
  for (const file of files) {
    const circle = circleOf(file);
    if (circle) found.set(circle.toSorted().join(), [...circle, file].join(' → '));
  }
  expect([...found.values()]).toEqual([]);
});

test('only package.json is imported from outside src', () => {
  const outside = imports.filter(({ kind, to }) => kind === 'own' && to.startsWith('..'));
  expect([...new Set(outside.map(({ to }) => to))]).toEqual(['../package.json']);
});

test('what shows and exports reaches the world through the Model alone', () => {
  const wrong = own.filter(
    ({ file, to }) => worldless.some(entry => within(file, entry)) && world.some(entry => within(to, entry)),
  );
  expect(wrong.map(({ file, to }) => `${file} imports ${to}`)).toEqual([]);
  expect(imports.filter(({ file, to }) => file.startsWith('vmm/') && to.startsWith('node:'))).toEqual([]);
});

test('programs get what they need of the process, and never reach for it', () => {
  const reaching = files
    .filter(file => file.startsWith('programs/'))
    .filter(file => /(?<![.\w/])process\.[a-z]/.test(readFileSync(join(root, 'src', file), 'utf8')));
  expect(reaching).toEqual([]);
});

test('packages are known only where they belong', () => {
  const wrong = imports.filter(({ file, to, kind }) => {
    if (kind === 'own' || to.startsWith('node:')) return false;
    const allowed = packages[to.split('/')[0] ?? ''];
    return !allowed?.some(entry => within(file, entry));
  });
  expect(wrong.map(({ file, to }) => `${file} imports ${to}`)).toEqual([]);
});

test('docs/architecture.md names the layers in the same order', () => {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const drawn = [...page.matchAll(/^\| `src\/([^|]+)` \|/gm)].map(([, entries = '']) => entries.split('`, `src/'));
  expect(drawn).toEqual(layers.map(entries => [...entries]));
});
