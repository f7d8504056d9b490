import type { Sample } from './sample.ts';

/**
 * Where every byte of the host's RAM is, each exactly once. The kernel's counters overlap and are read a moment apart,
 * so each part takes what it is told from what is left over by those before it: the parts sum to MemTotal exactly and
 * none is negative. What no counter explains is told as such.
 */
export const ledgerParts = {
  guest_anon: 'Guests, private memory',
  guest_shmem: 'Guests, shared memory',
  guest_hugetlb: 'Guests, hugepages in use',
  ksm: 'Pages shared by KSM, each once',
  other_hugetlb: 'Hugepages in use by others',
  free_hugetlb: 'Hugepages nobody uses, lost to all others',
  other_anon: 'Other processes, private memory',
  other_shmem: 'Other shared memory and tmpfs',
  cache: 'Page cache (files, less shared memory)',
  slab: 'Kernel objects',
  page_tables: 'Page tables',
  kernel_stack: 'Kernel stacks',
  other_kernel: 'Other kernel memory, unexplained',
  free: 'Free',
} as const;

export type LedgerPart = keyof typeof ledgerParts;

/** The parts as they are told apart at a glance: a word for the screen, and one for a page. Free memory is the rest. */
export const ledgerGroups = {
  guests: { label: 'guests', title: 'Guests, private', parts: ['guest_anon'] },
  shared: { label: 'shared', title: 'Guests, shared', parts: ['guest_shmem'] },
  ksm: { label: 'ksm', title: 'Merged by KSM', parts: ['ksm'] },
  huge: { label: 'huge', title: 'Hugepages in use', parts: ['guest_hugetlb', 'other_hugetlb'] },
  pool_free: { label: 'pool free', title: 'Hugepages not used', parts: ['free_hugetlb'] },
  others: { label: 'others', title: 'Other processes', parts: ['other_anon', 'other_shmem'] },
  cache: { label: 'cache', title: 'Page cache', parts: ['cache'] },
  kernel: { label: 'kernel', title: 'Kernel', parts: ['slab', 'page_tables', 'kernel_stack', 'other_kernel'] },
} as const satisfies Record<string, LedgerGroup>;

export type LedgerGroupId = keyof typeof ledgerGroups;

interface LedgerGroup {
  readonly label: string;
  readonly title: string;
  readonly parts: readonly LedgerPart[];
}

export interface Ledger {
  /** Bytes: MemTotal. */
  readonly total: number;
  /** Bytes of each part, in the order of `ledgerParts`. */
  readonly parts: Readonly<Record<LedgerPart, number>>;
  /** What could not be told apart, and why. */
  readonly notes: readonly string[];
}

/** `undefined` only where /proc/meminfo itself can't be read. */
export const ledger = (sample: Sample): Ledger | undefined => {
  const meminfo = sample.host.meminfo;
  const total = meminfo?.['MemTotal'];
  if (!meminfo || total === undefined) return undefined;

  const notes: string[] = [];
  let left = total;
  const take = (bytes: number | undefined, most = Number.POSITIVE_INFINITY): number => {
    const part = Math.min(Math.max(0, Math.min(bytes ?? 0, most)), left);
    left -= part;
    return part;
  };

  const number = (value: number | string | undefined): number => (typeof value === 'number' ? value : 0);
  const ksmShared = number(sample.host.ksm?.['pages_shared']) * sample.pageSize;

  let guestAnon = 0;
  let guestShmem = 0;
  let guestHugetlb = 0;
  let unread = 0;
  let unattributed = 0;
  for (const guest of sample.guests) {
    const own = guest.process.status;
    if (!own) {
      unread += 1;
      continue;
    }
    const merging = guest.process.ksm_stat?.['ksm_merging_pages'];
    if (merging === undefined && ksmShared > 0) unattributed += 1;
    guestAnon += Math.max(0, (own['RssAnon'] ?? 0) - (merging ?? 0) * sample.pageSize);
    guestShmem += own['RssShmem'] ?? 0;
    guestHugetlb += own['HugetlbPages'] ?? 0;
  }
  if (unread > 0) notes.push(`${unread} guests could not be read: their memory is under others`);
  if (unattributed > 0) notes.push('whose pages KSM merged is not known: guests may be counted too high');

  const pools = sample.host.pools?.filter(pool => pool.node === undefined) ?? [];
  const hugetlb =
    meminfo['Hugetlb'] ?? pools.reduce((sum, pool) => sum + (pool.counts['nr_hugepages'] ?? 0) * pool.pageSize, 0);
  const hugetlbFree = Math.min(
    hugetlb,
    pools.length > 0
      ? pools.reduce((sum, pool) => sum + (pool.counts['free_hugepages'] ?? 0) * pool.pageSize, 0)
      : (meminfo['HugePages_Free'] ?? 0) * (meminfo['Hugepagesize'] ?? 0),
  );
  const hugetlbUsed = hugetlb - hugetlbFree;

  const anonPages = meminfo['AnonPages'] ?? 0;
  const shmemPages = meminfo['Shmem'] ?? 0;

  // Free memory, pools and the kernel's own counters are exact; who uses the rest is attributed afterwards.
  const free = take(meminfo['MemFree']);
  const free_hugetlb = take(hugetlbFree);
  const guest_hugetlb = take(guestHugetlb, hugetlbUsed);
  const other_hugetlb = take(hugetlbUsed - guest_hugetlb);
  const slab = take(meminfo['Slab']);
  const page_tables = take((meminfo['PageTables'] ?? 0) + (meminfo['SecPageTables'] ?? 0));
  const kernel_stack = take(meminfo['KernelStack']);
  const ksm = take(ksmShared, anonPages);
  const guest_anon = take(guestAnon, anonPages - ksm);
  const other_anon = take(anonPages - ksm - guest_anon);
  const guest_shmem = take(guestShmem, shmemPages);
  const other_shmem = take(shmemPages - guest_shmem);
  const cache = take((meminfo['Cached'] ?? 0) + (meminfo['Buffers'] ?? 0) - shmemPages);
  const other_kernel = take(left);

  return {
    total,
    parts: {
      guest_anon,
      guest_shmem,
      guest_hugetlb,
      ksm,
      other_hugetlb,
      free_hugetlb,
      other_anon,
      other_shmem,
      cache,
      slab,
      page_tables,
      kernel_stack,
      other_kernel,
      free,
    },
    notes,
  };
};

/** Bytes of all parts of a group. */
export const groupBytes = ({ parts }: Ledger, id: LedgerGroupId): number =>
  ledgerGroups[id].parts.reduce((sum, part) => sum + parts[part], 0);
