import fc from 'fast-check';
import { expect, it } from 'vitest';
import { estimateMigration } from '../../src/fields/migration.ts';

const of = (ram: Record<string, number>) => estimateMigration({ status: 'active', values: {}, ram });

it('tells the least time while nothing is known of what the guest writes', () => {
  expect(of({ remaining: 2e6, mbps: 8, 'dirty-pages-rate': 0, 'dirty-sync-count': 1 })).toEqual({
    rate: 1e6,
    seconds: 2,
  });
});

it('counts what is written again meanwhile', () => {
  const ram = { remaining: 2e6, mbps: 8, 'dirty-sync-count': 2, 'page-size': 1000 };
  expect(of({ ...ram, 'dirty-pages-rate': 500 })).toEqual({ rate: 1e6, dirtyRate: 5e5, converges: true, seconds: 4 });
  expect(of({ ...ram, 'dirty-pages-rate': 1000 })).toEqual({ rate: 1e6, dirtyRate: 1e6, converges: false });
});

it('knows nothing of a migration that has sent nothing', () => {
  expect(of({ remaining: 5, mbps: 0, 'dirty-pages-rate': 7, 'dirty-sync-count': 2 })).toEqual({
    rate: 0,
    dirtyRate: 7 * 4096,
  });
  expect(of({})).toEqual({});
});

it('never gives a negative time, and none without an end', () => {
  const number = fc.double({ min: 0, max: 1e15, noNaN: true });
  const ram = fc.record(
    {
      remaining: number,
      mbps: number,
      'dirty-pages-rate': number,
      'dirty-sync-count': fc.nat(5),
      'page-size': fc.nat(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(ram, some => {
      const { seconds, converges } = of(some);
      if (converges === false) expect(seconds).toBeUndefined();
      if (seconds !== undefined) expect(seconds).toBeGreaterThanOrEqual(0);
    }),
  );
});
