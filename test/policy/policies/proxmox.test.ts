import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proxmox } from '../../../src/policy/policies/proxmox.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { type Given, look, reasons, settings, targets } from './world.ts';

/** A host of 100 GiB, of which `over` bytes more than 80 GiB are used. */
const decide = (over: number, guests: readonly Given[], shares: Readonly<Record<string, number>> = {}) =>
  proxmox.decide([look({ total: 100 * GiB, available: 20 * GiB - over, guests })], { ...settings, shares });

const targetsOf = (...args: Parameters<typeof decide>) => targets(decide(...args));

/** Changes in MiB, to the nearest. */
const changes = (targetsByName: Readonly<Record<string, number>>, from: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    Object.entries(targetsByName).map(([name, target]) => [name, Math.round((target - (from[name] ?? 0)) / MiB)]),
  );

/** 1 GiB is its minimum; more than 256 MiB free is relaxed. */
const relaxed = (name: string, actual: number): Given => ({ name, actual, free: GiB, available: actual - 0.5 * GiB });
const pressured = (name: string, actual: number): Given => ({ name, actual, free: 0.2 * GiB, available: actual / 2 });

describe('the goal', () => {
  it('is 80 % of the RAM used; 10 MiB more or less are none', () => {
    const guests = [relaxed('a', 3 * GiB)];
    expect(targetsOf(0, guests)).toEqual({});
    expect(targetsOf(10 * MiB, guests)).toEqual({});
    expect(targetsOf(-10 * MiB, guests)).toEqual({});
    expect(changes(targetsOf(11 * MiB, guests), { a: 3 * GiB })).toEqual({ a: -11 });
    expect(changes(targetsOf(-11 * MiB, guests), { a: 3 * GiB })).toEqual({ a: 11 });
  });

  it('is told with its numbers', () => {
    expect(decide(60 * MiB, [relaxed('a', 3 * GiB)]).decisions[0]?.why).toBe(
      'the host uses 80.1 GiB, 60.0 MiB more than 80 % of its RAM; the guest has 1.00 GiB free',
    );
  });
});

describe('shrinking', () => {
  it('takes no more than 100 MiB of a guest', () => {
    expect(changes(targetsOf(GiB, [relaxed('a', 3 * GiB)]), { a: 3 * GiB })).toEqual({ a: -100 });
  });

  it('takes from the relaxed first', () => {
    expect(changes(targetsOf(50 * MiB, [relaxed('a', 3 * GiB), pressured('b', 4 * GiB)]), { a: 3 * GiB })).toEqual({
      a: -50,
    });
  });

  it('takes from all where the relaxed have nothing', () => {
    // a is relaxed and at its minimum: nothing can be taken of it.
    const guests = [{ name: 'a', actual: GiB, free: 0.6 * GiB }, pressured('b', 4 * GiB)];
    expect(changes(targetsOf(50 * MiB, guests), { b: 4 * GiB })).toEqual({ b: -50 });
  });

  it('levels what is above the minima, by shares', () => {
    // a has 2048 − 1024, b 1984 − 1024 MiB above: A = 1984 − 80 = 1904 MiB, 952 each: a gives 72, b 8.
    const guests = [relaxed('a', 2048 * MiB), relaxed('b', 1984 * MiB)];
    const from = { a: 2048 * MiB, b: 1984 * MiB };
    expect(changes(targetsOf(80 * MiB, guests), from)).toEqual({ a: -72, b: -8 });
    // Twice the shares for b: 634.7 and 1269.3 MiB above; b keeps its 960, all comes from a.
    expect(changes(targetsOf(80 * MiB, guests, { b: 2000 }), from)).toEqual({ a: -80 });
  });

  it('stops at the minimum, and where our guard rails are', () => {
    const low = { name: 'a', actual: GiB + 30 * MiB, free: 0.7 * GiB };
    expect(changes(targetsOf(GiB, [low]), { a: GiB + 30 * MiB })).toEqual({ a: -30 });
    // Relaxed by Proxmox's measure, but it uses 3.02 GiB: no less than 3.32 is safe, and it has 3.30.
    const decisions = decide(GiB, [{ name: 'b', actual: 3.3 * GiB, free: 0.28 * GiB }]);
    expect(targets(decisions)).toEqual({});
    expect(reasons(decisions)['b']).toBe('it uses 3.02 GiB, and no less than 3.32 GiB is safe');
  });
});

describe('growing', () => {
  it('gives no more than 100 MiB to a guest, nor more than its maximum', () => {
    expect(changes(targetsOf(-GiB, [relaxed('a', 3 * GiB)]), { a: 3 * GiB })).toEqual({ a: 100 });
    expect(targetsOf(-GiB, [relaxed('a', 4 * GiB - 30 * MiB)])).toEqual({ a: 4 * GiB });
    expect(targetsOf(-GiB, [relaxed('a', 4 * GiB)])).toEqual({});
  });

  it('gives to the pressured first', () => {
    const guests = [relaxed('a', 2 * GiB), pressured('b', 3 * GiB)];
    expect(changes(targetsOf(-90 * MiB, guests), { b: 3 * GiB })).toEqual({ b: 90 });
  });

  it('gives to all where the pressured are full', () => {
    const guests = [relaxed('a', 2 * GiB), pressured('b', 4 * GiB)];
    expect(changes(targetsOf(-90 * MiB, guests), { a: 2 * GiB })).toEqual({ a: 90 });
  });

  it('counts a guest below its minimum as pressured, whatever it has free', () => {
    const guests = [pressured('a', 2 * GiB), { name: 'b', actual: 0.9 * GiB, free: 0.7 * GiB }];
    expect(changes(targetsOf(-50 * MiB, guests), { b: 0.9 * GiB })).toEqual({ b: 50 });
  });

  it('fills up by shares', () => {
    // 1024 and 960 MiB above the minima and 80 to give: A = 2064, 1032 each: 8 and 72.
    const guests = [pressured('a', 2048 * MiB), pressured('b', 1984 * MiB)];
    const from = { a: 2048 * MiB, b: 1984 * MiB };
    expect(changes(targetsOf(-80 * MiB, guests), from)).toEqual({ a: 8, b: 72 });
    expect(changes(targetsOf(-80 * MiB, guests, { a: 4000 }), from)).toEqual({ a: 80 });
  });
});

it('never changes more in sum than its goal, and all guests in one direction', () => {
  const guests = fc.array(
    fc.record({
      actual: fc.integer({ min: 512, max: 4096 }).map(size => size * MiB),
      free: fc.double({ min: 0, max: 1, noNaN: true }),
      shares: fc.integer({ min: 0, max: 5000 }),
    }),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(guests, fc.integer({ min: -4096, max: 4096 }), (some, mebibytes) => {
      const given = some.map(({ actual, free }, index) => ({ name: `g${index}`, actual, free: actual * free }));
      const shares = Object.fromEntries(some.map((one, index) => [`g${index}`, one.shares]));
      const moved = targetsOf(mebibytes * MiB, given, shares);
      const differences = Object.entries(moved).map(
        ([name, target]) => target - (given.find(one => one.name === name)?.actual ?? 0),
      );
      // Shrinking is rounded up to whole pages, so it is never more either.
      for (const one of differences) expect(Math.sign(one)).toBe(-Math.sign(mebibytes));
      for (const one of differences) expect(Math.abs(one)).toBeLessThanOrEqual(100 * MiB);
      const sum = differences.reduce((total, one) => total + one, 0);
      expect(Math.abs(sum)).toBeLessThanOrEqual(Math.abs(mebibytes) * MiB + 1);
    }),
  );
});
