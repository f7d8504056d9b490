import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';

/** Lines and columns from 0. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** As Stryker gives it to those who check. */
export interface Mutant {
  readonly id: string;
  readonly fileName: string;
  readonly location: { readonly start: Position; readonly end: Position };
  readonly replacement: string;
}

const offsetOf = (text: string, { line, column }: Position): number => {
  let start = 0;
  for (let passed = 0; passed < line; passed++) start = text.indexOf('\n', start) + 1;
  return start + column;
};

/** The text of the file with this one change. */
export const changed = (text: string, { location, replacement }: Mutant): string =>
  text.slice(0, offsetOf(text, location.start)) + replacement + text.slice(offsetOf(text, location.end));

/** Lists in which each file comes once: as few as there can be. */
export const grouped = (mutants: readonly Mutant[]): readonly (readonly Mutant[])[] => {
  const groups: Mutant[][] = [];
  const seen = new Map<string, number>();
  for (const mutant of mutants) {
    const index = seen.get(mutant.fileName) ?? 0;
    seen.set(mutant.fileName, index + 1);
    groups[index] = [...(groups[index] ?? []), mutant];
  }
  return groups;
};

/** What a mutant may leave behind, though its types are right. */
const lenient = {
  noUnusedLocals: false,
  noUnusedParameters: false,
  allowUnreachableCode: true,
  allowUnusedLabels: true,
};

/**
 * Says which mutants could not have been written: the compiler would have refused them. A third of those that no test
 * notices is such. Works in `folder`, within the clone, on a copy of the code. The compiler is asked about many at a time, one
 * in each file: an error counts against the mutant of the file that it is in. One that shows only in another file is passed
 * over, so that mutant is tried; so it is asked of `source` alone (a folder or a file), and what that imports.
 */
export const createTypeChecker = (folder: string, source: string) => {
  const run = promisify(execFile);
  const copyOf = ({ fileName }: Mutant): string => join(folder, relative('.', fileName));
  const check = async (mutants: readonly Mutant[]) => {
    const originals = mutants.map(({ fileName }) => readFileSync(fileName, 'utf8'));
    mutants.forEach((mutant, index) => {
      writeFileSync(copyOf(mutant), changed(originals[index] ?? '', mutant));
    });
    const told = await run('node_modules/.bin/tsc', ['--pretty', 'false', '-p', folder]).then(
      () => '',
      (error: { readonly stdout: string }) => error.stdout,
    );
    mutants.forEach((mutant, index) => {
      writeFileSync(copyOf(mutant), originals[index] ?? '');
    });
    // `.mutants/tmp-7/types/src/units.ts(12,3): error TS2345: …`
    const reasons = new Map(
      [...told.matchAll(/^(\S.*?)\(\d+,\d+\): (error .*)$/gm)].map(([, path = '', reason = '']) => [
        resolve(path),
        reason,
      ]),
    );
    return Object.fromEntries(
      mutants.map(mutant => {
        const reason = reasons.get(resolve(copyOf(mutant)));
        return [mutant.id, reason === undefined ? { status: 'passed' } : { status: 'compileError', reason }];
      }),
    );
  };
  return {
    async init(): Promise<void> {
      mkdirSync(folder, { recursive: true });
      cpSync('src', join(folder, 'src'), { recursive: true });
      const config = {
        extends: relative(folder, 'tsconfig.json'),
        include: [source],
        // From one run to the next only what one mutant more or less has to do with is checked: a third of the time.
        compilerOptions: { ...lenient, noEmit: true, incremental: true, tsBuildInfoFile: 'checked.json' },
      };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    },
    group: async (mutants: readonly Mutant[]) => grouped(mutants).map(group => group.map(({ id }) => id)),
    check,
  };
};
