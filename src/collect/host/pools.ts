import { known } from '../../known.ts';
import type { Root } from '../../root.ts';
import type { Numbers, PoolSample } from '../../sample.ts';
import { listNodes, nodesFolder } from './nodes.ts';
import type { Reader } from './reader.ts';
import { createCountsReader, pathsIn } from './value.ts';

/** `hugepages-2048kB` in bytes; `undefined` for any other name. */
export const parsePoolName = (name: string): number | undefined => {
  const [, kb] = /^hugepages-(\d{1,12})kB$/.exec(name) ?? [];
  return kb === undefined ? undefined : Number(kb) * 1024;
};

interface Pool {
  readonly pageSize: number;
  readonly node?: number;
  readonly counts: Reader<Numbers>;
}

const listPools = (root: Root, folder: string, node?: number): Pool[] =>
  root
    .list(folder)
    .flatMap(name => {
      const pageSize = parsePoolName(name);
      if (pageSize === undefined) return [];
      const counts = createCountsReader(root, () =>
        // `demote` can only be written, and `demote_size` is not a count.
        pathsIn(root, `${folder}/${name}`).filter(
          ([file]) => file.endsWith('hugepages') || file.includes('hugepages_'),
        ),
      );
      return { pageSize, counts, ...known({ node }) };
    })
    .sort((one, other) => one.pageSize - other.pageSize);

/** The pool of the default size, as meminfo tells it: for a tree that has no folder of pools. */
export const poolInMeminfo = ({ Hugepagesize: pageSize, ...lines }: Numbers): PoolSample | undefined => {
  const { HugePages_Total: total, HugePages_Free: free, HugePages_Rsvd: reserved, HugePages_Surp: surplus } = lines;
  if (!pageSize || total === undefined) return undefined;
  const counts = { nr_hugepages: total, free_hugepages: free, resv_hugepages: reserved, surplus_hugepages: surplus };
  return { pageSize, counts: known(counts) as Numbers };
};

/**
 * The hugepage pools of /sys/kernel/mm/hugepages, by page size, and where the host has several nodes then those of each
 * node, by node and size. With one node they would say the same twice.
 */
export const createPoolsReader = (root: Root): Reader<readonly PoolSample[]> => {
  let pools: readonly Pool[] | undefined;
  const look = (): Pool[] => {
    const nodes = listNodes(root);
    return [
      ...listPools(root, '/sys/kernel/mm/hugepages'),
      ...(nodes.length > 1 ? nodes : []).flatMap(node => listPools(root, `${nodesFolder}/node${node}/hugepages`, node)),
    ];
  };
  const close = (): void => {
    for (const { counts } of pools ?? []) counts.close();
    pools = undefined;
  };
  return {
    read() {
      pools ??= look();
      const samples = pools.flatMap(({ counts, ...pool }) => {
        const numbers = counts.read();
        return numbers ? { ...pool, counts: numbers } : [];
      });
      if (samples.length < pools.length) close();
      return samples.length > 0 ? samples : undefined;
    },
    close,
  };
};
