import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draw, type Forecast, foresee } from '../../src/actions/forecast.ts';
import { type LedgerPart, ledgerParts } from '../../src/ledger.ts';
import type { Model } from '../../src/model.ts';
import type { Backing, GuestSample, LaunchSample } from '../../src/sample.ts';
import { GiB, MiB } from '../../src/units.ts';
import { well } from '../policy/findings/looks.ts';
import { capturedModel, planOf, withKsm, withMeminfo } from './hosts.ts';

const names = Object.keys(ledgerParts) as LedgerPart[];
const part = fc.constantFrom(...names);
const amount = fc.oneof(fc.nat(64 * GiB), fc.double({ min: -GiB, max: 64 * GiB, noNaN: true }));
const sum = (parts: Readonly<Record<LedgerPart, number>>): number => names.reduce((all, name) => all + parts[name], 0);

/** What each part gains, where it gains or loses. */
const gains = (model: Model, forecast: Forecast | undefined) => {
  const [now, then] = [model.ledger!.parts, foresee(model, forecast!).ledger!.parts];
  return Object.fromEntries(names.flatMap(name => (now[name] === then[name] ? [] : [[name, then[name] - now[name]]])));
};

const only = (model: Model, line: string): Forecast | undefined => planOf(model, line).forecasts?.[0];

