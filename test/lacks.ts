import { spawnSync } from 'node:child_process';
import { test } from 'vitest';

/** What a test may miss on a host; `undefined` where it is there. */
type Lack = string | undefined;

/**
 * A test that needs what not every host has. Where that lacks it is skipped, and its name says why: .ci/run tells it by
 * that from tests that should have run.
 */
export const testUnless = (lack: Lack, name: string, run: () => void | Promise<void>): void => {
  if (lack === undefined) test(name, run);
  else test.skip(`${name} (skipped here: ${lack})`, run);
};

export const noRoot: Lack = process.geteuid?.() === 0 ? undefined : 'only root may do that';

const mayMount = (): boolean =>
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' }).status === 0;
export const noMount: Lack = noRoot ?? (mayMount() ? undefined : 'file systems may not be mounted');
