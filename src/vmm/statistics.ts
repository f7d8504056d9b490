import { own } from '../own.ts';
import type { Numbers } from '../sample.ts';
import { amount, record } from './answers.ts';

/** The statistics of virtio-balloon that QEMU calls otherwise than `stat-` and the name that others give them. */
const renamed: Readonly<Record<string, string>> = {
  hugetlb_allocations: 'stat-htlb-pgalloc',
  hugetlb_failures: 'stat-htlb-pgfail',
};

/** Of the balloon itself, not of the guest: Firecracker tells both at once. */
const ofBalloon = new Set(['target_pages', 'actual_pages', 'target_mib', 'actual_mib']);

/** A guest's statistics under QEMU's names; `undefined` when its driver has reported none. */
export const parseStatistics = (answer: unknown): Numbers | undefined => {
  const entries = Object.entries(record(answer)).flatMap(([key, given]): [string, number][] => {
    const number = amount(given);
    if (number === undefined || ofBalloon.has(key) || !/^[a-z][a-z_]{0,63}$/.test(key)) return [];
    return [[own(renamed, key) ?? `stat-${key.replaceAll('_', '-')}`, number]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
};
