import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pageSizeByCounters, pageSizeInAuxv, readPageSize } from '../../../src/collect/host/page-size.ts';
import { Root } from '../../../src/root.ts';
import { makeRoot } from './tree.ts';

const vector = (order: 'LE' | 'BE', ...words: readonly bigint[]): Buffer => {
  const bytes = Buffer.alloc(words.length * 8);
  for (const [at, word] of words.entries())
    if (order === 'LE') bytes.writeBigUInt64LE(word, at * 8);
    else bytes.writeBigUInt64BE(word, at * 8);
  return bytes;
};

test.each(['LE', 'BE'] as const)('the auxiliary vector tells it, in the byte order %s', order => {
  expect(pageSizeInAuxv(vector(order, 33n, 0x7ffd0000n, 6n, 65_536n, 0n, 0n), order)).toBe(65_536);
  expect(pageSizeInAuxv(vector(order, 33n, 6n, 0n, 0n), order)).toBeUndefined();
  expect(pageSizeInAuxv(Buffer.alloc(7), order)).toBeUndefined();
});

test('this host’s is what libc says', () => {
  expect(readPageSize(new Root())).toBe(Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' })));
});

test('a tree’s is told by bytes and pages of two moments', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(4096, 16_384, 65_536),
      fc.integer({ min: 1, max: 1e9 }),
      fc.double({ min: 0.75, max: 1.25, noNaN: true }),
      (size, pages, later) => {
        expect(pageSizeByCounters({ MemFree: pages * size * later }, { nr_free_pages: pages })).toBe(size);
      },
    ),
  );
});

test('where free memory is none or moved too far, by what else is in both files', () => {
  expect(pageSizeByCounters({ MemFree: 0, Mapped: 65_536_000 }, { nr_free_pages: 0, nr_mapped: 1000 })).toBe(65_536);
  expect(pageSizeByCounters({ MemFree: 9e9, Shmem: 4096 }, { nr_free_pages: 1000, nr_shmem: 1 })).toBe(4096);
});

test('is unknown where nothing tells it', () => {
  expect(pageSizeByCounters({}, {})).toBeUndefined();
  expect(readPageSize(makeRoot({ '/proc/meminfo': 'MemFree: 123456 kB\n' }).root)).toBeUndefined();
  fc.assert(
    fc.property(fc.double(), fc.double(), (bytes, pages) => {
      expect([undefined, 4096, 16_384, 65_536]).toContain(
        pageSizeByCounters({ MemFree: bytes }, { nr_free_pages: pages }),
      );
    }),
  );
});
