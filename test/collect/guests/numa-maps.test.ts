import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseNumaMaps } from '../../../src/collect/guests/process/numbers.ts';

test('pages of each size, summed on each node', () => {
  const text = `7f2000000000 default anon=262144 dirty=262144 N0=200000 N1=62144 kernelpagesize_kB=4
7f3000000000 bind:1 file=/dev/hugepages/a\\040N0\\075 huge dirty=8 N1=8 kernelpagesize_kB=2048
7f4000000000 default file=/usr/bin/qemu mapped=12 N0=12 kernelpagesize_kB=4
7f5000000000 default stack
7f6000000000 default N3=9
`;
  expect(parseNumaMaps(text)).toEqual({ N0: 200_012 * 4096, N1: 62_144 * 4096 + 8 * 2_097_152 });
});

test('the sums are those of what was written', () => {
  const mapping = fc.record({
    pages: fc.dictionary(fc.nat(7).map(String), fc.nat(1e6)),
    size: fc.constantFrom(4, 64, 2048),
  });
  fc.assert(
    fc.property(fc.array(mapping), mappings => {
      const sums: Record<string, number> = {};
      const lines = mappings.map(({ pages, size }) => {
        for (const [node, count] of Object.entries(pages))
          sums[`N${node}`] = (sums[`N${node}`] ?? 0) + count * size * 1024;
        const nodes = Object.entries(pages).map(([node, count]) => ` N${node}=${count}`);
        return `7f00 default anon=1${nodes.join('')} kernelpagesize_kB=${size}`;
      });
      expect(parseNumaMaps(lines.join('\n'))).toEqual(sums);
    }),
  );
});

test('whatever the text, there are numbers or nothing', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      const numbers = parseNumaMaps(`x ${text} N0=1 kernelpagesize_kB=4\n${text}`);
      expect(Object.values(numbers).every(Number.isFinite)).toBe(true);
    }),
  );
});
