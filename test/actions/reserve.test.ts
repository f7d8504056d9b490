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
