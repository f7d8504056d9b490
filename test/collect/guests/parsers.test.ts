import { expect, it, test } from 'vitest';
import { Bugs } from '../../../src/collect/guests/bugs.ts';
import { contestedDomains } from '../../../src/collect/guests/process/claims.ts';
import { fileSystemOf, type Mount, parseMounts, parseMountTable } from '../../../src/collect/guests/process/mounts.ts';
import {
  amountsIn,
  KeyNames,
  parseKilobytes,
  parseKsmStat,
  parseNumaMaps,
  parseStat,
  parseUsers,
} from '../../../src/collect/guests/process/numbers.ts';
import { parseListening, parsePorts } from '../../../src/collect/guests/process/sockets.ts';

/** What stands at the very edge of what a parser takes. */

const kilobytes = (text: string, names = new KeyNames()) => parseKilobytes(Buffer.from(text), names);

test.each([
  ['A: 1 kB\n', { A: 1024 }],
  ['A:\t  1 kB', { A: 1024 }],
  ['A:1 kB\n', { A: 1024 }],
  ['A: 90 kB\nB: 08 kB\n', { A: 92_160, B: 8192 }],
  ['A: 1 kBx\n', {}],
  ['A: 1 kb\n', {}],
  ['A: 1 mB\n', {}],
  ['A: 1 k', {}],
  ['A: 1  kB\n', {}],
  ['A: 1kB\n', {}],
  ['A:  kB\n', {}],
  ['A: -1 kB\n', {}],
  ['A: 1/ kB\nB: : kB\n', {}],
  ['A\nB: 1 kB\n', { B: 1024 }],
  ['\n\nB: 1 kB\n', { B: 1024 }],
  // Without its colon the line is no pair, but the number stands where one would.
  ['A 1 kB\n', {}],
  ['', {}],
])('%j has the amounts %j', (text, amounts) => expect(kilobytes(text)).toEqual(amounts));

it('knows keys again by their line, and tells them apart where they are alike', () => {
  const names = new KeyNames();
  expect(kilobytes('Vmrss: 1 kB\n', names)).toEqual({ Vmrss: 1024 });
  for (const key of ['VmRss', 'Vmrs', 'Vmrsss', 'Xmrss', 'Vmrss'])
    expect(kilobytes(`${key}: 2 kB\n`, names)).toEqual({ [key]: 2048 });
  const many = Array.from({ length: 300 }, (_, at) => `K${at}: ${at} kB\n`);
  const wanted = Object.fromEntries(many.map((_, at) => [`K${at}`, at * 1024]));
  for (let round = 0; round < 2; round++) expect(kilobytes(many.join(''), names)).toEqual(wanted);
});

it('finds where the amounts of a status are, in whole lines', () => {
  const within = (text: string): string =>
    Buffer.from(text)
      .subarray(...amountsIn(Buffer.from(text)))
      .toString();
  expect(within('Name: x\nVmA: 1 kB\nX: 2\nVmB: 3 kB\nThreads: 4\n')).toBe('VmA: 1 kB\nX: 2\nVmB: 3 kB');
  expect(within('VmA: 1 kB')).toBe('VmA: 1 kB');
  expect(within('VmA: 1 kB\n')).toBe('VmA: 1 kB');
  expect(within('Name: x\n')).toBe('');
});

const stat = (fields: string) => parseStat(Buffer.from(fields));
const whole = '1 (a) b) S 7 0 0 0 -1 0 11 0 13 0 15 16 0 0 20 0 21 0 23';

it('reads a stat to its starttime, and nothing of one that ends before or has none', () => {
  expect(stat(whole)).toEqual({
    state: 'S',
    ppid: 7,
    starttime: 23,
    numbers: { minflt: 11, majflt: 13, utime: 15, stime: 16, num_threads: 21 },
  });
  expect(stat(`${whole} 1 2 3\n`)).toEqual(stat(whole));
  for (const text of [
    whole.replace(/ 23$/, ''),
    whole.replace(/23$/, '-23'),
    whole.replace(/23$/, '-'),
    whole.replace(' 16 ', ' x '),
    whole.replace(' 16 ', '  16 '),
    whole.replace(' 16 ', '\t16 '),
    whole.replace(') S', ')S'),
    whole.replace(/\)/g, ''),
  ])
    expect(stat(text), text).toBeUndefined();
});

it('reads numa_maps of pages of any size, and no name of a file', () => {
  expect(
    parseNumaMaps(
      [
        '7f00 default anon=3 N0=2 N1=1 kernelpagesize_kB=4',
        '7f10 default file=/a\\040N0=9 N0=1 kernelpagesize_kB=2048',
        '7f20 default N0=7',
        '7f30 default N0=7 kernelpagesize_kB=4x',
        '7f40 default N0=7x N12=1 kernelpagesize_kB=4 more',
        '7f50 default xN0=7 kernelpagesize_kB=0',
      ].join('\n'),
    ),
  ).toEqual({ N0: 2 * 4096 + 2_097_152, N1: 4096, N12: 4096 });
});

it('reads ksm_stat with and without colons, whole lines only', () => {
  expect(parseKsmStat('a 1\nb: yes\nc:\tno\nd  -5\ne yes x\n f 1\ng\nh: maybe\ni 1.5\n')).toEqual({
    a: 1,
    b: 1,
    c: 0,
    d: -5,
  });
});

