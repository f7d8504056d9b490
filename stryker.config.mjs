/**
 * Mutation testing (docs/testing.md). `npm run mutants` says which files are changed, and which tests must notice
 * (test/mutants/run.ts); this is how.
 * @type {import('@stryker-mutator/core').Stryker['cliOptions']}
 */
export default {
  testRunner: 'vitest',
  // Processes, as for the fast tests themselves: some set umask or user, which threads can't.
  vitest: { configFile: 'vitest.mutants.config.ts', pool: 'forks', related: true },
  plugins: ['@stryker-mutator/vitest-runner', './test/mutants/plugins.ts'],
  // Only the tests that run a mutant's line are asked about it.
  coverageAnalysis: 'perTest',
  // What is evaluated once, when its file is loaded, is tables and constants: all tests would have to be asked, from a fresh
  // start, about each. Types, and the docs made of the tables, hold those.
  ignoreStatic: true,
  // Messages, too: golden files hold the words, and whoever writes better ones should not have to change tests.
  ignorers: ['texts'],
  // What the compiler would refuse asks no test. Stryker's own checker needs TypeScript's API, which version 7 does not have.
  checkers: ['types'],
  // What was found of a mutant holds until its code, or a test of it, changes. One file per area, beside the reports.
  incremental: true,
  concurrency: 2,
  // A mutant that loops is most often found by counting; these are for the rest. Much, since the machine may be busy.
  timeoutMS: 10_000,
  dryRunTimeoutMinutes: 30,
  timeoutFactor: 3,
  // The share that must be noticed, %. A few lines of an area may be the hard ones.
  thresholds: { high: 95, low: 85, break: JSON.parse(process.env.MUTANTS ?? '{}').asked ? null : 85 },
  // The sandbox is a copy of the clone without what is made, and without links of a captured /proc, which lead nowhere here.
  ignorePatterns: ['/.mutants', '/dist', '/.lab', '/kvmtop-*', '/test/hosts/*/proc/*/exe', '/test/hosts/*/proc/*/fd'],
  reporters: ['told'],
  logLevel: 'warn',
  warnings: { slow: false },
  // Stryker would rewrite it, with that API. Nothing of it is needed.
  tsconfigFile: 'none',
};
