import { closeSync } from 'node:fs';
import { known } from '../../known.ts';
import type { Root } from '../../root.ts';
import type { KvmSample } from '../../sample.ts';

/** Flags that say something of virtual machines or of page sizes. */
const telling = new Set(['vmx', 'svm', 'ept', 'ept_ad', 'vpid', 'npt', 'pdpe1gb', 'pcid', 'la57', 'hypervisor']);

/** The first processor of /proc/cpuinfo: `flags` that matter here, and AMD's `TLB size	: 3584 4K pages`. */
export const parseCpuinfo = (text: string): Pick<KvmSample, 'flags' | 'tlbEntries'> => {
  const flags = /^flags[ \t]*:(.*)$/m.exec(text)?.[1];
  const entries = Number(/^TLB size[ \t]*: (\d{1,9}) 4K pages$/m.exec(text)?.[1] ?? 0);
  return {
    ...known({ flags: flags?.split(' ').filter(flag => telling.has(flag)) }),
    ...(entries > 0 ? { tlbEntries: entries } : {}),
  };
};

/** The file has pages for each processor, and asks every one of them for its clock: only the first page is read. */
export const readCpuinfo = (root: Root): Pick<KvmSample, 'flags' | 'tlbEntries'> => {
  const descriptor = root.open('/proc/cpuinfo');
  if (descriptor === undefined) return {};
  try {
    // One processor has an empty line after it; what is cut off before that is not of use.
    const page = root.pageOf(descriptor)?.toString('latin1').split('\n\n')[0] ?? '';
    return parseCpuinfo(page);
  } finally {
    closeSync(descriptor);
  }
};
