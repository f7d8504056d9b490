import { expect, test } from 'vitest';
import { claimActing } from '../../../src/programs/auto/acting-claim.ts';
import { Failure } from '../../../src/programs/options.ts';

/** Not the host's: a policy may act on it meanwhile. */
const name = `\0kvmtop-test-${process.pid}`;

test('one claim at a time, and the next once it is given back', async () => {
  const release = await claimActing(name);
  const refused = await claimActing(name).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Failure);
  expect(refused).toMatchObject({
    status: 3,
    message: expect.stringMatching(`^another kvmtop \\(process ${process.pid}\\) lets .* stop that one first`),
  });
  release();
  (await claimActing(name))();
});
