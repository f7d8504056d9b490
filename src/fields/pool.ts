import type { PoolSample } from '../sample.ts';
import type { PoolField } from './field.ts';

/** Pool files count pages; here everything is bytes. */
const bytes =
  (key: string) =>
  (pool: PoolSample): number | undefined => {
    const count = pool.counts[key];
    return count === undefined ? undefined : count * pool.pageSize;
  };

const folder = '/sys/kernel/mm/hugepages/hugepages-*';

/** A hugepage pool of one size, of the host or of one NUMA node. */
export const poolFields = {
  total: {
    title: 'TOTAL',
    help: 'RAM in the pool, used or not.',
    source: `${folder}/nr_hugepages`,
    unit: 'bytes',
    kind: 'gauge',
    needs: ['pools'],
    read: bytes('nr_hugepages'),
  },
  used: {
    title: 'USED',
    help: 'RAM of the pool that somebody has touched.',
    source: `${folder}/nr_hugepages - free_hugepages`,
    unit: 'bytes',
    kind: 'gauge',
    needs: ['pools'],
    read: (pool: PoolSample) => {
      const total = bytes('nr_hugepages')(pool);
      const free = bytes('free_hugepages')(pool);
      return total === undefined || free === undefined ? undefined : Math.max(0, total - free);
    },
  },
  free: {
    title: 'FREE',
    help: 'RAM of the pool that nobody has touched; part of it may be reserved.',
    source: `${folder}/free_hugepages`,
    unit: 'bytes',
    kind: 'gauge',
    needs: ['pools'],
    read: bytes('free_hugepages'),
  },
  reserved: {
    title: 'RSVD',
    help: 'Free, but promised to somebody who has not touched it yet.',
    source: `${folder}/resv_hugepages`,
    unit: 'bytes',
    kind: 'gauge',
    needs: ['pools'],
    read: bytes('resv_hugepages'),
  },
  usable: {
    title: 'USABLE',
    help: 'What a new guest could have: free less reserved.',
    source: `${folder}/free_hugepages - resv_hugepages`,
    unit: 'bytes',
    kind: 'gauge',
    needs: ['pools'],
    read: (pool: PoolSample) => {
      const free = bytes('free_hugepages')(pool);
      const reserved = bytes('resv_hugepages')(pool);
      return free === undefined || reserved === undefined ? undefined : Math.max(0, free - reserved);
    },
  },
  surplus: {
    title: 'SURPLUS',
    help: 'Pages beyond the size asked for: given on overcommit, or still in use when the pool was cut.',
    source: `${folder}/surplus_hugepages`,
    unit: 'bytes',
    kind: 'gauge',
    needs: ['pools'],
    read: bytes('surplus_hugepages'),
  },
  overcommit: {
    title: 'OVERCMT',
    help: 'How far the pool may grow beyond its size on demand.',
    source: `${folder}/nr_overcommit_hugepages`,
    unit: 'bytes',
    kind: 'gauge',
    needs: ['pools'],
    read: bytes('nr_overcommit_hugepages'),
  },
} as const satisfies Record<string, PoolField>;

export type PoolFieldId = keyof typeof poolFields;
