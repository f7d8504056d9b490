import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';

const { projects = [], ...all } = config.test ?? {};
const fast = projects.find(
  project => typeof project === 'object' && 'test' in project && project.test?.name === 'fast',
);
if (typeof fast !== 'object' || !('test' in fast)) throw new Error('vitest.config.ts has no project fast');

/** The fast tests as the one project there is, for `npm run mutants`. */
export default defineConfig({
  test: { ...all, ...fast.test, env: { ...all.env, ...fast.test?.env }, setupFiles: ['test/mutants/setup.ts'] },
});
