import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changed, grouped, type Mutant } from './types.ts';

const mutant = (parts: Partial<Mutant>): Mutant => ({
  id: '1',
  fileName: 'a.ts',
  location: { start: { line: 0, column: 0 }, end: { line: 0, column: 0 } },
  replacement: '',
  ...parts,
});

test('a mutant changes what is between its positions, over lines too', () => {
  const text = 'const a = 1;\nif (a < 2) {\n  go();\n}\n';
  const at = (start: readonly [number, number], end: readonly [number, number], replacement: string): string =>
    changed(
      text,
      mutant({
        location: { start: { line: start[0], column: start[1] }, end: { line: end[0], column: end[1] } },
        replacement,
      }),
    );
  expect(at([1, 4], [1, 9], 'a <= 2')).toBe('const a = 1;\nif (a <= 2) {\n  go();\n}\n');
  expect(at([1, 11], [3, 1], '{}')).toBe('const a = 1;\nif (a < 2) {}\n');
  expect(at([0, 0], [0, 12], '')).toBe('\nif (a < 2) {\n  go();\n}\n');
});

test('no file comes twice in a group, every mutant once, and there are no more groups than one file needs', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a.ts', 'b.ts', 'c.ts')), files => {
      const mutants = files.map((fileName, index) => mutant({ id: String(index), fileName }));
      const groups = grouped(mutants);
      for (const group of groups) expect(new Set(group.map(one => one.fileName)).size).toBe(group.length);
      expect(
        groups
          .flat()
          .map(({ id }) => Number(id))
          .sort((a, b) => a - b),
      ).toEqual(files.map((_, index) => index));
      const most = Math.max(0, ...['a.ts', 'b.ts', 'c.ts'].map(file => files.filter(one => one === file).length));
      expect(groups).toHaveLength(most);
    }),
  );
});
