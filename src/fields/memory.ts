import type { HostSample } from '../sample.ts';

/** RAM in hugepage pools of all sizes, used or not; bytes. Before Linux 4.19 meminfo has no `Hugetlb`, and of its own one size. */
export const hugetlbTotal = ({ meminfo, pools }: HostSample): number | undefined => {
  const whole = pools?.filter(({ node }) => node === undefined) ?? [];
  const { Hugetlb: told, HugePages_Total: pages, Hugepagesize: size } = meminfo ?? {};
  if (told !== undefined) return told;
  if (whole.length > 0)
    return whole.reduce((sum, { counts, pageSize }) => sum + (counts['nr_hugepages'] ?? 0) * pageSize, 0);
  return pages === undefined || size === undefined ? undefined : pages * size;
};

/** What of it nobody has touched: bytes. */
export const hugetlbFree = ({ meminfo, pools }: HostSample): number | undefined => {
  const whole = pools?.filter(({ node }) => node === undefined) ?? [];
  const { HugePages_Free: pages, Hugepagesize: size } = meminfo ?? {};
  if (whole.length > 0)
    return whole.reduce((sum, { counts, pageSize }) => sum + (counts['free_hugepages'] ?? 0) * pageSize, 0);
  return pages === undefined || size === undefined ? undefined : pages * size;
};

/** What somebody has touched: bytes. */
export const hugetlbUsed = (host: HostSample): number | undefined => {
  const [total, free] = [hugetlbTotal(host), hugetlbFree(host)];
  return total === undefined || free === undefined ? undefined : Math.max(0, total - free);
};

/**
 * What ZFS's own cache would give back when memory is short: what can be evicted, down to its minimum. The kernel does not
 * count it as available. Bytes; `undefined` where there is no ZFS. OpenZFS, arc_os.c: arc_evictable_memory().
 */
export const arcReclaimable = ({ arc }: HostSample): number | undefined => {
  const { size, c_min: least = 0 } = arc ?? {};
  if (size === undefined) return undefined;
  const parts = ['mru_evictable_data', 'mru_evictable_metadata', 'mfu_evictable_data', 'mfu_evictable_metadata'];
  const evictable = parts.map(part => arc?.[part]);
  const most = evictable.includes(undefined) ? size : evictable.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  return Math.max(0, Math.min(most, size - least));
};

/** RAM that is in no hugepage pool: bytes. A kernel that tells of no pools has none. */
export const outsidePools = (host: HostSample): number | undefined => {
  const total = host.meminfo?.['MemTotal'];
  return total === undefined ? undefined : Math.max(0, total - (hugetlbTotal(host) ?? 0));
};

/**
 * What is available, as a share of the memory that could ever be: that outside the hugepage pools, which are set aside on
 * purpose. `undefined` when unknown.
 */
export const availableShare = ({
  mem_outside_pools: total,
  mem_available_with_arc: available,
}: Readonly<{ mem_outside_pools?: number; mem_available_with_arc?: number }>): number | undefined =>
  !total || available === undefined ? undefined : available / total;
