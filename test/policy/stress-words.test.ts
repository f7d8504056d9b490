import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model.ts';
import { type Stress, stress, stressSentence, stressVerdict, worstShort } from '../../src/policy/stress.ts';
import { GiB } from '../../src/units.ts';
import { hostWith, idleHost, well } from './findings/looks.ts';

/** What is said of a host with a guest; in GiB, what is left out is known and 0. */
const said = ({ unknown = [], ...amounts }: Partial<Stress>): string => {
  const known = { needed: 0, available: 0, short: 0, balloons: 0, ksm: 0, swap: 0, ...amounts };
  const entries = Object.entries(known).flatMap(([key, value]) => (value === undefined ? [] : [[key, value * GiB]]));
  const sentence = stressSentence(idleHost([well()]), { ...Object.fromEntries(entries), unknown });
  expect(sentence).toMatch(/^if every guest claims its maximum now: /);
  return sentence.slice(sentence.indexOf(': ') + 2);
};

/** Stands for an amount that is not known. */
const unclear = undefined as never;

describe('what is said of all claims', () => {
  it.each<[string, Partial<Stress>, string]>([
    ['fits', { short: -2 }, 'it fits, with 2.00 GiB to spare'],
    ['fits just so', { short: 0 }, 'it fits, with 0 B to spare'],
    ['fits without sharing', { short: -3, ksm: 1 }, 'it fits, with 2.00 GiB to spare even without KSM’s sharing'],
    ['fits as far as is known', { short: -2, ksm: unclear }, 'it fits, with 2.00 GiB to spare'],
    [
      'fits with sharing only',
      { short: -1, ksm: 2, swap: 1 },
      'it fits only while KSM shares, with 1.00 GiB to spare; balloons could give 0 B, losing KSM’s sharing would take 2.00 GiB; swap covers it',
    ],
    [
      'fits with sharing just so',
      { short: 0, ksm: 2, swap: 2 },
      'it fits only while KSM shares, with 0 B to spare; balloons could give 0 B, losing KSM’s sharing would take 2.00 GiB; swap covers it',
    ],
    ['does not fit', { short: 1, swap: 1 }, 'short by 1.00 GiB; balloons could give 0 B; swap covers it'],
    [
      'is unknown of sharing and balloons',
      { short: 1, swap: 1, ksm: unclear, balloons: unclear },
      'short by 1.00 GiB; what balloons could give is unknown, what losing KSM’s sharing would take is unknown; swap covers it',
    ],
    [
      'is unknown of swap',
      { short: 1, swap: unclear },
      'short by 1.00 GiB; balloons could give 0 B; whether swap covers it is unknown',
    ],
    [
      'is balloons’ to cover',
      { short: 3, swap: 2, balloons: 3 },
      'short by 3.00 GiB; balloons could give 3.00 GiB; swap alone does not cover it, balloons do',
    ],
    [
      'is swap’s to cover with balloons',
      { short: 3, swap: 1, balloons: 2 },
      'short by 3.00 GiB; balloons could give 2.00 GiB; swap covers the rest',
    ],
    [
      'is nobody’s to cover',
      { short: 4, swap: 1, balloons: 2 },
      'short by 4.00 GiB; balloons could give 2.00 GiB; swap covers only 1.00 GiB: 1.00 GiB would be missing',
    ],
    [
      'has no swap',
      { short: 4, balloons: 1 },
      'short by 4.00 GiB; balloons could give 1.00 GiB; there is no swap for it: 3.00 GiB would be missing',
    ],
    ['is unknown of a guest', { short: -1, unknown: ['a'] }, 'not known to fit: what a may claim is unknown'],
    [
      'is unknown of many',
      { short: 1, swap: 1, unknown: ['a', 'b', 'c'] },
      'short by at least 1.00 GiB; balloons could give 0 B; swap covers it; what a and 2 more may claim is unknown',
    ],
    ['is unknown of the host', { short: unclear }, 'unknown, since what the host has available is'],
  ])('where it %s', (_what, now, words) => {
    expect(said(now)).toBe(words);
  });

  it('is what is missing with the sharing lost', () => {
    expect(worstShort({ short: 1, ksm: 2, unknown: [] })).toBe(3);
    expect(worstShort({ short: 1, unknown: [] })).toBe(1);
    expect(worstShort({ ksm: 2, unknown: [] })).toBeUndefined();
  });

  it('is short in few words, and no word where it is not known to fit', () => {
    expect(stressVerdict({ short: -GiB, unknown: [] })).toBe('it fits, with 1.00 GiB to spare');
    expect(stressVerdict({ short: 0, unknown: [] })).toBe('it fits, with 0 B to spare');
    expect(stressVerdict({ short: GiB, unknown: [] })).toBe('short by 1.00 GiB');
    expect(stressVerdict({ short: GiB, unknown: ['a'] })).toBe('short by at least 1.00 GiB');
    expect(stressVerdict({ short: -GiB, unknown: ['a'] })).toBeUndefined();
    expect(stressVerdict({ short: 0, unknown: ['a'] })).toBeUndefined();
    expect(stressVerdict({ unknown: [] })).toBeUndefined();
  });
});

