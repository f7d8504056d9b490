import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseArcstats } from '../../../src/collect/host/arc.ts';
import { parseLoadavg } from '../../../src/collect/host/loadavg.ts';
import { parseMeminfo } from '../../../src/collect/host/meminfo.ts';
import { parsePoolName } from '../../../src/collect/host/pools.ts';
import { parsePressure } from '../../../src/collect/host/pressure.ts';
import { parseSwaps } from '../../../src/collect/host/swaps.ts';
import { parseUptime } from '../../../src/collect/host/uptime.ts';
import { parseValue, parseValueBytes } from '../../../src/collect/host/value.ts';
import { parseVmstat } from '../../../src/collect/host/vmstat.ts';
import { createZoneinfoReader, parseZoneinfo } from '../../../src/collect/host/zoneinfo.ts';
import { parseMmStat } from '../../../src/collect/host/zram.ts';
import { parseParameters } from '../../../src/collect/host/zswap.ts';
import { makeRoot } from './tree.ts';

const count = fc.integer({ min: 0, max: 2 ** 40 });
const key = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,20}$/);

/** What no parser may do, whatever it is given: throw, or return something that is not a number. */
const onlyFinite = (numbers: Readonly<Record<string, unknown>>): boolean =>
  Object.values(numbers).every(Number.isFinite);

/** Text that looks a little like a kernel file. */
const almost = fc
  .array(
    fc.oneof(
      fc.string(),
      fc.constantFrom('\n', ' ', ':', ' kB', '=', '/', '-', '.', 'some', 'Node 0 '),
      count.map(String),
    ),
  )
  .map(parts => parts.join(''));

describe('meminfo', () => {
  test('kB become bytes, counts stay, and names keep their brackets', () => {
    expect(
      parseMeminfo('MemTotal:       24684084 kB\nActive(anon):       1536 kB\nHugePages_Total:      64\n'),
    ).toEqual({
      MemTotal: 24684084 * 1024,
      'Active(anon)': 1536 * 1024,
      HugePages_Total: 64,
    });
  });

  test('a node says its name before each line', () => {
    expect(parseMeminfo('Node 12 MemFree:   3 kB\nNode 12 HugePages_Surp:     0\n')).toEqual({
      MemFree: 3072,
      HugePages_Surp: 0,
    });
  });

  test('a weird line is skipped, its neighbours are not', () => {
    expect(parseMeminfo('A: 1 kB\nB: many kB\nC: 2 MB\nD 3 kB\n: 4 kB\nE:\nF: 5 kB')).toEqual({ A: 1024, F: 5120 });
    expect(parseMeminfo(`Huge: ${'9'.repeat(400)} kB\n`)).toEqual({});
    expect(parseMeminfo('')).toEqual({});
  });

  test('gives back every number that was written', () => {
    fc.assert(
      fc.property(fc.dictionary(key, count), fc.integer({ min: 0, max: 16 }), (numbers, width) => {
        const text = Object.entries(numbers).map(([name, kb]) => `${name}: ${String(kb).padStart(width)} kB\n`);
        expect({ ...parseMeminfo(text.join('')) }).toEqual(
          Object.fromEntries(Object.entries(numbers).map(([name, kb]) => [name, kb * 1024])),
        );
      }),
    );
  });
});

describe('vmstat', () => {
  test('numbers stay as they are, even those too long to be exact', () => {
    expect(parseVmstat('nr_free_pages 990889\npgfault 18446744073709551615\n')).toEqual({
      nr_free_pages: 990889,
      pgfault: 2 ** 64,
    });
  });

  test('a weird line is skipped', () => {
    expect(parseVmstat('a 1\nb\nc d\ne 2 3\n f 4\ng 5\n')).toEqual({ a: 1, g: 5 });
  });
});

describe('pressure', () => {
  test('averages are percent and totals seconds', () => {
    const text =
      'some avg10=0.14 avg60=0.40 avg300=0.53 total=11183040\nfull avg10=0.00 avg60=0.02 avg300=12.34 total=1\n';
    expect(parsePressure(text)).toEqual({
      'some avg10': 0.14,
      'some avg60': 0.4,
      'some avg300': 0.53,
      'some total': 11.18304,
      'full avg10': 0,
      'full avg60': 0.02,
      'full avg300': 12.34,
      'full total': 0.000001,
    });
  });

  test('without full, as for cpu before Linux 5.13', () => {
    expect(parsePressure('some avg10=1.00 avg60=nan total=5000000\nodd avg10=1.00')).toEqual({
      'some avg10': 1,
      'some total': 5,
    });
  });
});