it('reads all users of a process', () => {
  expect(parseUsers('Name:\tx\nUid:\t1000\t0\t1000\t1000\nGid:\t5\t5\t5\t5\n')).toEqual(new Set([1000, 0]));
  expect(parseUsers('Name:\tUid: 0\nx Uid:\t1\n')).toEqual(new Set());
  expect(parseUsers('')).toEqual(new Set());
});

it('reads the older table of mounts', () => {
  expect(
    parseMountTable('proc /proc proc rw 0 0\nserver:/x /a\\040b nfs4 rw 0 0\nodd\n/dev/x relative ext4 rw\n'),
  ).toEqual([
    { id: '', at: '/proc', kind: 'proc' },
    { id: '', at: '/a b', kind: 'nfs4' },
  ]);
  expect(
    parseMounts('22 27 0:21 / /a - ext4 x rw\n22 27 0:21 / /a rw - ext4\nx 27 0:21 / /b rw - ext4 x rw\n'),
  ).toEqual([]);
});

it('finds the file system of a path: of the deepest folder, and there of the last mount', () => {
  const mounts: readonly Mount[] = [
    { id: '1', at: '/', kind: 'ext4' },
    { id: '2', at: '/a', kind: 'nfs' },
    { id: '3', at: '/a/b', kind: 'xfs' },
    { id: '4', at: '/a', kind: 'tmpfs' },
    { id: '5', at: undefined, kind: 'fuse' },
  ];
  expect(['/', '/x', '/a', '/ab', '/a/x', '/a/b', '/a/b/c', '/a/bc'].map(path => fileSystemOf(mounts, path))).toEqual([
    'ext4',
    'ext4',
    'tmpfs',
    'ext4',
    'tmpfs',
    'xfs',
    'xfs',
    'tmpfs',
  ]);
  expect(fileSystemOf([], '/')).toBeUndefined();
  expect(fileSystemOf(mounts.slice(1), '/x')).toBeUndefined();
});

it('takes no row of sockets that only looks like one that listens', () => {
  const row = 'ffff8881: 00000002 00000000 00010000 0001 01 12 /a';
  expect(parseListening(row)).toEqual([{ inode: '12', path: '/a' }]);
  expect(parseListening(row.replace('00010000', '00030001'))).toEqual([{ inode: '12', path: '/a' }]);
  for (const other of [
    row.replace('00010000', '00020000'),
    row.replace('00010000', '0010000'),
    `x${row}`,
    row.replace(' 12 ', ' x '),
    row.replace('/a', '@a'),
  ])
    expect(parseListening(other), other).toEqual([]);
  const port = '   0: 0100007F:115C 00000000:0000 0A 0:0 0:0 0  1000        0 21840 1';
  expect(parsePorts(port, true)).toEqual([{ inode: '21840', user: 1000, address: '7f000001', port: 4444 }]);
  for (const other of [
    port.replace(' 0A ', ' 01 '),
    port.replace('0100007F', '100007F'),
    `x${port}`,
    port.replace(' 21840 1', ' 21840'),
  ])
    expect(parsePorts(other, true), other).toEqual([]);
});

it('refuses each of those that say they are the same domain, with who else does', () => {
  const claims = [
    { pid: 1, uuid: 'a' },
    { pid: 2, uuid: 'b' },
    { pid: 3, uuid: 'a' },
    { pid: 4, uuid: 'a' },
  ];
  const why = (others: string): string =>
    `process ${others} has its UUID a too: which of them libvirt runs is not known`;
  expect(contestedDomains(claims)).toEqual(
    new Map([
      [1, why('3, 4')],
      [3, why('1, 4')],
      [4, why('1, 3')],
    ]),
  );
  expect(contestedDomains(claims.slice(0, 2))).toEqual(new Map());
});

/** An error that was thrown there. */
const thrownAt = (place: string, message = 'x is undefined'): Error =>
  Object.assign(new TypeError(message), {
    stack: `TypeError: ${message}\n    at ${place} (a.ts:1:1)\n    at up (b.ts:2:2)`,
  });

it('tells a bug once by its place, whomever it strikes, and eight of them at most', () => {
  const bugs = new Bugs();
  bugs.note(thrownAt('first'), 'web\u001b-1');
  bugs.note(thrownAt('first', 'y is undefined'), 'db-1');
  const [told, ...none] = [...bugs.problems];
  expect(none).toEqual([]);
  expect(told).toEqual({
    source: 'kvmtop',
    message:
      'a bug in kvmtop, met at an answer of web\ufffd-1, whose last numbers stay; all else goes on. Please report it: TypeError: x is undefined at first (a.ts:1:1) at up (b.ts:2:2)',
  });
  for (let place = 2; place <= 9; place++) bugs.note(thrownAt(`place ${place}`), 'web-1');
  expect([...bugs.problems]).toHaveLength(8);
  expect([...bugs.problems][0]).toBe(told);
  expect([...bugs.problems].at(-1)?.message).toContain('place 8');
});

it('tells a bug without a stack by what it says, and no more than a thousand characters of any', () => {
  const bugs = new Bugs();
  const bare = (message: string): Error => {
    const error = new RangeError(message);
    delete error.stack;
    return error;
  };
  for (const message of ['one', 'one', 'two', 'x'.repeat(5000)]) bugs.note(bare(message), 'web-1');
  const messages = [...bugs.problems].map(({ message }) => message.split('Please report it: ')[1]);
  expect(messages).toEqual([
    'RangeError: one',
    'RangeError: two',
    `RangeError: ${'x'.repeat(1000 - 'RangeError: '.length)}`,
  ]);
});
