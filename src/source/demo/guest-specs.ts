import type { Backend } from '../../sample.ts';
import { GiB, MiB } from '../../units.ts';
import type { Load } from './curves.ts';

/** One simulated guest, as it was started and what is special about it. Sizes are bytes, times seconds. */
export interface GuestSpec {
  readonly name: string;
  readonly size: number;
  readonly load: Load;
  readonly maxmem?: number;
  /** Where its balloon stood when kvmtop came; its size otherwise. */
  readonly actual?: number;
  readonly backend?: Backend;
  /** Page size of a hugetlb guest. */
  readonly hugepage?: number;
  readonly prealloc?: boolean;
  /** Guests of one family have equal pages: `alike` is that part of their memory. */
  readonly family?: string;
  readonly alike?: number;
  /** Part of its memory that the host has swapped out even when there is room. */
  readonly idle?: number;
  readonly vmm?: 'other';
  readonly manager?: 'libvirt' | 'proxmox';
  /** `flaky`: another client holds it now and then. */
  readonly monitor?: 'none' | 'libvirt' | 'denied' | 'flaky';
  /** `absent`: no balloon device; `missing`: a device, but no driver in the guest; `frozen`: stopped to report. */
  readonly driver?: 'absent' | 'missing' | 'frozen';
  readonly pollingInterval?: number;
  readonly paused?: boolean;
  /** It ends after so long and another takes its place. */
  readonly lifetime?: number;
}

const web: Load = { base: 0.3, swing: 0.08, period: 240, noise: 0.05, burst: 0.12, cache: 0.55 };
const database: Load = { base: 0.62, swing: 0.03, period: 400, noise: 0.02, burst: 0.05, cache: 0.9 };
const build: Load = { base: 0.14, swing: 0.03, period: 180, noise: 0.04, burst: 0.55, cache: 0.7 };
const desktop: Load = { base: 0.38, swing: 0.07, period: 320, noise: 0.08, burst: 0.1, cache: 0.4 };
const steady: Load = { base: 0.3, swing: 0.02, period: 500, noise: 0.02, burst: 0, cache: 0.6 };

const clone = { size: 6 * GiB, load: desktop, family: 'vdi', alike: 0.42, idle: 0.03 } as const;

/** A host of operators' daily troubles: at least one guest for each thing that kvmtop tells apart. */
export const guestSpecs: readonly GuestSpec[] = [
  { name: 'db-main', size: 16 * GiB, load: database, backend: 'hugetlb', hugepage: GiB, prealloc: true },
  { name: 'redis-cache', size: 8 * GiB, load: { ...database, base: 0.5 }, backend: 'hugetlb', hugepage: 2 * MiB },
  { name: 'web-1', size: 4 * GiB, maxmem: 16 * GiB, load: web, family: 'web', alike: 0.24 },
  { name: 'web-2', size: 4 * GiB, maxmem: 16 * GiB, load: web, family: 'web', alike: 0.24 },
  { name: 'vdi-01', ...clone },
  { name: 'vdi-02', ...clone },
  { name: 'vdi-03', ...clone, actual: 4.5 * GiB },
  { name: 'ci-runner-1', size: 8 * GiB, load: build },
  { name: 'ci-job', size: 4 * GiB, load: { ...build, base: 0.3 }, lifetime: 150 },
  { name: 'gitlab', size: 10 * GiB, actual: 8 * GiB, load: steady, manager: 'proxmox', pollingInterval: 10 },
  { name: 'Windows 11 (Anna)', size: 8 * GiB, load: desktop, driver: 'missing', idle: 0.05 },
  { name: 'search', size: 6 * GiB, load: database, backend: 'shared', pollingInterval: 0 },
  { name: 'staging-db', size: 8 * GiB, load: database, paused: true, idle: 0.2 },
  // Its balloon was inflated long ago and forgotten: it swaps, while the host has memory to spare.
  { name: 'legacy-erp', size: 8 * GiB, actual: 2.5 * GiB, load: { ...steady, base: 0.34 } },
  { name: 'nfs-old', size: 4 * GiB, actual: GiB, load: { ...steady, base: 0.4 }, driver: 'frozen', idle: 0.1 },
  { name: 'metrics', size: 4 * GiB, load: web, monitor: 'flaky' },
  { name: 'k8s-node-1', size: 16 * GiB, load: web, manager: 'libvirt', monitor: 'libvirt' },
  { name: 'tenant-42', size: 4 * GiB, load: web, monitor: 'denied' },
  { name: 'vyos-router', size: GiB, load: steady, driver: 'absent' },
  { name: 'fn-7f3a', size: 512 * MiB, load: steady, vmm: 'other', monitor: 'none' },
];
