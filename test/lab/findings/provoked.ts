/**
 * Where each finding is provoked for real: by the kernel's and QEMU's own numbers, seen by the built program. Files in
 * this folder, by the rule's id; a fast test holds it to the rules.
 */
export const provokedIn: Readonly<Record<string, string>> = {
  'oom-kill': 'host.test.ts',
  'host-short': 'pools.ts',
  'host-swapping-idle': 'swap.ts',
  'host-swapping': 'swap.ts',
  'pressure-high': 'swap.ts',
  'balloon-stuck': 'guests.test.ts',
  'guest-thrashing': 'guests.test.ts',
  'guest-swapped': 'swap.ts',
  'migrated-holding': 'guests.test.ts',
  'balloon-in-vain': 'guests.test.ts',
  'balloon-forgotten': 'guests.test.ts',
  'statistics-frozen': 'guests.test.ts',
  'statistics-off': 'guests.test.ts',
  'driver-missing': 'guests.test.ts',
  'monitors-busy': 'guests.test.ts',
  'monitors-slow': 'promises.ts',
  'ksm-loss': 'sharing.ts',
  'ksm-idle': 'sharing.ts',
  'ksm-slow': 'sharing.ts',
  'ksm-off': 'sharing.ts',
  'hugepages-unmerged': 'pools.ts',
  'pool-idle': 'pools.ts',
  'pool-exhausted': 'pools.ts',
  // In a guest that is the host: one with two NUMA nodes, and one whose strictness harms nobody.
  'pool-unbalanced': 'inside.ts',
  'commit-near': 'inside.ts',
  'dirty-near': 'host.test.ts',
  'overcommit-unmet': 'promises.ts',
};
