import type { HostProcess } from '../sample.ts';
import type { Field } from './field.ts';
import { processHeld } from './held.ts';

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
    most: 'held_most',
    read: (process, sample) => {
      const held = processHeld(process, sample);
      return held?.exact ? held.bytes : undefined;
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
  held_most: {
    title: 'MOST',
    help: 'The most that can go when it ends, where how much it is can’t be told.',
    source: 'before Linux 4.5 /proc/PID/status VmRSS + VmPTE + VmSwap',
    unit: 'bytes',
    kind: 'gauge',
    needs: ['processes'],
    read: (process, sample) => {
      const held = processHeld(process, sample);
      return held?.exact === false ? held.bytes : undefined;
    },
  },
} as const satisfies Record<string, ProcessField>;

export type ProcessFieldId = keyof typeof processFields;
