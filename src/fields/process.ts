import type { HostProcess } from '../sample.ts';
import type { Field } from './field.ts';

type ProcessField = Field<HostProcess>;

/** A number of /proc/PID/status, in the processes tab. */
const entry = (title: string, key: string, help: string) =>
  ({
    title,
    help,
    source: `/proc/PID/status ${key}`,
    unit: 'bytes',
    kind: 'gauge',
    needs: ['processes'],
    read: ({ status }: HostProcess) => status[key],
  }) as const satisfies ProcessField;

/** Any process of the host. The guests' own fields know more of them, such as what KSM saves. */
export const processFields = {
  held: {
    title: 'MEMORY',
    help: 'What goes when it ends: anonymous, shared and huge pages, page tables and swap; merged pages in full.',
    source: '/proc/PID/status RssAnon + RssShmem + HugetlbPages + VmPTE + VmSwap',
    unit: 'bytes',
    kind: 'gauge',
    needs: ['processes'],
    read: ({ status }) => {
      const anon = status['RssAnon'];
      if (anon === undefined) return undefined;
      const rest = ['RssShmem', 'HugetlbPages', 'VmPTE', 'VmSwap'];
      return rest.reduce((sum, key) => sum + (status[key] ?? 0), anon);
    },
  },
  rss: entry('RSS', 'VmRSS', 'RAM mapped by it; shared pages counted in full, hugepages not at all.'),
  swap: entry('SWAP', 'VmSwap', 'What is swapped out of it.'),
  hugetlb: entry('HUGETLB', 'HugetlbPages', 'RAM it has from the hugepage pools.'),
  major_faults: {
    title: 'MAJFLT',
    help: 'Its page faults that had to wait for a disk.',
    source: '/proc/PID/stat majflt',
    unit: 'count',
    kind: 'counter',
    needs: ['processes'],
    read: ({ stat }) => stat['majflt'],
  },
  rss_anon: entry('ANON', 'RssAnon', 'Its anonymous RAM.'),
  rss_shmem: entry('SHMEM', 'RssShmem', 'Its shared RAM: tmpfs, memfd, shared anonymous memory.'),
  rss_file: entry('FILE', 'RssFile', 'Its RAM of mapped files: page cache that others may share.'),
  pte: entry('PTE', 'VmPTE', 'Page tables that the host keeps for it.'),
} as const satisfies Record<string, ProcessField>;

export type ProcessFieldId = keyof typeof processFields;
