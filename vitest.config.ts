import { basename, join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Snapshots live at the top level, so that a reviewer finds every golden screen in one folder. */
const resolveSnapshotPath = (testPath: string, extension: string): string =>
  join(import.meta.dirname, 'snapshots', basename(testPath) + extension);

export default defineConfig({
  test: {
    // Terminal-facing tests must not inherit a colour or CI setting from whoever runs them.
    env: { CI: '', NO_COLOR: '', FORCE_COLOR: '3', TZ: 'UTC', LANG: 'C.UTF-8', LC_ALL: '' },
    resolveSnapshotPath,
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          testTimeout: 30_000,
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/lab/**', 'test/pty/**', 'test/browser/**'],
        },
      },
      // The built program in a real terminal, without guests.
      {
        extends: true,
        test: { name: 'pty', include: ['test/pty/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
      },
      // Reports in Chromium.
      {
        extends: true,
        test: { name: 'browser', include: ['test/browser/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
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
          sequence: { groupOrder: 1 },
          // Tests that say they are concurrent wait for most of their time.
          maxConcurrency: 16,
        },
      },
    ],
  },
});
