import type { Way } from '../../src/collect/guests/monitors/contract.ts';

/** The way to a socket that is known to be the right one. */
export const wayTo = (path: string): Way => ({
  label: path,
  reach: async () => ({ target: { path }, check: () => undefined, release: () => undefined }),
  forget: () => undefined,
  close: () => undefined,
});
