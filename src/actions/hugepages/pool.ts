import { WordsError } from '../../errors.ts';
import type { Model, NodeModel } from '../../model.ts';
import type { PoolSample } from '../../sample.ts';
import { exactBytes, KiB, longBytes, MiB, parseBytes } from '../../units.ts';

/**
 * The most that the page allocator gives in one piece, by the size of its pages: MAX_PAGE_ORDER of x86, s390x and arm64
 * with 4 KiB, of arm64 with 16 and 64 KiB. ppc64le, with 64 KiB, has 16 MiB, and no huge page between those two. Bytes.
 */
const largestBlock = (pageSize: number): number =>
  pageSize === 16 * KiB ? 32 * MiB : pageSize === 64 * KiB ? 512 * MiB : 4 * MiB;

/** Whether a huge page is larger than that: the kernel has to find it and clear it, and never does so on demand. */
export const isGigantic = ({ sample }: Model, pageSize: number): boolean => pageSize > largestBlock(sample.pageSize);

/** `2M`, `1G`, `2048kB` as the page size of a pool that is there. Throws an Error that says which there are. */
export const parsePageSize = (model: Model, word: string): number => {
  const bytes = parseBytes(word);
  const sizes = [...new Set(model.pools.map(({ pageSize }) => pageSize))];
  if (bytes !== undefined && sizes.includes(bytes)) return bytes;
  const known = sizes.map(exactBytes).join(', ');
  throw new WordsError(
    `there is no pool of hugepages of '${word}': there are ${known || 'none at all, or none were read'}`,
  );
};

/** Pages, as the kernel counts them. */
export interface PoolCounts {
  /** `nr_hugepages`, surplus included. */
  readonly total: number;
  readonly free: number;
  /** Known of the whole host only. */
  readonly reserved: number;
  readonly surplus: number;
}

const countsOf = ({ counts }: PoolSample): PoolCounts | undefined => {
  const { nr_hugepages: total, free_hugepages: free, surplus_hugepages: surplus, resv_hugepages: reserved } = counts;
  if (total === undefined || free === undefined) return undefined;
  return { total, free, reserved: reserved ?? 0, surplus: surplus ?? 0 };
};

/** The counts of a pool: of the whole host, or of one node. A host of one node has its node's pool in the host's. */
export const poolCounts = (model: Model, pageSize: number, node: number | undefined): PoolCounts | undefined => {
  const pools = (model.sample.host.pools ?? []).filter(pool => pool.pageSize === pageSize);
  const only = model.nodes.length === 1 && model.nodes[0]?.id === node;
  const pool = pools.find(one => one.node === node) ?? (only ? pools.find(one => one.node === undefined) : undefined);
  return pool && countsOf(pool);
};

/** Pages that were asked for and are there: what the kernel compares with a new number. */
export const persistent = ({ total, surplus }: PoolCounts): number => total - surplus;

export interface PoolChange {
  /** Pages that must be found in the host's memory. */
  readonly allocated: number;
  /** Pages that go back to the host at once. */
  readonly freed: number;
  /** Pages beyond the number asked for, which stay until their owners free them. */
  readonly surplus: number;
}

/**
 * What writing `count` into nr_hugepages does, as far as memory is found. Growing adopts surplus pages first; shrinking
 * keeps what is in use or reserved, and makes it surplus. Linux, mm/hugetlb.c: set_max_huge_pages().
 */
export const poolChange = (pool: PoolCounts, count: number): PoolChange => {
  const now = persistent(pool);
  if (count >= now) {
    const adopted = Math.min(pool.surplus, count - now);
    return { allocated: count - now - adopted, freed: 0, surplus: pool.surplus - adopted };
  }
  const needed = pool.total - pool.free + pool.reserved;
  const kept = Math.min(now, Math.max(count, needed));
  return { allocated: 0, freed: now - kept, surplus: pool.surplus + kept - count };
};

/** The same for the pool of one node: what is reserved is known of the whole host only, and holds there. */
export const nodePoolChange = (host: PoolCounts, node: PoolCounts, count: number): PoolChange => {
  const change = poolChange(node, count);
  if (change.freed === 0) return change;
  const freed = Math.min(change.freed, poolChange(host, persistent(host) - persistent(node) + count).freed);
  return { ...change, freed, surplus: change.surplus + change.freed - freed };
};

/** What a node could give without swapping: bytes. The kernel has no estimate of its own per node. */
export const nodeAvailable = (model: Model, node: NodeModel): number | undefined => {
  const meminfo = model.sample.host.nodes?.find(({ id }) => id === node.id)?.meminfo;
  const { MemFree, 'Active(file)': active = 0, 'Inactive(file)': inactive = 0, SReclaimable = 0 } = meminfo ?? {};
  // As for MemAvailable: about half of what can be reclaimed must stay for the host to work.
  return MemFree === undefined ? undefined : MemFree + (active + inactive + SReclaimable) / 2;
};

/** How many owners are told by name. */
const told = 4;

/** Which guests hold hugepages. A process tells the sum of all page sizes only. */
export const poolOwners = (model: Model): string[] => {
  const owners = model.guests
    .map(({ name, values }) => ({ name, bytes: values.hugetlb ?? 0 }))
    .filter(({ bytes }) => bytes > 0)
    .sort((one, other) => other.bytes - one.bytes);
  if (owners.length === 0) return [];
  const more = owners.length > told ? [`${owners.length - told} more`] : [];
  const names = owners.slice(0, told).map(({ name, bytes }) => `${name} ${longBytes(bytes)}`);
  return [`held by guests: ${[...names, ...more].join(', ')}`];
};
