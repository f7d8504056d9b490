/** A part of the code, and the tests that must notice when it changes: its own, not those that happen to run it. */
export interface Area {
  readonly name: string;
  /** A folder with its slash, or a file. */
  readonly source: string;
  /** Globs. */
  readonly tests: readonly string[];
}

export const areas: readonly Area[] = [
  {
    name: 'actions',
    source: 'src/actions/',
    tests: ['test/actions/**/*.test.ts', 'test/vmm/balloon.test.ts', 'test/programs/{do,polling}.test.ts'],
  },
  { name: 'guests', source: 'src/collect/guests/', tests: ['test/collect/guests/**/*.test.ts'] },
  {
    name: 'vmm',
    source: 'src/vmm/',
    tests: ['test/vmm/*.test.ts', 'test/collect/guests/*.test.ts', 'test/actions/{balloon,guest}/*.test.ts'],
  },
  { name: 'policy', source: 'src/policy/', tests: ['test/policy/**/*.test.ts'] },
  { name: 'recording', source: 'src/recording/', tests: ['test/recording/*.test.ts'] },
  { name: 'units', source: 'src/units.ts', tests: ['test/units.test.ts'] },
  {
    name: 'ledger',
    source: 'src/ledger.ts',
    tests: ['test/ledger.test.ts', 'test/simulator/world.test.ts', 'test/source/demo.test.ts'],
  },
];
