import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { plan } from '../../src/actions/actions.ts';
import { advance, startFollowing } from '../../src/actions/follow.ts';
import { Refused } from '../../src/actions/gate/control.ts';
import { openJournal } from '../../src/actions/gate/journal.ts';
import { perform } from '../../src/actions/gate/perform.ts';
import { createHostReader } from '../../src/collect/host/host.ts';
import type { Field, Need } from '../../src/fields/field.ts';
import { guestFields } from '../../src/fields/guest.ts';
import { hostFields } from '../../src/fields/host.ts';
import { everything } from '../../src/fields/needs.ts';
import { poolFields } from '../../src/fields/pool.ts';
import { derive, type GuestModel, type Model } from '../../src/model.ts';
import { Root } from '../../src/root.ts';
import type { Numbers, Sample } from '../../src/sample.ts';
import { createDemoSource } from '../../src/source/demo.ts';
import { GiB, MiB } from '../../src/units.ts';
import { soaking } from '../soaking.ts';

const folder = mkdtempSync(join(tmpdir(), 'kvmtop-demo-'));
afterAll(() => rmSync(folder, { recursive: true }));
let journals = 0;

/** A demo with a clock that is turned by hand. */
const start = (seed?: number) => {
  let now = 1_800_000_000;
  const source = createDemoSource({ clock: () => now, ...(seed === undefined ? {} : { seed }) });
  journals += 1;
  const journal = openJournal(join(folder, `${journals}.ndjson`));
  let previous: Sample | undefined;
  const look = async (seconds: number): Promise<Model> => {
    now += seconds;
    const next = await source.look(everything);
    const model = derive(previous, next);
    previous = next;
    return model;
  };
  return { source, look, gate: { control: source.control, journal } };
};

const called = (model: Model, name: string): GuestModel => {
  const guest = model.guests.find(one => one.name === name);
  if (!guest) throw new Error(`no ${name}`);
  return guest;
};

const balloon = (model: Model, name: string, size: string) => plan(model, { action: 'balloon', words: [name, size] });

const sum = <T>(items: readonly T[], amount: (item: T) => number | undefined): number =>
  items.reduce((total, item) => total + (amount(item) ?? 0), 0);

/** Everything that must hold of a Sample's numbers among each other. */
const expectConsistent = ({ sample, ledger }: Model): void => {
  const { host, guests } = sample;
  const meminfo = host.meminfo as Numbers;
  const ksm = host.ksm as Record<string, number>;
  const status = (key: string) => sum(guests, guest => guest.process.status?.[key]);

  const parts = ledger?.parts;
  expect(ledger?.notes).toEqual([]);
  expect(sum(Object.values(parts ?? {}), part => part)).toBe(meminfo['MemTotal']);
  // Most of the kernel's memory has a name; some never has.
  expect(parts?.other_kernel).toBeGreaterThan(10 * MiB);
  expect(parts?.other_kernel).toBeLessThan(300 * MiB);
  // Parts are as large as their sources say: nothing was cut to make the sum come out.
  expect(parts?.free).toBe(meminfo['MemFree']);
  expect(parts?.guest_shmem).toBe(status('RssShmem'));
  expect(parts?.guest_hugetlb).toBe(status('HugetlbPages'));
  expect(parts?.other_hugetlb).toBe(0);

  const merging = sum(guests, guest => guest.process.ksm_stat?.['ksm_merging_pages']);
  expect(merging).toBe((ksm['pages_shared'] ?? 0) + (ksm['pages_sharing'] ?? 0));
  const others = (meminfo['AnonPages'] ?? 0) - (status('RssAnon') - (ksm['pages_sharing'] ?? 0) * sample.pageSize);
  expect(others).toBe(parts?.other_anon);
  expect(others).toBeGreaterThan(GiB);
  expect(others).toBeLessThan(4 * GiB);

  const swapped = (meminfo['SwapTotal'] ?? 0) - (meminfo['SwapFree'] ?? 0);
  expect(host.swaps?.[0]?.used).toBe(swapped);
  expect(swapped).toBeGreaterThanOrEqual(status('VmSwap'));
  expect(meminfo['SwapFree']).toBeGreaterThan(0);

  const pools = host.pools ?? [];
  const whole = pools.filter(pool => pool.node === undefined);
  expect(sum(whole, pool => (pool.counts['nr_hugepages'] ?? 0) * pool.pageSize)).toBe(meminfo['Hugetlb']);
  for (const { pageSize, counts } of whole) {
    const ofNodes = pools.filter(pool => pool.node !== undefined && pool.pageSize === pageSize);
    for (const key of ['nr_hugepages', 'free_hugepages'])
      expect(sum(ofNodes, pool => pool.counts[key])).toBe(counts[key]);
    expect(counts['resv_hugepages']).toBeLessThanOrEqual(counts['free_hugepages'] ?? 0);
    for (const count of Object.values(counts)) expect(Number.isInteger(count) && count >= 0).toBe(true);
  }
  for (const key of ['MemTotal', 'MemFree', 'AnonPages', 'Shmem'])
    expect(sum(host.nodes ?? [], node => node.meminfo[key])).toBe(meminfo[key]);
  expect(guests.filter(({ id, pid, starttime }) => starttime <= 0 || id !== `${pid}.${starttime}`)).toEqual([]);
  expect(new Set(guests.map(guest => guest.pid)).size).toBe(guests.length);
  for (const value of Object.values(meminfo)) expect(value).toBeGreaterThanOrEqual(0);
};

