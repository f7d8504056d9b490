import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createProcessesReader, parseComm, parsePasswd, parseUid } from '../../../src/collect/host/processes.ts';
import { Root } from '../../../src/root.ts';
import { descriptorsUnder } from '../../descriptors.ts';
import { makeRoot } from './tree.ts';

const stat = (pid: number, name: string, { ppid = 1, state = 'S', majflt = 0 } = {}): string =>
  `${pid} (${name}) ${state} ${ppid} 1 1 0 -1 4194304 900 0 ${majflt} 0 10 5 0 0 20 0 3 0 5000 1000000 250\n`;
const status = (name: string, uid: number, lines: readonly string[]): string =>
  [`Name:\t${name}`, 'Umask:\t0022', 'State:\tS (sleeping)', `Uid:\t${uid}\t0\t0\t0`, ...lines, 'Threads:\t3', ''].join(
    '\n',
  );
const memory = ['VmRSS:\t    100 kB', 'RssAnon:\t      60 kB', 'VmSwap:\t       8 kB'];

describe('the processes', () => {
  test('with their memory in bytes, their user and their faults', () => {
    const { root } = makeRoot({
      '/proc/42/stat': stat(42, 'web (1) x', { majflt: 7 }),
      '/proc/42/status': status('web (1) x', 1000, memory),
      '/proc/43/stat': stat(43, 'other'),
      '/proc/43/status': status('other', 77, ['VmRSS:\t 4 kB']),
      '/etc/passwd': 'root:x:0:0::/root:/bin/sh\nanna:x:1000:1000:,,,:/home/anna:/bin/sh\n',
    });
    expect(createProcessesReader(root).read()).toEqual([
      {
        pid: 42,
        starttime: 5000,
        name: 'web (1) x',
        uid: 1000,
        user: 'anna',
        status: { VmRSS: 102_400, RssAnon: 61_440, VmSwap: 8192 },
        stat: { minflt: 900, majflt: 7, utime: 10, stime: 5, num_threads: 3 },
      },
      expect.objectContaining({ pid: 43, uid: 77, status: { VmRSS: 4096 } }),
    ]);
  });

  test('without those that have no memory: kernel threads, zombies, and what is not a process', () => {
    const { root } = makeRoot({
      '/proc/2/stat': stat(2, 'kthreadd', { ppid: 0 }),
      '/proc/2/status': status('kthreadd', 0, memory),
      '/proc/9/stat': stat(9, 'kworker/0:1', { ppid: 2 }),
      '/proc/9/status': status('kworker/0:1', 0, memory),
      '/proc/10/stat': stat(10, 'defunct', { state: 'Z' }),
      '/proc/10/status': status('defunct', 0, memory),
      '/proc/11/stat': stat(11, 'leaving'),
      '/proc/11/status': status('leaving', 0, []),
      '/proc/12/stat': stat(12, 'gone meanwhile'),
      '/proc/13/stat': 'no such line',
      '/proc/13/status': status('strange', 0, memory),
      '/proc/14x/stat': stat(14, 'no number'),
      '/proc/meminfo': 'MemFree: 1 kB\n',
    });
    expect(createProcessesReader(root).read()).toEqual([]);
  });

  test('each read is fresh, and keeps nothing open', () => {
    const { root, put, remove } = makeRoot({
      '/proc/42/stat': stat(42, 'a'),
      '/proc/42/status': status('a', 0, memory),
    });
    const reader = createProcessesReader(root);
    const descriptors = (): number => descriptorsUnder(root.dir);
    const before = descriptors();
    expect(reader.read()?.map(one => one.name)).toEqual(['a']);
    put('/proc/50/stat', stat(50, 'b'));
    put('/proc/50/status', status('b', 0, memory));
    expect(reader.read()?.map(one => one.name)).toEqual(['a', 'b']);
    remove('/proc/42');
    expect(reader.read()?.map(one => one.name)).toEqual(['b']);
    expect(descriptors()).toBe(before);
  });

  test('one that stays as it was is the very same object, though it ran meanwhile', () => {
    const before = status('a', 1000, memory);
    const { root, put } = makeRoot({
      '/proc/42/stat': stat(42, 'a'),
      '/proc/42/status': before,
      '/etc/passwd': 'anna:x:1000:1000:::\n',
    });
    const reader = createProcessesReader(root);
    const look = () => reader.read()?.[0];
    const first = look();
    put('/proc/42/status', before.replace('S (sleeping)', 'R (running)').replace('Threads:\t3', 'Threads:\t30'));
    expect(look()).toBe(first);
    put('/proc/42/stat', stat(42, 'a', { majflt: 1 }));
    const faulted = look();
    expect(faulted).toMatchObject({ stat: { majflt: 1 }, uid: 1000 });
    expect(faulted?.status).toBe(first?.status);
    put('/proc/42/status', status('a', 1001, memory));
    expect(look()).toMatchObject({ uid: 1001, status: first?.status });
    put('/proc/42/status', status('a', 1001, ['VmRSS:\t    101 kB']));
    expect(look()?.status).toEqual({ VmRSS: 101 * 1024 });
    // Another process under its number.
    put('/proc/42/stat', stat(42, 'b'));
    expect(look()?.name).toBe('b');
  });

  test('of this host: this very one is among them', () => {
    const own = createProcessesReader(new Root('/'))
      .read()
      ?.find(one => one.pid === process.pid);
    const rss = process.memoryUsage.rss();
    expect(own?.uid).toBe(process.getuid?.());
    expect(Math.abs((own?.status['VmRSS'] ?? 0) / rss - 1)).toBeLessThan(0.5);
  });
});

const word = fc.string({ unit: 'grapheme-ascii', maxLength: 15 });

test('a name ends at its last bracket, whatever is in it', () => {
  fc.assert(
    fc.property(word, fc.nat(), (name, pid) => {
      expect(parseComm(Buffer.from(stat(pid, name)))).toBe(name);
    }),
  );
  expect(parseComm(Buffer.from('no brackets'))).toBe('');
});

test('a user is read past any name, and anything else is unknown', () => {
  fc.assert(
    fc.property(word, fc.nat(4_294_967_295), (name, uid) => {
      expect(parseUid(Buffer.from(status(name, uid, memory)))).toBe(uid);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array(), bytes => {
      const uid = parseUid(Buffer.from(bytes));
      expect(uid === undefined || Number.isSafeInteger(uid)).toBe(true);
    }),
  );
  expect(parseUid(Buffer.from('Name:\tx\nUid:\t\n'))).toBeUndefined();
  expect(parseUid(Buffer.from('Name:\tx\nUid:\t12345678901\t'))).toBeUndefined();
});

test('the first name of a user counts, and lines that are none are skipped', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(), { maxLength: 20 }), fc.array(word), (uids, rest) => {
      const lines = uids.flatMap(uid => [`u${uid}:x:${uid}:0::/:/bin/sh`, `second:x:${uid}:0::/:/bin/sh`]);
      const users = parsePasswd([...lines, ...rest.filter(line => !line.includes(':'))].join('\n'));
      expect([...users].sort()).toEqual(uids.map(uid => [uid, `u${uid}`]).sort());
    }),
  );
});
