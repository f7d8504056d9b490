import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overcommitUnmet } from '../../src/policy/findings/overcommit.ts';
import { stress, stressSentence } from '../../src/policy/stress.ts';
import type { GuestSample, HostSample } from '../../src/sample.ts';
import { GiB, MiB } from '../../src/units.ts';
import { withKsm, withMeminfo } from '../actions/hosts.ts';
import { hostWith, idleHost, remark, remarks, well } from './findings/looks.ts';

const disk = (size: number) => [{ path: '/dev/sda2', type: 'partition', size, used: 0, priority: -2 }];
const zram = { path: '/dev/zram0', type: 'partition', size: 64 * GiB, used: 0, priority: 100 };

/** A guest of so many GiB that holds 3 of them and uses 1. */
const large = (gib: number, id = '100.5000'): GuestSample =>
  well({ id, name: `db-${gib}`, monitor: { memory: { 'base-memory': gib * GiB, 'plugged-memory': 0 } } });

/** 20 GiB are claimed beyond what is held, and 8.8 GiB are available. */
const tight = (change: (host: HostSample) => Partial<HostSample> = () => ({}), guests = [large(23)]) =>
  idleHost(guests, host => ({ ...withMeminfo({ MemAvailable: 8.8 * GiB })(host), ...change(host) }));

