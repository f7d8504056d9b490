import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import config from './vitest.config.ts';

const { projects = [], ...all } = config.test ?? {};
const fast = projects.find(
  project => typeof project === 'object' && 'test' in project && project.test?.name === 'fast',
);
if (typeof fast !== 'object' || !('test' in fast)) throw new Error('vitest.config.ts has no project fast');

/** The first test that fails ends a mutant's run: one that takes a millisecond must not wait for one that simulates a host. */
class QuickestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const lasted = (file: TestSpecification): number => this.ctx.cache.getTestSpecificationResult(file)?.duration ?? 0;
    return files.toSorted((a, b) => lasted(a) - lasted(b));
  }
}

/** The fast tests as the one project there is, for `npm run mutants`. */
export default defineConfig({
  test: {
    ...all,
    ...fast.test,
    env: { ...all.env, ...fast.test?.env },
    setupFiles: ['test/mutants/setup.ts'],
    sequence: { sequencer: QuickestFirst },
    // Code that can be changed is several times as slow.
    testTimeout: 180_000,
  },
});
