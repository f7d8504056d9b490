import type { GuestSample, HostSample, Sample } from '../src/sample.ts';

/** Samples for tests of the pure middle: only what a test says is known. */
export const sample = (parts: Partial<Omit<Sample, 'host'>> & { readonly host?: HostSample }): Sample => ({
  version: 1,
  time: 1_800_000_000,
  monotonic: 0,
  pageSize: 4096,
  host: {},
  guests: [],
  problems: [],
  ...parts,
});

export const guest = (parts: Partial<GuestSample>): GuestSample => ({
  id: '100.5000',
  pid: 100,
  starttime: 5000,
  name: 'web-1',
  vmm: 'qemu',
  launch: {},
  process: {},
  monitor: { state: 'unasked' },
  ...parts,
});
