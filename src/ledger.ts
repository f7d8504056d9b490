import { guestFiles, mergedOf } from './fields/held.ts';
import { hugetlbFree, hugetlbTotal } from './fields/memory.ts';
import { own } from './own.ts';
import type { Numbers, Sample } from './sample.ts';
import { ramKinds } from './vmm/memory.ts';

/**
 * Where every byte of the host's RAM is, each exactly once. The kernel's counters overlap and are read a moment apart,
 * so each part takes what it is told from what is left over by those before it: the parts sum to MemTotal exactly and
 * none is negative. What no counter explains is told as such.
 */
export const ledgerParts = {
  guest_anon: 'Guests, private memory',
  guest_shmem: 'Guests, shared memory',
  guest_file: 'Guests, memory in files on a disk',
  guest_hugetlb: 'Guests, hugepages in use',
  ksm: 'Pages shared by KSM, each once',
  other_hugetlb: 'Hugepages in use by others',
  free_hugetlb: 'Hugepages nobody uses, lost to all others',
  other_anon: 'Other processes, private memory',
  other_shmem: 'Other shared memory and tmpfs',
  cache: 'Page cache (files, less shared memory)',
  arc: 'ZFS’s cache (ARC)',
  swap_cache: 'Swap cache that no process maps',
  zram: 'Compressed by zram',
  zswap: 'Compressed by zswap',
  slab: 'Kernel objects',
  page_tables: 'Page tables',
  kernel_stack: 'Kernel stacks',
  percpu: 'Kernel data of each processor',
  vmalloc: 'Large mappings of the kernel (vmalloc)',
  pcp_free: 'Free pages that processors hold ready',
  other_kernel: 'Other kernel memory, unexplained',
  free: 'Free',
} as const;

export type LedgerPart = keyof typeof ledgerParts;

