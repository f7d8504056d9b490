import { describe, expect, it } from 'vitest';
import type { Model } from '../../../src/model.ts';
import {
  type Idle,
  idleMemory,
  isTight,
  reclaim,
  reclaimable,
  roomToGive,
  silentGuests,
  unknownUse,
} from '../../../src/policy/findings/room.ts';
import { defaultThresholds } from '../../../src/policy/thresholds.ts';
import type { GuestSample } from '../../../src/sample.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { hostWith, idleHost, well } from './looks.ts';

const { limits } = defaultThresholds;

/** What may be taken of these guests, in MiB: by name, what balloons could take, and what of that the host would get. */
const idle = (...guests: readonly GuestSample[]) =>
  idleMemory(idleHost(guests), limits).map(({ guest, bytes, held }) => [guest.name, bytes / MiB, held / MiB]);

/** It has 3 GiB and uses 1, so its floor is 128 MiB more: 1152 MiB. */
const floor = 1152;

describe('what balloons could take', () => {
  it('is what a guest has above its floor, and of that what the host holds', () => {
    expect(idle(well())).toEqual([['web-1', 3072 - floor, 3072 - floor]]);
    // 2 GiB were ever touched.
    expect(idle(well({ status: { RssAnon: 2 * GiB } }))).toEqual([['web-1', 3072 - floor, 2048 - floor]]);
    expect(idle(well({ status: { RssAnon: GiB } }))).toEqual([['web-1', 3072 - floor, 0]]);
  });

  it('counts what the host holds of it in shared memory and in files, too', () => {
    const shared = well({ launch: { backend: 'shared' }, status: { RssAnon: 0, RssShmem: 2 * GiB } });
    expect(idle(shared)).toEqual([['web-1', 3072 - floor, 2048 - floor]]);
    const parts = [{ use: 'base', kind: 'file', size: 4 * GiB }] as const;
    const file = well({ launch: { parts }, status: { RssAnon: 0, RssFile: 2 * GiB } });
    expect(idle(file)).toEqual([['web-1', 3072 - floor, 2048 - floor]]);
  });

  it('is no more than its balloon has, where QEMU itself holds much', () => {
    expect(idle(well({ status: { RssAnon: 5 * GiB } }))).toEqual([['web-1', 3072 - floor, 3072 - floor]]);
  });

  it('is no more than what of it is in no hugepages', () => {
    const parts = [
      { use: 'base', kind: 'anon', size: GiB },
      { use: 'base', kind: 'hugetlb', size: 3 * GiB },
    ] as const;
    expect(idle(well({ launch: { parts }, status: { RssAnon: 4 * GiB } }))).toEqual([['web-1', 1024, 1024]]);
  });

  it('is nothing of a guest at its floor, nor of one whose numbers are not of now or are unknown', () => {
    const { status: _unread, ...process } = well().process;
    const { stats: _never, ...balloon } = well().monitor.balloon!;
    for (const one of [
      well({ balloon: { actual: floor * MiB }, stats: { 'stat-available-memory': 2 * GiB } }),
      well({ monitor: { status: 'paused' } }),
      well({ monitor: { state: 'busy' } }),
      { ...well({ monitor: { migration: { status: 'active', values: {}, ram: {} } } }), manager: 'libvirt' as const },
      well({ age: 11 }),
      well({ launch: { memLock: true } }),
      { ...well(), process },
      { ...well(), monitor: { ...well().monitor, balloon } },
    ])
      expect(idle(one)).toEqual([]);
    expect(idle(well({ age: 10 }))).toHaveLength(1);
  });

  it('begins with the guest that gives the host most, then with the one that can give most', () => {
    const small = { status: { RssAnon: GiB } };
    const guests = [
      well({ id: '1.1', name: 'a', ...small, stats: { 'stat-available-memory': 2 * GiB } }),
      well({ id: '2.1', name: 'b', ...small, stats: { 'stat-available-memory': 2.5 * GiB } }),
      well({ id: '3.1', name: 'c', status: { RssAnon: 2 * GiB } }),
      well({ id: '4.1', name: 'd' }),
    ];
    expect(idle(...guests).map(([name]) => name)).toEqual(['d', 'c', 'b', 'a']);
    expect(idle(...guests.toReversed()).map(([name]) => name)).toEqual(['d', 'c', 'b', 'a']);
  });
});

