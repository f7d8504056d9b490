import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Find, Layout, parseWith } from '../../../src/collect/host/layout.ts';
import { findLoadavg } from '../../../src/collect/host/loadavg.ts';
import { findMeminfo } from '../../../src/collect/host/meminfo.ts';
import { findPressure } from '../../../src/collect/host/pressure.ts';
import { findVmstat } from '../../../src/collect/host/vmstat.ts';

const tree = `${import.meta.dirname}/../../hosts/debian12-busy`;
const formats: readonly (readonly [string, Find])[] = [
  ['/proc/meminfo', findMeminfo],
  ['/proc/vmstat', findVmstat],
  ['/proc/pressure/io', findPressure],
  ['/proc/loadavg', findLoadavg],
  ['/sys/devices/system/node/node0/meminfo', findMeminfo],
];

/** Parses one text after the other with one layout, as it happens to a file that is read again and again. */
const parseAll = (find: Find, texts: readonly string[]): unknown[] => {
  const layout = new Layout(find);
  return texts.map(text => layout.parse(Buffer.from(text, 'latin1')));
};

const digits = fc.oneof(
  fc.nat().map(String),
  fc.bigInt({ min: 0n, max: 2n ** 64n }).map(String),
  fc.tuple(fc.nat(999), fc.nat(99)).map(([whole, part]) => `${whole}.${String(part).padStart(2, '0')}`),
  fc.constantFrom('-1', '', '-', '.5', '5.', '1.2.3', '007', '9'.repeat(400), ' 8', '\t8', '²'),
);
/** The file again: most numbers new, now and then something that no kernel writes. */
const again = (text: string) =>
  fc
    .infiniteStream(digits)
    .map(stream => text.replace(/\d+(\.\d+)?/g, old => (old.length % 3 ? stream.next().value : old)));
const damaged = (text: string) =>
  fc
    .tuple(fc.nat(text.length), fc.nat(40), fc.string({ unit: 'binary-ascii', maxLength: 12 }))
    .map(([at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut));

describe.each(formats)('%s', (path, find) => {
  const text = readFileSync(tree + path, 'latin1');

  test('is found in the captured file', () => {
    expect(find(text).length).toBeGreaterThanOrEqual(6);
  });

  test('is parsed alike with and without what was learned', () => {
    const files = fc.array(fc.oneof(fc.constant(text), again(text), damaged(text)), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(files, texts => {
        expect(parseAll(find, texts)).toEqual(texts.map(each => parseWith(find, each)));
      }),
    );
  });
});

test('numbers that grow into their padding are still read', () => {
  expect(parseAll(findMeminfo, ['A:       9 kB\nB:   1\n', 'A:      10 kB\nB: 123\n'])).toEqual([
    { A: 9 * 1024, B: 1 },
    { A: 10 * 1024, B: 123 },
  ]);
});

test('a file that is parsed again needs no second search', () => {
  let searches = 0;
  const find: Find = text => {
    searches += 1;
    return findMeminfo(text);
  };
  const layout = new Layout(find);
  layout.parse(Buffer.from('A: 1 kB\n'));
  const learned = searches;
  expect(layout.parse(Buffer.from('A: 22 kB\n'))).toEqual({ A: 22 * 1024 });
  expect(searches).toBe(learned);
  expect(layout.parse(Buffer.from('A: 1 kB\nB: 2 kB\n'))).toEqual({ A: 1024, B: 2048 });
  expect(searches).toBeGreaterThan(learned);
});