/** Gauges in bytes are neither negative nor no number; profit alone may be a loss. */
const expectGauges = (model: Model): void => {
  const rows: [Readonly<Record<string, Field<never>>>, Numbers][] = [
    [hostFields, model.host.values],
    ...model.guests.map(({ values }): (typeof rows)[number] => [guestFields, values]),
    ...model.pools.map(({ values }): (typeof rows)[number] => [poolFields, values]),
  ];
  const wrong = rows.flatMap(([fields, values]) =>
    Object.entries(values).filter(
      ([id, value]) => !Number.isFinite(value) || (fields[id]?.unit === 'bytes' && id !== 'ksm_profit' && value < 0),
    ),
  );
  expect(wrong).toEqual([]);
};

/** Counters that are less than they were. */
const fallen = (before: Numbers | undefined, after: Numbers): string[] =>
  Object.entries(before ?? {}).flatMap(([id, total]) => ((after[id] ?? -1) < total ? id : []));

describe('the demo', () => {
  it('gives equal Samples for the same seed and clock, and others for another seed', async () => {
    const [one, same, other] = [start(7), start(7), start(8)];
    for (const seconds of [0, 1, 0.25, 3.7, 0, 60]) {
      const { sample } = await one.look(seconds);
      expect((await same.look(seconds)).sample).toEqual(sample);
      expect((await other.look(seconds)).sample).not.toEqual(sample);
    }
  });

  it('is consistent in each of 300 seconds, its counters never fall, and it shows every state there is', async () => {
    const { look } = start();
    const seen = new Set<string>();
    let before: Model | undefined;
    for (let second = 0; second < 300; second += 1) {
      const model = await look(1);
      expectConsistent(model);
      expectGauges(model);
      expect(fallen(before?.host.totals, model.host.totals)).toEqual([]);
      for (const guest of model.guests) {
        const { vmm, manager, monitor, launch } = guest.sample;
        for (const state of [vmm, `by ${manager}`, `monitor ${monitor.state}`, `on ${launch.backend}`, guest.state])
          seen.add(state);
        const earlier = before?.guests.find(one => one.id === guest.id);
        expect(fallen(earlier?.totals, guest.totals), guest.name).toEqual([]);
      }
      before = model;
    }
    for (const state of ['ok', 'busy', 'none', 'libvirt', 'denied', 'unasked'])
      expect(seen).toContain(`monitor ${state}`);
    for (const word of ['qemu', 'other', 'by libvirt', 'by proxmox', 'on anon', 'on shared', 'on hugetlb', 'paused'])
      expect(seen).toContain(word);
  });

  it('is lively: guests use more and less, swap, share pages, come and go', async () => {
    const { look } = start();
    const models: Model[] = [];
    for (let second = 0; second < 200; second += 5) models.push(await look(5));
    const spread = (of: (model: Model) => number | undefined): number => {
      const values = models.map(of).filter(value => value !== undefined);
      return Math.max(...values) - Math.min(...values);
    };
    expect(spread(model => called(model, 'ci-runner-1').values.guest_used)).toBeGreaterThan(GiB);
    expect(spread(model => model.host.values.ksm_pages_sharing)).toBeGreaterThan(1000);
    expect(spread(model => model.host.values.cached)).toBeGreaterThan(GiB);
    expect(spread(model => model.host.values.writeback)).toBeGreaterThan(16 * MiB);
    expect(spread(model => called(model, 'legacy-erp').totals.guest_swap_in)).toBeGreaterThan(100 * MiB);
    expect(spread(model => model.host.totals.swap_in)).toBeGreaterThan(0);
    expect(new Set(models.flatMap(model => model.guests.map(guest => guest.id))).size).toBeGreaterThan(20);
  });

  it('stays consistent whatever the seed, the delays and the balloons', async () => {
    const change = fc.record({ guest: fc.nat(19), part: fc.double({ min: 0.01, max: 1, noNaN: true }) });
    const steps = fc.array(fc.record({ seconds: fc.double({ min: 0, max: 40, noNaN: true }), change }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(), steps, fc.boolean(), async (seed, list, growAll) => {
        const { look, source } = start(seed);
        let model = await look(1);
        const set = async ({ id, sample }: GuestModel, part: number): Promise<void> => {
          if (sample.monitor.state !== 'ok' || !sample.monitor.balloon?.device) return;
          await source.control?.execute(id, 'balloon', { value: Math.ceil((sample.launch.size ?? 0) * part) });
        };
        if (growAll) for (const guest of model.guests) await set(guest, 1);
        for (const {
          seconds,
          change: { guest: index, part },
        } of list) {
          const guest = model.guests[index];
          if (guest) await set(guest, part);
          model = await look(seconds);
          expectConsistent(model);
          expectGauges(model);
        }
      }),
      { numRuns: soaking ? 100 : 10 },
    );
  });

  it('goes on while its clock is set back, and its looks have the times of that clock', async () => {
    let [now, passed] = [1_800_000_000, 0];
    const source = createDemoSource({ seed: 7, clock: () => now, steady: () => passed });
    const seen: Sample[] = [];
    for (const [wall, steady] of [
      [0, 0],
      [10, 10],
      [-3600, 2],
      [2, 2],
      [2, 2],
      [2, 2],
    ] as const) {
      now += wall;
      passed += steady;
      seen.push(await source.look(everything));
    }
    const times = seen.map(({ time }) => time - 1_800_000_000);
    expect(times).toEqual([0, 10, -3590, -3588, -3586, -3584]);
    const steady = seen.map(({ monotonic }) => Math.round(monotonic - seen[0]!.monotonic));
    expect(steady).toEqual([0, 10, 12, 14, 16, 18]);
    // What was reported before lies in the future, until the driver reports again.
    const age = (one: Sample | undefined) => called(derive(undefined, one!), 'web-1').values.stats_age;
    expect([age(seen[1]) === undefined, age(seen.at(-1)) === undefined]).toEqual([false, false]);
    expect(new Set(seen.map(one => JSON.stringify(one.host.meminfo))).size).toBeGreaterThan(3);
  });

  it('reads only what is wanted', async () => {
    const { host, guests } = await start().source.look(new Set(['ksm']));
    expect(host).toHaveProperty('meminfo');
    expect(host).toHaveProperty('ksm');
    expect(host).not.toHaveProperty('pools');
    expect(guests[0]?.process).toHaveProperty('status');
    expect(guests[0]?.process).not.toHaveProperty('ksm_stat');
    const { guests: asked } = await start().source.look(new Set<Need>(['guest_ksm_stat', 'guest_smaps_rollup:2100']));
    expect(asked[0]?.process).toHaveProperty('ksm_stat');
    expect(asked[0]?.process).toHaveProperty('smaps_rollup');
  });

  it('uses no name that a real kernel does not use', async () => {
    const real = createHostReader(new Root(join(import.meta.dirname, '../hosts/debian12-busy')));
    const captured = real.read(everything);
    real.close();
    const { host } = await start().source.look(everything);
    for (const file of ['meminfo', 'vmstat', 'ksm', 'sysctls', 'thp', 'zswap', 'loadavg'] as const) {
      const strange = Object.keys(host[file] ?? {}).filter(key => !Object.hasOwn(captured[file] ?? {}, key));
      expect(strange, file).toEqual([]);
    }
    expect(Object.keys(host.pressure?.memory ?? {})).toEqual(Object.keys(captured.pressure?.memory ?? {}));
    const strange = Object.keys(host.nodes?.[0]?.meminfo ?? {}).filter(
      key => !Object.hasOwn(captured.nodes?.[0]?.meminfo ?? {}, key),
    );
    expect(strange).toEqual([]);
  });
});

