import { endianness } from 'node:os';
import type { Root } from '../../root.ts';
import type { Numbers } from '../../sample.ts';
import { parseMeminfo } from './meminfo.ts';
import { parseVmstat } from './vmstat.ts';

const AT_PAGESZ = 6n;

/** The page size that the kernel gave a 64-bit process in its auxiliary vector, pairs of a type and a value: bytes. */
export const pageSizeInAuxv = (vector: Buffer, order: 'LE' | 'BE'): number | undefined => {
  const word = (at: number): bigint => (order === 'LE' ? vector.readBigUInt64LE(at) : vector.readBigUInt64BE(at));
  for (let at = 0; at + 16 <= vector.length; at += 16) if (word(at) === AT_PAGESZ) return Number(word(at + 8));
  return undefined;
};

/** What meminfo tells in bytes and vmstat in pages; the largest first, as it is the most exact. */
const twins = [
  ['MemFree', 'nr_free_pages'],
  ['Mapped', 'nr_mapped'],
  ['Shmem', 'nr_shmem'],
  ['PageTables', 'nr_page_table_pages'],
] as const;

/** Those of all architectures that Linux runs guests on; bytes. */
const usual = [4096, 16_384, 65_536];

/**
 * The page size of a kernel by its own counters: bytes. The two files are of two moments, so their ratio is near a page
 * size, not equal to it; the sizes are so far apart that this can't be mistaken.
 */
export const pageSizeByCounters = (meminfo: Numbers, vmstat: Numbers): number | undefined => {
  for (const [bytes, pages] of twins) {
    const ratio = (meminfo[bytes] ?? 0) / (vmstat[pages] ?? 0);
    const size = usual.find(one => ratio > one / 1.5 && ratio < one * 1.5);
    if (size !== undefined) return size;
  }
  return undefined;
};

/** Bytes in a base page: of this kernel, or of the one whose files a captured tree has. `undefined` where nothing tells. */
export const readPageSize = (root: Root): number | undefined => {
  if (root.isHost) {
    const vector = root.bytes('/proc/self/auxv');
    const size = vector && pageSizeInAuxv(vector, endianness());
    if (size !== undefined) return size;
  }
  return pageSizeByCounters(
    parseMeminfo(root.read('/proc/meminfo') ?? ''),
    parseVmstat(root.read('/proc/vmstat') ?? ''),
  );
};