/** The parts as they are told apart at a glance: a word for the screen, and one for a page. Free memory is the rest. */
export const ledgerGroups = {
  guests: { label: 'guests', title: 'Guests, private', parts: ['guest_anon'] },
  shared: { label: 'shared', title: 'Guests, shared', parts: ['guest_shmem', 'guest_file'] },
  ksm: { label: 'ksm', title: 'Merged by KSM', parts: ['ksm'] },
  huge: { label: 'huge', title: 'Hugepages in use', parts: ['guest_hugetlb', 'other_hugetlb'] },
  pool_free: { label: 'pool free', title: 'Hugepages not used', parts: ['free_hugetlb'] },
  others: { label: 'others', title: 'Other processes', parts: ['other_anon', 'other_shmem'] },
  cache: { label: 'cache', title: 'Caches', parts: ['cache', 'arc'] },
  // What is only told where its file is read, and is unexplained elsewhere, is in one group with that.
  kernel: {
    label: 'kernel',
    title: 'Kernel',
    parts: [
      'swap_cache',
      'zram',
      'zswap',
      'slab',
      'page_tables',
      'kernel_stack',
      'percpu',
      'vmalloc',
      'pcp_free',
      'other_kernel',
    ],
  },
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

const sumOf = (numbers: Numbers, ...keys: readonly string[]): number =>
  keys.reduce((sum, key) => sum + (own(numbers, key) ?? 0), 0);

/**
 * Memory behind the kernel's large mappings, less the stacks that are told by themselves (they are such mappings, but for few
 * architectures). Before Linux 4.4 the line counts addresses; then VmallocChunk was not 0 yet, as it is since.
 */
const vmallocOf = (meminfo: Numbers): number =>
  meminfo['VmallocChunk'] === 0 ? sumOf(meminfo, 'VmallocUsed') - sumOf(meminfo, 'KernelStack', 'ShadowCallStack') : 0;

/** RAM that holds compressed memory. Before Linux 5.19 zswap's is only known where zsmalloc holds it, as zram's is. */
const compressedOf = ({ host: { meminfo = {}, vmstat = {}, zram: devices = [] }, pageSize }: Sample) => {
  const zram = devices.reduce((sum, { stat }) => sum + (stat['mem_used_total'] ?? 0), 0);
  return { zram, zswap: meminfo['Zswap'] ?? (vmstat['nr_zspages'] ?? 0) * pageSize - zram };
};

/**
 * The part of the swap cache that is in no process: what was read ahead, or is on its way out. It is on the lists of anonymous
 * memory (locked pages on that of the unevictable), and not in AnonPages. Those that are mapped are there already.
 */
const unmappedSwapCache = (meminfo: Numbers): number =>
  Math.min(
    sumOf(meminfo, 'SwapCached'),
    sumOf(meminfo, 'Active(anon)', 'Inactive(anon)', 'Unevictable') - sumOf(meminfo, 'AnonPages', 'Shmem'),
  );

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
  let guestFile = 0;
  let guestHugetlb = 0;
  let unread = 0;
  let unattributed = 0;
  let unsorted = 0;
  let untold = 0;
  for (const guest of sample.guests) {
    const own = guest.process.status;
    if (!own) {
      unread += 1;
      continue;
    }
    const merged = mergedOf(guest, sample);
    if (merged === undefined) unattributed += 1;
    const { VmRSS: rss, RssAnon: anon, RssShmem: shmem, HugetlbPages: huge } = own;
    const { backend } = guest.launch;
    if (anon === undefined && rss !== undefined) unsorted += 1;
    if (huge === undefined && ramKinds(guest).has('hugetlb')) untold += 1;
    const isShared = anon === undefined && backend === 'shared';
    guestAnon += Math.max(0, (anon ?? (isShared ? 0 : (rss ?? 0))) - (merged ?? 0));
    guestShmem += shmem ?? (isShared ? (rss ?? 0) : 0);
    guestFile += guestFiles(guest);
    guestHugetlb += huge ?? 0;
  }
  if (unread > 0) notes.push(`${unread} guests could not be read: their memory is under others`);
  if (unsorted > 0) notes.push('kinds of RAM are not told (before 4.5): files that guests map count as theirs');
  if (untold > 0) notes.push('guests’ hugepages are not told (before 4.4): they are under others');
  if (unattributed > 0) notes.push('whose pages KSM merged is not known: guests may be counted too high');

  const pooled = hugetlbTotal(sample.host) ?? 0;
  const unused = Math.min(pooled, hugetlbFree(sample.host) ?? 0);

  const anonPages = meminfo['AnonPages'] ?? 0;
  const shmemPages = meminfo['Shmem'] ?? 0;

  // Free memory, pools and the kernel's own counters are exact; who uses the rest is attributed afterwards.
  const free = take(meminfo['MemFree']);
  const free_hugetlb = take(unused);
  const guest_hugetlb = take(guestHugetlb, pooled - unused);
  const other_hugetlb = take(pooled - unused - guest_hugetlb);
  const { arc: arcstats = {} } = sample.host;
  const arc = take(arcstats['size']);
  // What describes the ARC's blocks is in its size, and in kernel objects.
  const slab = take((meminfo['Slab'] ?? 0) - sumOf(arcstats, 'hdr_size', 'l2_hdr_size', 'dbuf_size', 'dnode_size'));
  const page_tables = take((meminfo['PageTables'] ?? 0) + (meminfo['SecPageTables'] ?? 0));
  const kernel_stack = take(meminfo['KernelStack']);
  const percpu = take(meminfo['Percpu']);
  const vmalloc = take(vmallocOf(meminfo));
  const pcp_free = take((sample.host.zoneinfo?.['pagesets count'] ?? 0) * sample.pageSize);
  const compressed = compressedOf(sample);
  const zram = take(compressed.zram);
  const zswap = take(compressed.zswap);
  const ksm = take(ksmShared, anonPages);
  const guest_anon = take(guestAnon, anonPages - ksm);
  const other_anon = take(anonPages - ksm - guest_anon);
  const guest_shmem = take(guestShmem, shmemPages);
  const other_shmem = take(shmemPages - guest_shmem);
  const files = (meminfo['Cached'] ?? 0) + (meminfo['Buffers'] ?? 0) - shmemPages;
  const guest_file = take(guestFile, files);
  const cache = take(files - guest_file);
  const swap_cache = take(unmappedSwapCache(meminfo));
  const other_kernel = take(left);

  return {
    total,
    parts: {
      guest_anon,
      guest_shmem,
      guest_file,
      guest_hugetlb,
      ksm,
      other_hugetlb,
      free_hugetlb,
      other_anon,
      other_shmem,
      cache,
      arc,
      swap_cache,
      zram,
      zswap,
      slab,
      page_tables,
      kernel_stack,
      percpu,
      vmalloc,
      pcp_free,
      other_kernel,
      free,
    },
    notes,
  };
};

/** Bytes of all parts of a group. */
export const groupBytes = ({ parts }: Ledger, id: LedgerGroupId): number =>
  ledgerGroups[id].parts.reduce((sum, part) => sum + parts[part], 0);
