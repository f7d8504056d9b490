import type { NodeSample } from '../sample.ts';
import type { Field } from './field.ts';

const meminfo =
  (key: string) =>
  (node: NodeSample): number | undefined =>
    node.meminfo[key];

const entry = (title: string, key: string, help: string) =>
  ({
    title,
    help,
    source: `/sys/devices/system/node/node*/meminfo ${key}`,
    unit: 'bytes',
    kind: 'gauge',
    needs: ['nodes'],
    read: meminfo(key),
  }) as const;

/** One NUMA node. The nodes' totals need not sum to the host's. */
export const nodeFields = {
  mem_total: entry('TOTAL', 'MemTotal', 'RAM of the node.'),
  mem_free: entry('FREE', 'MemFree', 'RAM of the node that nothing uses.'),
  mem_used: entry('USED', 'MemUsed', 'RAM of the node that is not free, page cache included.'),
  anon_pages: entry('ANON', 'AnonPages', 'Anonymous memory on the node.'),
  file_pages: entry('FILE', 'FilePages', 'Page cache on the node.'),
  shmem: entry('SHMEM', 'Shmem', 'Shared memory on the node.'),
} as const satisfies Record<string, Field<NodeSample>>;

export type NodeFieldId = keyof typeof nodeFields;