describe('swaps', () => {
  const head = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n';

  test('sizes become bytes, and paths lose their escapes', () => {
    const text = `${head}/dev/zram0                              partition\t131068\t\t24576\t\t100
/var/lib/swap\\040file                   file\t\t65532\t\t0\t\t-2
/swap\\134\\011old\\040(deleted)           file\t\t8\t\t4\t\t-3\n`;
    expect(parseSwaps(text)).toEqual([
      { path: '/dev/zram0', type: 'partition', size: 131068 * 1024, used: 24576 * 1024, priority: 100 },
      { path: '/var/lib/swap file', type: 'file', size: 65532 * 1024, used: 0, priority: -2 },
      { path: '/swap\\\told (deleted)', type: 'file', size: 8192, used: 4096, priority: -3 },
    ]);
  });

  test('a host without swap has a head line only', () => {
    expect(parseSwaps(head)).toEqual([]);
  });

  test('any path survives the kernel’s escaping', () => {
    const escapeOctal = (path: string): string =>
      path.replace(/[ \t\n\\]/g, character => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
    const path = fc.string({
      unit: fc.constantFrom('a', '/', ' ', '\t', '\n', '\\', '0', '4', '1', 'é'),
      minLength: 1,
    });
    fc.assert(
      fc.property(path, count, count, (name, size, used) => {
        expect(parseSwaps(`${head}${escapeOctal(name)} file\t${size}\t${used}\t-2\n`)).toEqual([
          { path: name, type: 'file', size: size * 1024, used: used * 1024, priority: -2 },
        ]);
      }),
    );
  });
});

describe('loadavg and uptime', () => {
  test('parse what the kernel writes', () => {
    expect(parseLoadavg('0.12 0.10 0.09 1/86 5196\n')).toEqual({
      load1: 0.12,
      load5: 0.1,
      load15: 0.09,
      running: 1,
      total: 86,
      last_pid: 5196,
    });
    expect(parseUptime('807.74 1509.81\n')).toBe(807.74);
  });

  test('anything else is unknown, not 0', () => {
    expect(parseLoadavg('0.12 0.10\n')).toEqual({});
    expect(parseUptime('')).toBeUndefined();
    expect(parseUptime('soon 1')).toBeUndefined();
  });
});

describe('files of one value', () => {
  test.each([
    ['100\n', 100],
    ['-24576\n', -24576],
    ['0.5\n', 0.5],
    ['[none] scan-time\n', 'none'],
    ['always defer defer+madvise [madvise] never\n', 'madvise'],
    ['lzo-rle\n', 'lzo-rle'],
    ['2048kB\n', '2048kB'],
    ['256\t256\t32\n', '256\t256\t32'],
    ['\n', undefined],
    ['', undefined],
    ['9'.repeat(400), undefined],
  ])('%j is %j', (text, value) => {
    expect(parseValue(text)).toBe(value);
    expect(parseValueBytes(Buffer.from(text))).toBe(value);
  });

  test('bytes and text give the same', () => {
    const text = fc.oneof(
      fc.string(),
      fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(value => `${value}\n`),
    );
    fc.assert(
      fc.property(text, value => {
        expect(parseValueBytes(Buffer.from(value))).toBe(parseValue(value));
      }),
    );
  });

  test('module parameters: Y and N are 1 and 0, other words stay', () => {
    expect(parseParameters({ enabled: 'Y', shrinker_enabled: 'N', compressor: 'lzo', max_pool_percent: 20 })).toEqual({
      enabled: 1,
      shrinker_enabled: 0,
      compressor: 'lzo',
      max_pool_percent: 20,
    });
  });

  test('pools are named by their page size', () => {
    expect(parsePoolName('hugepages-2048kB')).toBe(2 * 1024 ** 2);
    expect(parsePoolName('hugepages-1048576kB')).toBe(1024 ** 3);
    expect(parsePoolName('hugepages-kB')).toBeUndefined();
    expect(parsePoolName('nr_hugepages')).toBeUndefined();
  });
});

describe('ZFS’s arcstats', () => {
  const head = '13 1 0x01 147 39984 8462 12345678901\nname                            type data\n';

  test('two lines of heading, then names, types and data', () => {
    const text = `${head}hits                            4    74001\nc_min                           4    1073741824\narc_need_free                   4    0\nsize                            4    16106127360\n`;
    expect(parseArcstats(text)).toEqual({ hits: 74_001, c_min: 1024 ** 3, arc_need_free: 0, size: 15 * 1024 ** 3 });
  });

  test('every number that was written comes back', () => {
    fc.assert(
      fc.property(fc.dictionary(key, count), numbers => {
        const lines = Object.entries(numbers).map(([name, data]) => `${name.padEnd(31)} 4    ${data}\n`);
        expect({ ...parseArcstats(head + lines.join('')) }).toEqual(numbers);
      }),
    );
  });
});

describe('zoneinfo', () => {
  test('the lists of all processors in all zones are summed', () => {
    const lists = (...counts: readonly number[]): string =>
      counts
        .map((pages, cpu) => `    cpu: ${cpu}\n              count:    ${pages}\n              high:     2000\n`)
        .join('');
    const zone = (name: string, ...counts: readonly number[]): string =>
      `Node 0, zone ${name.padStart(8)}\n  pages free     3840\n        min      9\n      nr_free_pages 3840\n  pagesets\n${lists(...counts)}  vm stats threshold: 4\n`;
    expect(parseZoneinfo(zone('DMA', 0, 0) + zone('Normal', 1200, 34))).toEqual({ 'pagesets count': 1234 });
    expect(parseZoneinfo('Node 0, zone DMA\n  pages free     3840\n')).toBeUndefined();
    fc.assert(
      fc.property(fc.array(count, { minLength: 1, maxLength: 8 }), counts => {
        expect(parseZoneinfo(zone('Normal', ...counts))?.['pagesets count']).toBe(
          counts.reduce((sum, one) => sum + one),
        );
      }),
    );
  });
});

test('zoneinfo is read once in ten looks: the kernel holds its zones’ locks meanwhile', () => {
  const at = (pages: number): string => `  pagesets\n    cpu: 0\n              count: ${pages}\n`;
  const { root, put } = makeRoot({ '/proc/zoneinfo': at(5) });
  const reader = createZoneinfoReader(root);
  expect(reader.read()).toEqual({ 'pagesets count': 5 });
  put('/proc/zoneinfo', at(6));
  const later = Array.from({ length: 10 }, () => reader.read()?.['pagesets count']);
  expect(later).toEqual([5, 5, 5, 5, 5, 5, 5, 5, 5, 6]);
  put('/proc/zoneinfo', at(7));
  reader.close();
  expect(reader.read()).toEqual({ 'pagesets count': 7 });
  reader.close();
});

describe('zram mm_stat', () => {
  test('seven columns on old kernels, nine on new, more on the next', () => {
    const old = { orig_data_size: 25165824, compr_data_size: 355930, mem_used_total: 507904, mem_limit: 0 };
    const line = '25165824   355930   507904        0   507904        1        2';
    expect(parseMmStat(`${line}\n`)).toEqual({ ...old, mem_used_max: 507904, same_pages: 1, pages_compacted: 2 });
    expect(parseMmStat(`${line} 3 4 5\n`)).toMatchObject({ pages_compacted: 2, huge_pages: 3, huge_pages_since: 4 });
  });

  test('a word that is no number leaves the others in their columns', () => {
    expect(parseMmStat('1 ? 3')).toEqual({ orig_data_size: 1, mem_used_total: 3 });
  });
});

test('no parser throws or makes up a number, whatever the file holds', () => {
  fc.assert(
    fc.property(almost, text => {
      const parsers = [parseMeminfo, parseVmstat, parseArcstats, parsePressure, parseLoadavg, parseMmStat];
      expect(Number.isFinite(parseZoneinfo(text)?.['pagesets count'] ?? 0)).toBe(true);
      expect(parsers.map(parse => parse(text))).toSatisfy((all: Readonly<Record<string, unknown>>[]) =>
        all.every(onlyFinite),
      );
      for (const { size, used, priority } of parseSwaps(text)) expect(onlyFinite({ size, used, priority })).toBe(true);
      expect(Number.isFinite(parseUptime(text) ?? 0)).toBe(true);
    }),
  );
});