describe('what is foreseen', () => {
  it('leaves no part below 0, and the sum what it is, whatever moves', () => {
    const model = capturedModel('debian12-busy');
    fc.assert(
      fc.property(fc.array(fc.record({ from: part, to: part, bytes: amount }), { maxLength: 8 }), moves => {
        const { parts, total } = foresee(model, { assumes: '', moves, host: {} }).ledger!;
        expect(sum(parts)).toBe(total);
        expect(Math.min(...Object.values(parts))).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('of any plan sums to MemTotal, and gives no number that is not known now', () => {
    const lines = fc.constantFrom('balloon web-1', 'balloon-all', 'hugepages 2M', 'hugepages 1G');
    fc.assert(
      fc.property(lines, fc.integer({ min: 17, max: 60_000 }), fc.nat(4096), (line, size, merging) => {
        const one = well({ balloon: { actual: 3 * GiB } });
        const model = capturedModel('debian12-busy', () => ({}), [
          { ...one, process: { ...one.process, ksm_stat: { ksm_merging_pages: merging } } },
        ]);
        const words = line.startsWith('hugepages') ? `${line} ${size}` : line.replace(/$/, ` ${size}M`);
        for (const forecast of planOf(model, words).forecasts ?? []) {
          const then = foresee(model, forecast);
          expect(sum(then.ledger!.parts)).toBe(model.host.values.mem_total);
          for (const id in forecast.host) expect(model.host.values).toHaveProperty(id);
        }
      }),
    );
  });

  it('takes free memory beyond what the kernel keeps, then page cache, and no more', () => {
    const model = capturedModel('debian12-busy');
    const { free, cache } = model.ledger!.parts;
    const room = free - model.host.values.min_free!;
    expect(draw(model, [{ to: 'guest_anon', bytes: room + 5 }])).toEqual([
      { from: 'free', to: 'guest_anon', bytes: room },
      { from: 'cache', to: 'guest_anon', bytes: 5 },
    ]);
    expect(draw(model, [{ to: 'guest_anon', bytes: room + cache }])).toBeDefined();
    const two = (bytes: number) =>
      draw(model, [
        { to: 'guest_anon', bytes: room },
        { to: 'guest_shmem', bytes },
      ]);
    expect(two(cache)).toBeDefined();
    expect(two(cache + 1)).toBeUndefined();
  });
});

describe('balloons', () => {
  const host = (...guests: GuestSample[]): Model =>
    capturedModel(
      'debian12-1node',
      host => ({
        ...withKsm({ run: 0, pages_shared: 0, pages_sharing: 0 })(host),
        ...withMeminfo({ MemFree: 8 * GiB, AnonPages: 8 * GiB, Shmem: 4 * GiB, Cached: 5 * GiB })(host),
      }),
      guests,
    );

  it('give back at least what they hold beyond their new size, and at most all that is taken', () => {
    // It holds 2.5 GiB, and uses 1 GiB.
    const model = host(well({ status: { RssAnon: 2.5 * GiB } }));
    const [least, most, ...none] = planOf(model, 'balloon web-1 2G').forecasts!;
    expect(none).toEqual([]);
    expect(gains(model, least)).toEqual({ guest_anon: -0.5 * GiB, free: 0.5 * GiB });
    expect(gains(model, most)).toEqual({ guest_anon: -GiB, free: GiB });
    expect([least!.assumes, most!.assumes]).toEqual(['at least', 'at most']);
    const available = model.host.values.mem_available!;
    expect([least!.host.mem_available, most!.host.mem_available]).toEqual([available + 0.5 * GiB, available + GiB]);
    expect(foresee(model, least!).guests[0]?.values).toMatchObject({ balloon_actual: 2 * GiB, rss_anon: 2 * GiB });
  });

  const surely = (guest: GuestSample): number | undefined =>
    planOf(host(guest), 'balloon web-1 2G').forecasts![0]!.moves.find(({ to }) => to === 'free')?.bytes;

  it('give back for sure nothing of what may be QEMU’s own: all that it may write beside the guest’s RAM', () => {
    const anon = (status: GuestSample['process']['status']) =>
      surely(well({ status: { RssAnon: 2.5 * GiB, ...status } }));
    expect(anon({ VmData: 4 * GiB + 200 * MiB })).toBe(0.5 * GiB - 200 * MiB);
    expect(anon({ VmData: 5 * GiB })).toBeUndefined();
    const { VmData: _, ...status } = well().process.status!;
    expect(surely({ ...well(), process: { status } })).toBeUndefined();
    // What virtio-mem could plug is mapped, too.
    const memoryDevices = [{ type: 'virtio-mem', values: { size: 0, 'max-size': 2 * GiB } }];
    expect(surely(well({ monitor: { memoryDevices }, status: { RssAnon: 2.5 * GiB, VmData: 6 * GiB } }))).toBe(
      0.5 * GiB,
    );
  });

  it('of shared memory give back what is shared: what is anonymous is QEMU’s own', () => {
    const shared = well({ launch: { backend: 'shared' }, status: { RssAnon: 300 * MiB, RssShmem: 2.5 * GiB } });
    expect(surely(shared)).toBe(0.5 * GiB);
  });

  it('keep what they say for sure, however much of a process is QEMU’s own', () => {
    const mib = fc.integer({ min: 0, max: 3000 });
    fc.assert(
      fc.property(mib, mib, fc.integer({ min: 0, max: 4096 }), (mapped, used, ram) => {
        const own = Math.min(mapped, used);
        const status = { VmData: (4096 + mapped) * MiB, RssAnon: (ram + own) * MiB };
        // The balloon takes memory down to 2 GiB: that much of the guest's RAM at least must go.
        expect(surely(well({ status })) ?? 0).toBeLessThanOrEqual(Math.max(0, ram - 2048) * MiB);
      }),
    );
  });

  it('give back nothing for sure of what KSM has merged, nor where nobody knows what it has', () => {
    const merged = (pages: Readonly<Record<string, number>>) => {
      const one = well();
      const guest = { ...one, process: { ...one.process, ksm_stat: pages } };
      return planOf(
        capturedModel('debian12-busy', () => ({}), [guest]),
        'balloon web-1 2G',
      );
    };
    const known = merged({ ksm_merging_pages: (256 * MiB) / 4096 });
    expect(known.effect[1]).toBe('host: gets back 768 MiB to 1.00 GiB, as far as the guest had touched it');
    expect(merged({}).effect[1]).toMatch(/gets back 0 B to 1\.00 GiB/);
  });

  it('that grow take what they get from the host, in the part that the guest is in', () => {
    const shared = well({ launch: { backend: 'shared' }, status: { RssAnon: 0, RssShmem: 2 * GiB } });
    const model = host(shared);
    const [all, ...none] = planOf(model, 'balloon web-1 max').forecasts!;
    expect(none).toEqual([]);
    expect(gains(model, all)).toEqual({ guest_shmem: GiB, free: -GiB });
  });

  /** 2 GiB of boot memory and a DIMM of 2 GiB, of these kinds. */
  const parted = (base: Backing, dimm: Backing): LaunchSample => ({
    size: 2 * GiB,
    parts: [
      { use: 'base', kind: base, size: 2 * GiB },
      { use: 'dimm', id: 'd', kind: dimm, size: 2 * GiB },
    ],
  });
  const plugged = {
    memory: { 'base-memory': 2 * GiB, 'plugged-memory': 2 * GiB },
    memoryDevices: [{ type: 'dimm', id: 'd', values: { size: 2 * GiB } }],
  };

  it('give back of each kind as much as they hold of it', () => {
    // Beside its private RAM QEMU may have 256 MiB of its own.
    const status = { RssAnon: 2 * GiB, RssShmem: GiB, VmData: 2.25 * GiB };
    const model = host(well({ launch: parted('anon', 'shmem'), status, monitor: { ...plugged } }));
    const [least, most] = planOf(model, 'balloon web-1 1.5G').forecasts!;
    expect(gains(model, least)).toMatchObject({ free: 1.25 * GiB });
    expect(gains(model, most)).toEqual({ guest_anon: -GiB, guest_shmem: -0.5 * GiB, free: 1.5 * GiB });
    expect(foresee(model, most!).guests[0]?.values).toMatchObject({ rss_anon: GiB, rss_shmem: 0.5 * GiB });
  });

  it('give back what is in files on a disk from there', () => {
    const status = { RssAnon: 20 * MiB, RssFile: 3 * GiB + 20 * MiB, VmExe: 6 * MiB, VmLib: 14 * MiB };
    const filled = host(well({ launch: parted('file', 'file'), status, monitor: { ...plugged } }));
    const [least] = planOf(filled, 'balloon web-1 2G').forecasts!;
    expect(gains(filled, least)).toEqual({ guest_file: 20 * MiB - GiB, free: GiB - 20 * MiB });
  });

  it('give back nothing of hugepages, which the guest may choose to give', () => {
    const status = { RssAnon: 1.75 * GiB, HugetlbPages: 2 * GiB, VmData: 2 * GiB };
    const model = host(well({ launch: parted('anon', 'hugetlb'), status, monitor: { ...plugged } }));
    const plan = planOf(model, 'balloon web-1 1.5G');
    expect(plan.refusal).toBeUndefined();
    expect(plan.warnings).toContain(
      '2.00 GiB of its 4.00 GiB are in hugepages: what the balloon takes or gives there is not the host’s',
    );
    const [least, most] = plan.forecasts!;
    expect(gains(model, least)).toEqual({ guest_anon: -0.25 * GiB, free: 0.25 * GiB });
    expect(gains(model, most)).toEqual({ guest_anon: -1.5 * GiB, free: 1.5 * GiB });
    const small = host(well({ launch: parted('anon', 'hugetlb'), status: { RssAnon: GiB }, monitor: { ...plugged } }));
    expect(planOf(small, 'balloon web-1 2G').effect[1]).toMatch(/gets back 0 B to 1\.00 GiB/);
  });

  it('on hugepages take nothing from the host', () => {
    const [all] = planOf(host(well({ launch: { backend: 'hugetlb' } })), 'balloon web-1 max').forecasts!;
    expect(all).toMatchObject({ moves: [] });
  });

  it('that move in both directions are told at worst and at best', () => {
    const grown = well({ id: '2.1', name: 'b', balloon: { actual: 3 * GiB } });
    const model = host(well({ id: '1.1', name: 'a', status: { RssAnon: 2.5 * GiB } }), grown);
    const [worst, best] = planOf(model, 'balloons a 2G b 4G').forecasts!;
    expect([worst!.assumes, best!.assumes]).toEqual(['at worst: what is given is used', 'at best']);
    expect(foresee(model, worst!).guests.map(({ values }) => values.balloon_actual)).toEqual([2 * GiB, 4 * GiB]);
    const [alone] = planOf(model, 'balloon b 4G').forecasts!;
    expect(alone!.assumes).toBe('once all of it is used');
    expect(foresee(model, alone!).guests[0]).toEqual(model.guests[0]);
  });

  it('that the host could feed only by swapping are not foreseen', () => {
    const poor = capturedModel('debian12-1node', withMeminfo({ MemFree: 100 * MiB, Cached: 200 * MiB }), [well()]);
    expect(planOf(poor, 'balloon web-1 max').forecasts).toEqual([]);
  });

  it('of several are foreseen together, at worst and at best', () => {
    const model = host(well({ id: '1.1', name: 'a' }), well({ id: '2.1', name: 'b' }));
    const [worst, best] = planOf(model, 'balloons a 2G b 4G').forecasts!;
    expect(gains(model, worst)).toEqual({});
    expect(gains(model, best)).toEqual({ guest_anon: -GiB, free: GiB });
  });
});

describe('KSM', () => {
  // 9080 pages are shared by 17375 more places.
  const merging = (pages: number): GuestSample => {
    const one = well({ status: { RssAnon: GiB } });
    return { ...one, process: { ...one.process, ksm_stat: { ksm_merging_pages: pages } } };
  };

  it('unmerged, gives guests and others the copies of what they merged', () => {
    const model = capturedModel('debian12-busy', () => ({}), [merging(10_000)]);
    const { ksm_pages_shared: shared, ksm_saved: saved } = model.host.values;
    const forecast = only(model, 'ksm unmerge');
    const merged = shared! * 4096;
    expect(gains(model, forecast)).toEqual({
      guest_anon: 10_000 * 4096,
      other_anon: merged + saved! - 10_000 * 4096,
      ksm: -merged,
      free: -saved!,
    });
    expect(foresee(model, forecast!).host.values).toMatchObject({ ksm_saved: 0 });
  });

  it('is not foreseen where nobody knows whose pages they are, nor what running it will save', () => {
    expect(
      only(
        capturedModel('debian12-busy', () => ({}), [well()]),
        'ksm unmerge',
      ),
    ).toBeUndefined();
    expect(
      only(
        capturedModel('debian12-1node', () => ({}), [merging(1)]),
        'ksm run',
      ),
    ).toBeUndefined();
  });
});

describe('a pool of hugepages', () => {
  it('that grows takes free memory, and CommitLimit falls', () => {
    const model = capturedModel('debian12-1node');
    const forecast = only(model, 'hugepages 2M +512');
    expect(gains(model, forecast)).toEqual({ free_hugetlb: GiB, free: -GiB });
    const { commit_limit: limit, mem_available: available } = model.host.values;
    expect(forecast?.host).toMatchObject({ mem_available: available! - GiB });
    // Half of RAM that is in no pool counts.
    expect(forecast!.host.commit_limit! - limit!).toBeCloseTo(-GiB / 2, -5);
  });

  it('that shrinks gives its free pages back', () => {
    const counts = { nr_hugepages: 64, free_hugepages: 48, resv_hugepages: 0, surplus_hugepages: 0 };
    const model = capturedModel('debian12-1node', host => ({
      ...withMeminfo({ Hugetlb: 128 * MiB })(host),
      pools: [{ pageSize: 2 * MiB, counts }],
    }));
    expect(gains(model, only(model, 'hugepages 2M 16'))).toEqual({ free_hugetlb: -96 * MiB, free: 96 * MiB });
  });
});

describe('overcommit', () => {
  it('foresees CommitLimit, and says whether it counts', () => {
    const forecast = only(capturedModel('debian12-1node'), 'sysctl vm.overcommit_ratio 80');
    expect(forecast?.moves).toEqual([]);
    expect(forecast?.host.commit_limit).toBeGreaterThan(0);
    expect(forecast?.assumes).toBe('at once, but it counts only while overcommit_memory is 2');
  });
});