describe('what guests may claim', () => {
  it('is what each has plugged beyond what the host holds of it, in any kind of memory', () => {
    const needed = (status: Parameters<typeof well>[0]) => stress(idleHost([well(status)])).needed;
    expect(needed({ status: { RssAnon: GiB } })).toBe(3 * GiB);
    expect(needed({ launch: { backend: 'shared' }, status: { RssAnon: 0, RssShmem: GiB } })).toBe(3 * GiB);
    const parts = [{ use: 'base', kind: 'file', size: 4 * GiB }] as const;
    expect(needed({ launch: { parts }, status: { RssAnon: 0, RssFile: GiB } })).toBe(3 * GiB);
    // QEMU's own memory is beyond that.
    expect(needed({ status: { RssAnon: 5 * GiB } })).toBe(0);
  });

  it('is more where virtio-mem has been asked for more than it has plugged, and not less where for less', () => {
    const asked = (size: number, requested: number) => {
      const memoryDevices = [
        { type: 'virtio-mem', values: { size, 'requested-size': requested, 'max-size': 8 * GiB } },
      ];
      const memory = { 'base-memory': 4 * GiB, 'plugged-memory': size };
      return stress(idleHost([well({ monitor: { memory, memoryDevices } })])).needed;
    };
    expect(asked(GiB, 2 * GiB)).toBe(3 * GiB);
    expect(asked(2 * GiB, GiB)).toBe(3 * GiB);
  });

  it('is nothing of a guest on hugepages, whose pool is gone from the rest already, though its process can’t be read', () => {
    const unread = { ...well({ launch: { backend: 'hugetlb' } }), process: {} };
    expect(stress(idleHost([unread]))).toMatchObject({ needed: 0, unknown: [] });
    expect(stress(idleHost([{ ...well(), process: {} }])).unknown).toEqual(['web-1']);
  });

  it('is that of guests that are not shown, too', () => {
    const model = idleHost([well(), well({ id: '2.1', name: 'other', status: { RssAnon: GiB } })]);
    const [shown, other] = model.guests;
    const narrowed: Model = { ...model, guests: [shown!], others: [other!] };
    expect(stress(narrowed)).toEqual(stress(model));
    expect(stress(narrowed).needed).toBe(4 * GiB);
  });

  it('is less by what balloons could take, which nobody knows only where nobody is known to have any', () => {
    const silent = well({ id: '2.1', balloon: { pollingInterval: 0, stats: { lastUpdate: 1, values: {} } } });
    const { balloons } = stress(idleHost([well()]));
    expect(balloons).toBe(1.875 * GiB);
    expect(stress(idleHost([well(), silent])).balloons).toBe(balloons);
    expect(stress(idleHost([silent])).balloons).toBeUndefined();
    expect(stress(idleHost([well({ id: '3.1', age: 60, monitor: { balloon: { device: false } } })])).balloons).toBe(0);
    expect(stress(idleHost([])).balloons).toBe(0);
  });

  it('may go to disks: what is free of swap there, and what they get back from it', () => {
    const swap = (swaps: NonNullable<Model['sample']['host']['swaps']> | undefined) =>
      stress(
        idleHost([well({ status: { VmSwap: GiB } })], host => ({
          meminfo: { ...host.meminfo, SwapTotal: 8 * GiB, SwapFree: 5 * GiB },
          ...(swaps ? { swaps } : { swaps: undefined as never }),
        })),
      ).swap;
    const disk = { path: '/dev/sda2', type: 'partition', size: 4 * GiB, used: 2 * GiB, priority: -2 };
    expect(swap([disk])).toBe(3 * GiB);
    expect(swap([disk, { ...disk, path: '/dev/zram0' }])).toBe(3 * GiB);
    expect(swap([disk, { ...disk, path: '/swap/dev/zram0' }])).toBe(5 * GiB);
    expect(swap(undefined)).toBe(6 * GiB);
  });

  it('is compared with what the host has', () => {
    expect(stress(hostWith({ MemAvailable: 3 * GiB }, [well()]))).toMatchObject({
      needed: GiB,
      available: 3 * GiB,
      short: -2 * GiB,
      unknown: [],
    });
  });
});