describe('if every guest claims its maximum', () => {
  it('the sentence says by how much it is short, what could help, and whether swap covers it', () => {
    // 786432 pages are shared: 3 GiB.
    const model = tight(
      host => ({ ...withKsm({ pages_sharing: 786_432 })(host), swaps: disk(16 * GiB) }),
      [large(8), large(18, '2.1')],
    );
    expect(stress(model)).toEqual({
      needed: 20 * GiB,
      available: 8.8 * GiB,
      short: 20 * GiB - 8.8 * GiB,
      // Their floors are a quarter of their sizes: 1 GiB of the one, and the other is below its own.
      balloons: GiB,
      ksm: 3 * GiB,
      swap: 16 * GiB,
      unknown: [],
    });
    expect(stressSentence(model)).toBe(
      'if every guest claims its maximum now: short by 11.2 GiB; balloons could give 1.00 GiB, losing KSM’s sharing would take 3.00 GiB; swap covers it',
    );
  });

  it.each<[string, (host: HostSample) => Partial<HostSample>, RegExp]>([
    ['on zram alone', () => ({ swaps: [zram] }), /there is no swap for it: 11\.2 GiB would be missing$/],
    ['of too little', () => ({ swaps: disk(4 * GiB) }), /swap covers only 4\.00 GiB: 7\.20 GiB would be missing$/],
    [
      'of which nothing is known',
      () => ({ swaps: undefined as never, meminfo: { MemAvailable: 8.8 * GiB } }),
      /whether swap covers it is unknown$/,
    ],
  ])('swap %s is told as it is', (_what, change, words) => {
    expect(stressSentence(tight(change))).toMatch(words);
  });

  it('what balloons give counts where swap does not do', () => {
    const guests = [large(8), large(18, '2.1')];
    const model = tight(() => ({ swaps: disk(10.5 * GiB) }), guests);
    expect(stressSentence(model)).toMatch(/balloons could give 1\.00 GiB; swap covers the rest$/);
  });

  it('it fits where there is room, with KSM’s sharing or only with it', () => {
    expect(stressSentence(idleHost([well()]))).toBe(
      'if every guest claims its maximum now: it fits, with 22.1 GiB to spare',
    );
    const shared = tight(
      host => ({ ...withKsm({ pages_sharing: 786_432 })(host), swaps: disk(16 * GiB) }),
      [large(11)],
    );
    expect(stressSentence(shared)).toMatch(/it fits only while KSM shares, with 819 MiB to spare; .*; swap covers it$/);
  });

  it('what is unknown is told, and makes no sum', () => {
    const { status: _status, ...process } = well().process;
    const blind = { ...well({ id: '7.1', name: 'blind' }), process };
    const model = idleHost([well(), blind]);
    expect(stress(model).needed).toBeUndefined();
    expect(stressSentence(model)).toBe(
      'if every guest claims its maximum now: not known to fit: what blind may claim is unknown',
    );
    expect(stressSentence(tight(() => ({ swaps: disk(64 * GiB) }), [large(23), blind]))).toMatch(
      /short by at least 11\.2 GiB; .*; what blind may claim is unknown$/,
    );
    expect(stressSentence(idleHost([well()], () => ({ meminfo: {} })))).toMatch(
      /unknown, since what the host has available is$/,
    );
    expect(
      stressSentence(
        tight(
          () => ({ ksm: {}, swaps: disk(0) }),
          [{ ...large(23), ...{ monitor: { ...large(23).monitor, balloon: { device: true } } } }],
        ),
      ),
    ).toMatch(/what balloons could give is unknown, what losing KSM’s sharing would take is unknown/);
    expect(stressSentence(idleHost())).toBe('no guest is here that could claim anything');
  });

  it('guests on hugepages claim their pool, and what virtio-mem was asked for counts', () => {
    expect(stress(idleHost([well({ launch: { backend: 'hugetlb' } })])).needed).toBe(0);
    const memoryDevices = [
      { type: 'virtio-mem', values: { size: GiB, 'requested-size': 3 * GiB, 'max-size': 9 * GiB } },
    ];
    const memory = { 'base-memory': 4 * GiB, 'plugged-memory': GiB };
    // 5 GiB are plugged, 2 GiB more are asked for, and 3 GiB are held.
    expect(stress(idleHost([well({ monitor: { memory, memoryDevices } })])).needed).toBe(4 * GiB);
  });

  it('of memory partly in hugepages, the rest', () => {
    const parts = [
      { use: 'base', kind: 'anon', size: 3 * GiB },
      { use: 'base', kind: 'hugetlb', size: GiB },
    ] as const;
    const status = { RssAnon: GiB, HugetlbPages: GiB };
    expect(stress(idleHost([well({ launch: { parts }, status })])).needed).toBe(2 * GiB);
  });

  it('who can give nothing back keeps nobody from knowing what balloons could give', () => {
    const silent = { pollingInterval: 0, stats: { lastUpdate: 1, values: {} } };
    expect(stress(idleHost([well({ balloon: silent })])).balloons).toBeUndefined();
    expect(stress(idleHost([well({ balloon: silent, launch: { pinnedBy: 'vfio-pci' } })])).balloons).toBe(0);
  });

  it('what a guest in a guest_memfd holds, and so may claim, is unknown', () => {
    expect(stress(idleHost([well({ launch: { confidential: 'TDX' } })])).unknown).toEqual(['web-1']);
    expect(stress(idleHost([well({ launch: { confidential: 'SEV' } })])).needed).toBe(GiB);
  });

  it('is never short by less for one guest more', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 64 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 64 }),
        (sizes, more) => {
          const guests = [...sizes, more].map((gib, index) => large(gib, `${index + 1}.1`));
          const all = stress(tight(undefined, guests)).short!;
          expect(all).toBeGreaterThanOrEqual(stress(tight(undefined, guests.slice(0, -1))).short!);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('the finding', () => {
  it('is a notice where swap would do, and a warning where nothing would', () => {
    const covered = remark(overcommitUnmet, [tight(() => ({ swaps: disk(16 * GiB) }))]);
    expect(covered).toMatchObject({ subject: 'host', severity: 'notice' });
    expect(covered.text).toMatch(/^If every guest claims its maximum now: short by 11\.2 GiB; .*\.$/);
    expect(remark(overcommitUnmet, [tight(() => ({ swaps: [zram] }))])).toMatchObject({
      severity: 'warning',
      advice: expect.stringMatching(/add swap/),
      numbers: { needed: 20 * GiB },
    });
  });

  it('is not told where all fits, or that is not known', () => {
    expect(remarks(overcommitUnmet, [idleHost([well()])])).toEqual([]);
    expect(remarks(overcommitUnmet, [idleHost([well()], () => ({ meminfo: {} }))])).toEqual([]);
  });

  it('stands until there is something to spare', () => {
    const even = hostWith({ MemAvailable: 8 * GiB + 100 * MiB }, [large(11)]);
    expect(remarks(overcommitUnmet, [even])).toEqual([]);
    expect(remarks(overcommitUnmet, [even], { stands: true })).toHaveLength(1);
  });
});
