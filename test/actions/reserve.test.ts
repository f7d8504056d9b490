import { expect, test } from 'vitest';
import { reserve, spare } from '../../src/actions/reserve.ts';
import { hostState } from '../../src/policy/policies/kvmtop/host.ts';
import { defaultThresholds } from '../../src/policy/thresholds.ts';
import { GiB } from '../../src/units.ts';
import { capturedModel, planOf, withMeminfo } from './hosts.ts';

const host = (hugetlb: number) =>
  capturedModel('debian12-1node', withMeminfo({ MemTotal: 566 * GiB, MemAvailable: 10 * GiB, Hugetlb: hugetlb }));

test('what must stay available is a part of the memory that can be had, not of pools set aside on purpose', () => {
  expect(reserve(host(0))).toBeCloseTo(0.02 * 566 * GiB);
  expect(spare(host(0))).toBeLessThan(0);
  expect(reserve(host(466 * GiB))).toBeCloseTo(2 * GiB);
  expect(spare(host(466 * GiB))).toBeCloseTo(8 * GiB);
});

test('so is the reserve of the policy kvmtop, and what the kernel may keep free', () => {
  expect(hostState([host(466 * GiB)], 0.1, defaultThresholds)).toMatchObject({ pressure: 'calm', reserve: 10 * GiB });
  expect(hostState([host(0)], 0.1, defaultThresholds)?.pressure).toBe('critical');
  const refusal = (hugetlb: number) => planOf(host(hugetlb), 'sysctl vm.min_free_kbytes 6G').refusal?.reason;
  expect(refusal(466 * GiB)).toMatch(/more than 5 % of RAM outside hugepage pools \(5\.00 GiB\)/);
});

test('the kernel’s own reserve counts where it is more, and what is not known makes none', () => {
  const values = { ...host(0).host.values, mem_outside_pools: 100 * GiB, mem_available_with_arc: 10 * GiB };
  const of = (change: Partial<typeof values>) => {
    const model = host(0);
    const then = { ...model, host: { ...model.host, values: { ...values, ...change } } };
    return [reserve(then), spare(then)];
  };
  expect(of({ min_free: 2 * GiB - 1 })).toEqual([2 * GiB, 8 * GiB]);
  expect(of({ min_free: 3 * GiB })).toEqual([3 * GiB, 7 * GiB]);
  const blind = (names: readonly string[]) =>
    capturedModel('debian12-1node', ({ meminfo }) => ({
      meminfo: Object.fromEntries(Object.entries(meminfo ?? {}).filter(([name]) => !names.includes(name))),
    }));
  expect([reserve(blind(['MemTotal'])), spare(blind(['MemTotal']))]).toEqual([undefined, undefined]);
  expect(spare(blind(['MemAvailable']))).toBeUndefined();
  expect(reserve(blind(['MemAvailable']))).toBeGreaterThan(0);
});