describe('a request that takes memory back', () => {
  const of = (bytes: number, guests: readonly GuestSample[]) => reclaim(idleMemory(idleHost(guests), limits), bytes);
  const two = [well(), well({ id: '2.1', name: 'b', status: { RssAnon: 2 * GiB } })];

  it('takes it of the first, and the rest of the next, each down to its floor at most', () => {
    expect(of(GiB, two)).toEqual({ action: 'balloon', words: ['100.5000', `${2048 * MiB}B`] });
    // 1920 MiB of the one, 80 of the other.
    expect(of(2000 * MiB, two)).toEqual({
      action: 'balloons',
      words: ['100.5000', `${floor * MiB}B`, '2.1', `${(2048 - 80) * MiB}B`],
    });
    expect(of(64 * GiB, two)?.words).toEqual(['100.5000', `${floor * MiB}B`, '2.1', `${floor * MiB}B`]);
  });

  it('reckons what a guest never touched as gone already: taking that frees nothing', () => {
    // The host holds 2 of its 3 GiB: to get 512 MiB, it is left with 1536.
    expect(of(512 * MiB, two.slice(1))?.words).toEqual(['2.1', `${1536 * MiB}B`]);
  });

  it('asks for whole MiB, and never for less than the floor', () => {
    expect(of(100 * MiB + 1, two)?.words).toEqual(['100.5000', `${2972 * MiB}B`]);
    expect(of(100 * MiB - 1, two)?.words).toEqual(['100.5000', `${2973 * MiB}B`]);
  });

  it('is none where nothing is lacking, or nobody has anything that the host would get', () => {
    expect(of(0, two)).toBeUndefined();
    expect(of(-GiB, two)).toBeUndefined();
    expect(of(GiB, [well({ status: { RssAnon: GiB } })])).toBeUndefined();
    expect(of(GiB, [])).toBeUndefined();
  });

  it('brings what the host holds, of all of them', () => {
    const idleOf = (held: number) => ({ held }) as Idle;
    expect(reclaimable([])).toBe(0);
    expect(reclaimable([idleOf(3), idleOf(4)])).toBe(7);
  });
});

describe('guests that may have memory to spare, and do not tell', () => {
  const silent = (...guests: readonly GuestSample[]): readonly string[] =>
    silentGuests(idleHost(guests), limits).map(({ name }) => name);

  it('are those with a balloon that never reported, or not lately', () => {
    const { stats: _never, ...balloon } = well().monitor.balloon!;
    const unheard = { ...well({ name: 'unheard' }), monitor: { ...well().monitor, balloon } };
    // Whether it has a balloon is not known.
    const unasked = well({ name: 'unasked', monitor: { state: 'unasked', balloon: undefined as never } });
    expect(silent(well(), well({ name: 'old', age: 11 }), unheard, unasked)).toEqual(['old', 'unheard', 'unasked']);
  });

  it('are none that have no balloon, or of which the host would get nothing', () => {
    const none = well({ age: 60, monitor: { balloon: { device: false } } });
    expect(silent(none, well({ age: 60, launch: { pinnedBy: 'vfio-pci' } }))).toEqual([]);
  });

  it('are named, and counted', () => {
    const named = (...names: readonly string[]): string =>
      unknownUse(idleHost(names.map((name, index) => well({ id: `${index}.1`, name }))).guests);
    expect(named('a')).toBe('what 1 guest uses (a) is unknown');
    expect(named('a', 'b')).toBe('what 2 guests use (a and b) is unknown');
    expect(named('a', 'b', 'c')).toBe('what 3 guests use (a, b and c) is unknown');
    expect(named('a', 'b', 'c', 'd')).toBe('what 4 guests use (a, b, c and d) is unknown');
    expect(named('a', 'b', 'c', 'd', 'e')).toBe('what 5 guests use (a, b, c, d and 1 more) is unknown');
    expect(named('a', 'b', 'c', 'd', 'e', 'f')).toBe('what 6 guests use (a, b, c, d and 2 more) is unknown');
  });
});

describe('what the host has to give', () => {
  /** Of 25 GiB RAM, 5 are in hugepage pools. */
  const available = (gib: number): Model => hostWith({ MemTotal: 25 * GiB, Hugetlb: 5 * GiB, MemAvailable: gib * GiB });

  it('is what is available beyond 12 % of its RAM outside hugepage pools', () => {
    expect(roomToGive(available(4), defaultThresholds)).toBeCloseTo(1.6 * GiB, 0);
    expect(roomToGive(available(1), defaultThresholds)).toBeCloseTo(-1.4 * GiB, 0);
    expect(
      roomToGive(
        idleHost([], () => ({ meminfo: {} })),
        defaultThresholds,
      ),
    ).toBeUndefined();
    expect(
      roomToGive(
        idleHost([], () => ({ meminfo: { MemTotal: GiB } })),
        defaultThresholds,
      ),
    ).toBeUndefined();
  });

  it('is tight below twice the share where it is short, and until a fifth more is there', () => {
    const tight = (gib: number, stands = false): boolean => isTight(available(gib), defaultThresholds, stands);
    expect([tight(3.99), tight(4)]).toEqual([true, false]);
    expect([tight(4.79, true), tight(4.81, true)]).toEqual([true, false]);
    const unknown: Model = idleHost([], () => ({ meminfo: {} }));
    expect(isTight(unknown, defaultThresholds, true)).toBe(false);
  });
});
