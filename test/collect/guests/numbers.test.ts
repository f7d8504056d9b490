import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import {
  amountsIn,
  KeyNames,
  parseKilobytes,
  parseKsmStat,
  parseStat,
} from '../../../src/collect/guests/process/numbers.ts';
import { statLine, statusText } from './tree.ts';

const kilobytes = (text: string, names = new KeyNames()) => parseKilobytes(Buffer.from(text), names);

it('keeps the amounts of status in bytes, and neither ids nor masks nor names', () => {
  expect(kilobytes(statusText(37_012))).toEqual({
    VmLck: 0,
    VmRSS: 37_012 * 1024,
    RssAnon: 37_012 * 1024,
    VmSwap: 12 * 1024,
    HugetlbPages: 2048 * 1024,
  });
});

it('does not believe what a process calls itself', () => {
  expect(kilobytes('Name:\tVmRSS: 1 kB\nVmRSS:\t5 kB\n')).toEqual({ VmRSS: 5 * 1024 });
});

it('skips the range that heads smaps_rollup', () => {
  const text =
    '55d0c0000000-7ffd5a3c9000 ---p 00000000 00:00 0                          [rollup]\nRss:                1748 kB\nPss:                 700 kB\n';
  expect(kilobytes(text)).toEqual({ Rss: 1748 * 1024, Pss: 700 * 1024 });
});

const line = fc.tuple(fc.stringMatching(/^[A-Za-z_]{1,16}$/), fc.nat({ max: 2 ** 31 }), fc.boolean());
const textOf = (lines: [string, number, boolean][]) =>
  lines.map(([key, value, unit]) => `${key}:\t${String(value).padStart(8)}${unit ? ' kB' : ''}\n`).join('');

it('reads files of any keys in any order through the same names', () => {
  const names = new KeyNames();
  fc.assert(
    fc.property(fc.array(line), lines => {
      const kept = lines.filter(([key, , unit]) => unit && key !== '__proto__');
      const wanted = Object.fromEntries(kept.map(([key, value]) => [key, value * 1024]));
      expect(kilobytes(textOf(lines), names)).toEqual(wanted);
    }),
    // No kernel has such a key: it is left out, and harms nothing.
    { examples: [[[['__proto__', 1, true]]], [[['constructor', 1, true]]]] },
  );
});

it('finds all amounts between the first and the last of them, whatever is around', () => {
  const around = fc.string({ unit: fc.constantFrom('k', 'B', ' ', ':', '5', '\n', 'x') });
  fc.assert(
    fc.property(
      around,
      fc.array(
        fc.oneof(
          line.map(one => textOf([one])),
          around,
        ),
      ),
      around,
      (head, lines, tail) => {
        const bytes = Buffer.from(head + lines.join('') + tail);
        const found = parseKilobytes(bytes.subarray(...amountsIn(bytes)), new KeyNames());
        expect(found).toEqual(parseKilobytes(bytes, new KeyNames()));
      },
    ),
    { numRuns: 1000 },
  );
  const status = Buffer.from(statusText(37_012));
  expect(status.subarray(...amountsIn(status)).toString()).toMatch(/^Vm[\s\S]* kB$/);
});

it('takes any bytes for a file', () => {
  fc.assert(
    fc.property(fc.uint8Array(), bytes => {
      for (const value of Object.values(parseKilobytes(bytes, new KeyNames()))) expect(value).toBeGreaterThanOrEqual(0);
      const stat = parseStat(bytes);
      if (stat) expect(stat.starttime).toBeGreaterThanOrEqual(0);
    }),
  );
});

it('counts the fields of stat from the last bracket', () => {
  const name = fc.string({ unit: fc.constantFrom(...')( 1-aS\n\0é\u{1f600}') });
  fc.assert(
    fc.property(name, fc.nat(), fc.nat(), (comm, starttime, ppid) => {
      expect(parseStat(Buffer.from(statLine(1001, { comm, starttime, ppid, state: 'T' })))).toEqual({
        state: 'T',
        ppid,
        starttime,
        numbers: { minflt: 4799, majflt: 7, utime: 20, stime: 30, num_threads: 4 },
      });
    }),
  );
});

test.each(['', '1 (x', '1 (x)', '1 (x) S 1 2', '1 (x) S 1 a'])('%j is no stat', text =>
  expect(parseStat(Buffer.from(text))).toBeUndefined(),
);

it('reads ksm_stat with its words and a negative profit', () => {
  expect(
    parseKsmStat('ksm_rmap_items 3\nksm_process_profit -64\nksm_merge_any: no\nksm_mergeable: yes\nodd x\n'),
  ).toEqual({
    ksm_rmap_items: 3,
    ksm_process_profit: -64,
    ksm_merge_any: 0,
    ksm_mergeable: 1,
  });
});

it('reads any ksm_stat', () => {
  const entries = fc.dictionary(
    // No kernel file has this one, and an object can't.
    fc.stringMatching(/^[a-z_]{1,20}$/).filter(key => key !== '__proto__'),
    fc.integer(),
  );
  fc.assert(
    fc.property(entries, numbers => {
      const text = Object.entries(numbers)
        .map(([key, value]) => `${key} ${value}\n`)
        .join('');
      expect(parseKsmStat(text)).toEqual({ ...numbers });
    }),
  );
});
