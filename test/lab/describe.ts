import { describe, test } from 'vitest';
import { whyNoLab } from './lab.ts';

/**
 * Tests that need real guests. Where there can be none they are skipped, and say why; with `KVMTOP_LAB=require` (as
 * in CI) they fail instead. `whyNot`: what else may be missing.
 */
export const describeLab = (name: string, tests: () => void, whyNot?: () => string | undefined): void => {
  const reason = whyNoLab() ?? whyNot?.();
  if (!reason) {
    describe(name, tests);
  } else if (process.env['KVMTOP_LAB'] === 'require') {
    test(name, () => {
      throw new Error(reason);
    });
  } else {
    console.warn(`Skipped: ${name}: ${reason}`);
    test.skip(`${name} (${reason})`, () => {});
  }
};
