import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that goes with the test. */
export const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'kvmtop-recording-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
};
