import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { executable } from './test/binary/build.ts';
import { home, scratch } from './test/scratch.ts';

/** Snapshots live at the top level, so that a reviewer finds every golden screen in one folder. */
const resolveSnapshotPath = (testPath: string, extension: string): string =>
  join(import.meta.dirname, 'snapshots', basename(testPath) + extension);

/** Tests that have a long form besides their short one. */
const twoForms = globSync('test/**/*.test.{ts,tsx}', { cwd: import.meta.dirname }).filter(path =>
  readFileSync(join(import.meta.dirname, path), 'utf8').includes("/soaking.ts'"),
);

/** Of those that run in processes in which other tests ran before. */
const shared = {
  isolate: false,
  env: {
    TMPDIR: scratch,
    // Programs and workers that tests start are compiled once; they keep that at their end, which may be after this run's.
    NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/kvmtop-tests'),
    // Ink would otherwise start tput for each frame, or ask the terminal of whoever runs the tests.
    COLUMNS: '100',
    LINES: '40',
  },
};

export default defineConfig({
  test: {
    // Tests must not inherit a home, a language, a colour or CI setting from whoever runs them.
    env: { ...home, CI: '', NO_COLOR: '', FORCE_COLOR: '3', TZ: 'UTC', LANG: 'C.UTF-8', LC_ALL: '' },
    globalSetup: 'test/scratch.ts',
    resolveSnapshotPath,
    // Also on two processors two workers: the tests leave one to whoever works here only where there are more.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      // Processes that run one file after the other in one world: a process for each file would load the program 150 times. So a
      // test gives back what it borrows of its process: environment, umask, user, descriptors.
      {
        extends: true,
        test: {
          name: 'fast',
          testTimeout: 30_000,
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/{soak,pty,browser,lab,binary}/**'],
          ...shared,
        },
      },
      // The same kind, for longer: comparisons of policies, and the long form of those that say `soaking`.
      {
        extends: true,
        test: {
          name: 'soak',
          testTimeout: 120_000,
          include: ['test/soak/**/*.test.ts', ...twoForms],
          ...shared,
          env: { ...shared.env, KVMTOP_SOAK: '1' },
        },
      },
      // The built program in a real terminal, without guests, and reports in Chromium: one file after the other, since what they
      // measure wants a processor for itself.
      {
        extends: true,
        test: {
          name: 'pty',
          include: ['test/pty/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      // Real guests: apart from all others, since guests under emulation want the processors for themselves, and one file after the
      // other, because they share the host's KSM and hugepages.
      {
        extends: true,
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          // Tests that say they are concurrent wait for most of their time.
          maxConcurrency: 16,
        },
      },
      // The one executable: what is its own, and tests of the built program that tell whether its runtime does as Node does.
      {
        extends: true,
        test: {
          name: 'binary',
          include: ['test/binary/*.test.ts', 'test/pty/{live,record,watchdog}.test.ts'],
          globalSetup: 'test/binary/build.ts',
          env: { KVMTOP_PROGRAM: executable },
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
