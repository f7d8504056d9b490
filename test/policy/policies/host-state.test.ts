import { describe, expect, it } from 'vitest';
import { type HostState, hostState } from '../../../src/policy/policies/kvmtop/host.ts';
import { GiB, KiB, MiB } from '../../../src/units.ts';
import { look, settings, type World } from './world.ts';

/** Of 80 GiB RAM, 16 in hugepage pools: a tenth of the rest, 6.4 GiB, is the reserve; 7.68 relieve it, and below 3.2 it is critical. */
const host = (available: number, more: World['host'] = {}): World => ({
  host: { meminfo: { MemTotal: 80 * GiB, Hugetlb: 16 * GiB, MemAvailable: available * GiB }, ...more },
});

const stateOf = (worlds: readonly World[], every = 10): HostState =>
  hostState(
    worlds.map((world, index) => look(world, every * index)),
    settings.reserve,
    settings.thresholds,
  )!;

/** After looks at so much available, in GiB. */
const pressureAt = (...available: readonly number[]): string => stateOf(available.map(one => host(one))).pressure;

/** A look with other rates of the host. */
const withRates = (available: number, rates: Readonly<Record<string, number>>): HostState => {
  const model = look(host(available));
  return hostState(
    [{ ...model, host: { ...model.host, values: { ...model.host.values, ...rates } } }],
    settings.reserve,
    settings.thresholds,
  )!;
};

describe('a host', () => {
  it('is short below its reserve, and critical below half of it', () => {
    expect(stateOf([host(6.4)]).reserve).toBeCloseTo(6.4 * GiB, 0);
    expect([pressureAt(6.41), pressureAt(6.39)]).toEqual(['calm', 'short']);
    expect([pressureAt(3.21), pressureAt(3.19)]).toEqual(['short', 'critical']);
  });

  it('stays short until there are 1.2 reserves, and then until it is below the reserve again', () => {
    expect(pressureAt(6.3, 7.67)).toBe('short');
    expect(pressureAt(6.3, 7.69)).toBe('calm');
    expect(pressureAt(6.3, 7.7, 7.6)).toBe('calm');
    expect(pressureAt(7.7, 6.3, 7.6)).toBe('short');
    expect(pressureAt(7.6, 7.5)).toBe('calm');
  });

  it('is expected to fall on for ten seconds as it did, and not to rise', () => {
    const expected = (every: number, ...available: readonly number[]): number =>
      Math.round(
        (100 *
          stateOf(
            available.map(one => host(one)),
            every,
          ).expected) /
          GiB,
      ) / 100;
    expect(expected(10, 12, 10)).toBe(8);
    expect(expected(20, 12, 10)).toBe(9);
    expect(expected(10, 10, 12)).toBe(12);
    expect(expected(10, 40, 10)).toBe(0);
    // Against ten seconds ago: neither the last look nor the first.
    expect(expected(5, 20, 12, 10.5, 10)).toBe(8);
    expect(expected(10, 10)).toBe(10);
    expect([pressureAt(9, 7.7), pressureAt(9, 7.69)]).toEqual(['calm', 'short']);
  });

  it('lacks what is missing up to 1.2 reserves, unless it is calm', () => {
    const lacks = (...available: readonly number[]): number =>
      Math.round((100 * stateOf(available.map(one => host(one))).shortfall) / GiB) / 100;
    expect([lacks(7), lacks(6), lacks(3)]).toEqual([0, 1.68, 4.68]);
    // From what is expected: 5 GiB.
    expect(lacks(7, 6)).toBe(2.68);
    // Critical, and out of the short.
    expect(withRates(7.6, { swap_in: MiB }).shortfall).toBeCloseTo(0.08 * GiB, 0);
  });

  it('tells the least that was available in all that is remembered', () => {
    expect(stateOf([host(9), host(7), host(12)]).lowest).toBe(7 * GiB);
    expect(stateOf([host(9), { host: { meminfo: { MemTotal: 80 * GiB } } }, host(12)]).lowest).toBe(9 * GiB);
  });

  it('is critical where it swaps or stands still below 1.2 reserves', () => {
    for (const rates of [{ swap_in: 256 * KiB }, { swap_out: 256 * KiB }, { psi_mem_full_avg10: 0.05 }]) {
      expect(withRates(7.6, rates).pressure).toBe('critical');
      expect(withRates(7.7, rates).pressure).toBe('calm');
    }
    for (const rates of [{ swap_in: 255 * KiB }, { swap_out: 255 * KiB }, { psi_mem_full_avg10: 0.049 }])
      expect(withRates(7.6, rates).pressure).toBe('calm');
  });

  it('lets guests in need have a fifth of its reserve, a hundredth at a time, and nothing while it swaps out', () => {
    const { spendable, spendStep } = stateOf([host(6)]);
    expect([spendable / GiB, spendStep / GiB]).toEqual([expect.closeTo(1.28, 5), expect.closeTo(0.064, 5)]);
    expect(withRates(6, { swap_out: 256 * KiB }).spendable).toBe(0);
    expect(withRates(6, { swap_in: MiB }).spendable).toBeCloseTo(1.28 * GiB, 0);
  });

  it('is not judged where what it has is unknown', () => {
    for (const meminfo of [{}, { MemTotal: GiB }, { MemAvailable: GiB }])
      expect(hostState([look({ host: { meminfo } })], settings.reserve, settings.thresholds)).toBeUndefined();
  });
});