describe("the demo's balloons", () => {
  it('move to their target at a finite speed through the gate, give the host its memory back, and undo', async () => {
    const { look, gate } = start();
    let model = await look(1);
    const before = called(model, 'gitlab');
    const shrink = balloon(model, 'gitlab', '-2G');
    await perform(gate, shrink, { by: 'key' });
    if (!shrink.follow?.[0]) throw new Error('nothing to follow');
    let following = startFollowing(shrink.follow[0], model.time);
    const sizes: (number | undefined)[] = [];
    while (following.state === 'moving' && sizes.length < 30) {
      model = await look(1);
      following = advance(following, model);
      sizes.push(called(model, 'gitlab').values.balloon_actual);
    }
    expect(following.state).toBe('arrived');
    expect(sizes).toEqual([7.5 * GiB, 7 * GiB, 6.5 * GiB, 6 * GiB]);
    const shrunk = called(model, 'gitlab');
    expect(shrunk.values.balloon_target).toBe(6 * GiB);
    expect(before.values.rss_anon! - shrunk.values.rss_anon!).toBeGreaterThan(512 * MiB);
    // Its own reports follow at the interval that Proxmox set.
    expect(called(await look(10), 'gitlab').values.guest_total).toBeLessThan(6 * GiB);

    if (!shrink.undo) throw new Error('no undo');
    await perform(gate, plan(model, shrink.undo), { by: 'key' });
    model = await look(8);
    const grown = called(model, 'gitlab');
    expect(grown.values.balloon_actual).toBe(8 * GiB);
    // The guest has not touched what it got back.
    expect(grown.values.rss_anon! - shrunk.values.rss_anon!).toBeLessThan(512 * MiB);
    expect(gate.journal.read().map(entry => entry.outcome)).toEqual(['done', 'done']);
  });

  it('stall where the guest can give no more', async () => {
    const { look, gate } = start();
    let model = await look(1);
    const shrink = balloon(model, 'vdi-01', '512M');
    await expect(perform(gate, shrink, { by: 'key' })).rejects.toThrow(Refused);
    await perform(gate, shrink, { by: 'key', force: true });
    if (!shrink.follow?.[0]) throw new Error('nothing to follow');
    let following = startFollowing(shrink.follow[0], model.time);
    for (let second = 0; second < 120 && following.state === 'moving'; second += 1) {
      model = await look(1);
      following = advance(following, model);
    }
    expect(following.state).toBe('stalled');
    const stalled = called(model, 'vdi-01');
    expect(stalled.values.balloon_actual).toBeGreaterThan(GiB);
    expect(stalled.values.guest_swap_in).toBeGreaterThan(0);
  });

  it('are refused by the guard rails where they would harm or do nothing, and then nothing moves', async () => {
    const { look, gate } = start();
    const model = await look(60.5);
    const reasons: [string, string, RegExp][] = [
      ['legacy-erp', '-256M', /unsafe: leaves/],
      ['nfs-old', '-64M', /thrashing/],
      ['search', '-1G', /last reported/],
      ['db-main', '-1G', /hugepages/],
      ['Windows 11 (Anna)', '-1G', /never reported/],
      ['vyos-router', '512M', /no balloon device/],
      ['k8s-node-1', '8G', /libvirt/],
      ['tenant-42', '2G', /root/],
      ['fn-7f3a', '256M', /not QEMU/],
      ['ci-job-419', '2G', /not answered yet/],
    ];
    for (const [name, size, reason] of reasons)
      await expect(perform(gate, balloon(model, name, size), { by: 'key' }), name).rejects.toThrow(reason);
    expect(gate.journal.read()).toEqual([]);
    const later = await look(5);
    for (const [name] of reasons) expect(called(later, name).values.balloon_target).toBeUndefined();
    expect(called(later, 'legacy-erp').values.balloon_actual).toBe(2.5 * GiB);
  });

  it('do not move in a paused guest', async () => {
    const { look, gate } = start();
    const model = await look(1);
    const grow = balloon(model, 'staging-db', '6G');
    expect(grow.warnings.join()).toMatch(/paused/);
    await perform(gate, grow, { by: 'key', force: true });
    expect(called(await look(10), 'staging-db').values.balloon_actual).toBe(8 * GiB);
  });

  it('end the thrashing of a guest whose balloon was forgotten', async () => {
    const { look, gate } = start();
    const model = await look(1);
    expect(called(model, 'legacy-erp').values.guest_swap_in).toBeGreaterThan(MiB);
    await perform(gate, balloon(model, 'legacy-erp', 'max'), { by: 'key' });
    const relieved = called(await look(30), 'legacy-erp');
    expect(relieved.values.balloon_actual).toBe(8 * GiB);
    expect(relieved.values.guest_swap_in).toBe(0);
  });

  it('report again once an interval is set', async () => {
    const { look, gate } = start();
    const model = await look(1);
    expect(called(model, 'search').values.stats_interval).toBe(0);
    await perform(gate, plan(model, { action: 'polling', words: ['search', '2'] }), { by: 'itself' });
    const search = called(await look(5), 'search');
    expect(search.values.stats_interval).toBe(2);
    expect(search.values.stats_age).toBeLessThan(4);
  });
});

describe("the demo's monitors", () => {
  it('refuse what QEMU refuses, and say that nothing was done', async () => {
    const { look, source } = start();
    const model = await look(60.5);
    const execute = async (name: string, command: string, args = {}) =>
      source.control?.execute(called(model, name).id, command, args);
    await expect(execute('web-1', 'balloon', { value: 0 })).rejects.toThrow(/QEMU refused.*nothing was changed/);
    await expect(execute('web-1', 'quit')).rejects.toThrow(/CommandNotFound/);
    await expect(execute('vyos-router', 'balloon', { value: GiB })).rejects.toThrow(/DeviceNotActive/);
    await expect(execute('k8s-node-1', 'query-status')).rejects.toThrow(/libvirt; nothing was sent/);
    expect(await execute('web-1', 'query-balloon')).toEqual({ actual: 4 * GiB });
    expect(await execute('web-1', 'query-status')).toEqual({});
    await look(150);
    await expect(execute('ci-job-419', 'balloon', { value: GiB })).rejects.toThrow(/gone/);
  });
});
