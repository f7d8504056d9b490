import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';

/** `toEqual`, for what is large and mostly equal: Node compares ten times as fast, and toEqual tells the difference. */
export const expectSame = (found: unknown, wanted: unknown): void => {
  if (!isDeepStrictEqual(found, wanted)) expect(found).toEqual(wanted);
};
