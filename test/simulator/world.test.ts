import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derive } from '../../src/model.ts';
import type { Numbers, Sample } from '../../src/sample.ts';
import { controlOf } from '../../src/simulator/control.ts';
import { sampleOf } from '../../src/simulator/sample.ts';
import type { Scenario, SimulatedGuest } from '../../src/simulator/scenario.ts';
import { scenarios } from '../../src/simulator/scenarios.ts';
import { World } from '../../src/simulator/world.ts';
import { GiB, MiB } from '../../src/units.ts';
import { soaking } from '../soaking.ts';

const guest = (parts: Partial<SimulatedGuest> = {}): SimulatedGuest => ({
  name: 'one',
  size: 8 * GiB,
  demand: () => 2 * GiB,
  cache: () => 2 * GiB,
  ...parts,
});

const scenario = (
  guests: readonly SimulatedGuest[],
  host: { readonly memory?: number; readonly swap?: number } = {},
): Scenario => ({
  id: 'test',
  title: '',
  help: '',
  main: ['stalled'],
  seconds: 600,
  host: { memory: 64 * GiB, swap: 16 * GiB, used: () => 2 * GiB, ...host },
  guests,
});

const run = (world: World, seconds: number): void => {
  for (let second = 0; second < seconds; second++) world.step();
};

/** Sets a balloon as the gate would. */
const setBalloon = async (world: World, index: number, bytes: number): Promise<void> => {
  const id = sampleOf(world).guests[index]?.id ?? '';
  await controlOf(world).execute(id, 'balloon', { value: bytes });
};

/** What must be true of a host at any moment; gives the sum of what is told of its RAM, which is all of it. */
const expectWhole = (world: World, sample: Sample): void => {
  const { meminfo = {} } = sample.host;
  const told = (...keys: readonly string[]): number => keys.reduce((sum, key) => sum + (meminfo[key] ?? Number.NaN), 0);
  const total = told('MemTotal');
  expect(world.free).toBeGreaterThanOrEqual(0);
  // What the host has beyond its counters: the part of its own use that has none.
  const sum = told('MemFree', 'Cached', 'AnonPages', 'Slab', 'KernelStack', 'PageTables', 'SecPageTables');
  expect(total - sum).toBeGreaterThanOrEqual(0);
  expect(Math.abs(total - sum - 0.095 * world.own)).toBeLessThan(64 * 1024);
  expect(told('SwapFree')).toBeGreaterThanOrEqual(-4096);
  expect(told('MemAvailable')).toBeLessThanOrEqual(told('MemFree', 'Cached'));
  for (const one of world.guests) {
    const { inside } = one;
    expect(one.touched).toBeLessThanOrEqual(inside.actual + 1);
    expect(one.hotIn).toBeGreaterThanOrEqual(-1);
    expect(one.coldIn).toBeGreaterThanOrEqual(-1);
    expect(one.hotOut).toBeGreaterThanOrEqual(0);
    expect(one.coldOut).toBeGreaterThanOrEqual(0);
    expect(inside.actual).toBeLessThanOrEqual(inside.size);
    expect(inside.actual % 4096).toBe(0);
    // A guest that boots where there is nothing left has not even got its kernel.
    expect(inside.programs + inside.cache).toBeLessThanOrEqual(Math.max(0, one.touched - inside.kernel) + 1);
    expect(inside.programs + inside.cache).toBeLessThanOrEqual(inside.total + 1);
    expect(one.merged).toBeLessThanOrEqual(one.resident);
    expect(one.stalled).toBeGreaterThanOrEqual(0);
    expect(one.stalled).toBeLessThanOrEqual(1);
  }
};

const expectNoFall = (before: Numbers | undefined, after: Numbers | undefined): void => {
  for (const key of ['pswpin', 'pswpout', 'pgmajfault', 'oom_kill'])
    expect(after?.[key]).toBeGreaterThanOrEqual(before?.[key] ?? 0);
};

const gibibytes = (min: number, max: number) =>
  fc.double({ min, max, noNaN: true }).map(amount => Math.round(amount * 1024) * MiB);

const anyGuest = (index: number) =>
  fc
    .record({
      size: gibibytes(1, 16),
      left: fc.double({ min: 0.3, max: 1, noNaN: true }),
      demand: fc.array(fc.double({ min: 0, max: 1.2, noNaN: true }), { minLength: 1, maxLength: 6 }),
      cache: fc.double({ min: 0, max: 1, noNaN: true }),
      alike: fc.double({ min: 0, max: 1, noNaN: true }),
      boots: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
      ends: fc.option(fc.integer({ min: 61, max: 200 }), { nil: undefined }),
    })
    .map(
      ({ size, left, demand, cache, alike, boots, ends }): SimulatedGuest => ({
        name: `guest-${index}`,
        size,
        alike,
        balloon: Math.floor((left * size) / 4096) * 4096,
        demand: second => (demand[Math.floor(second / 20) % demand.length] ?? 0) * size,
        cache: () => cache * size,
        ...(boots === undefined ? {} : { boots }),
        ...(ends === undefined ? {} : { ends }),
      }),
    );

const anyScenario = fc
  .record({
    memory: gibibytes(8, 64),
    swap: gibibytes(0, 16),
    own: fc.double({ min: 0.01, max: 0.3, noNaN: true }),
    guests: fc
      .integer({ min: 0, max: 8 })
      .chain(count => fc.tuple(...Array.from({ length: count }, (_, i) => anyGuest(i)))),
  })
  .map(({ memory, swap, own, guests }) => ({
    ...scenario(guests, { memory, swap }),
    host: { memory, swap, used: (second: number) => own * memory * (1 + 0.2 * Math.sin(second / 30)) },
  }));

describe('a simulated world', () => {
  it('accounts for every byte at each step, whatever the scenario and the balloons', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyScenario,
        fc.array(fc.tuple(fc.nat(7), fc.double({ min: 0.05, max: 1, noNaN: true })), { maxLength: 20 }),
        fc.boolean(),
        async (any, moves, merging) => {
          const world = new World(any);
          if (merging) {
            await controlOf(world).write('/sys/kernel/mm/ksm/run', '1');
            await controlOf(world).write('/sys/kernel/mm/ksm/pages_to_scan', '5000');
          }
          let last = sampleOf(world);
          expectWhole(world, last);
          for (let second = 0; second < 150; second++) {
            const move = second % 8 === 0 ? moves[second / 8] : undefined;
            const one = move && world.guests[move[0]];
            if (move && one) await setBalloon(world, world.guests.indexOf(one), Math.ceil(move[1] * one.spec.size));
            world.step();
            const sample = sampleOf(world);
            expectWhole(world, sample);
            expectNoFall(last.host.vmstat, sample.host.vmstat);
            last = sample;
          }
        },
      ),
      { numRuns: soaking ? 100 : 8 },
    );
  });

  it('loses nothing between RAM and swap: what is swapped out was told, and what came back too', () => {
    fc.assert(
      fc.property(anyScenario, any => {
        const world = new World({ ...any, guests: any.guests.map(({ ends: _, balloon: __, ...spec }) => spec) });
        for (let second = 0; second < 150; second++) {
          const [before, touched] = [world.swapped, world.guests.map(one => one.touched)];
          const { swappedIn, swappedOut, killed } = world.step();
          if (killed > 0) return;
          expect(Math.abs(world.swapped - (before + swappedOut - swappedIn))).toBeLessThan(4096);
          for (const [index, bytes] of touched.entries())
            if (touched.length === world.guests.length)
              expect(world.guests[index]?.touched).toBeGreaterThanOrEqual(bytes - 1);
        }
      }),
      { numRuns: soaking ? 100 : 8 },
    );
  });

  it('is the same again for the same scenario, and gives Samples that derive understands', () => {
    for (const one of scenarios.values()) {
      const [a, b] = [new World(one), new World(one)];
      for (let second = 0; second < 400; second++) expect(a.step()).toEqual(b.step());
      expect(sampleOf(a)).toEqual(sampleOf(b));
      const before = sampleOf(a);
      a.step();
      const model = derive(before, sampleOf(a));
      const { values } = model.host;
      for (const id of ['mem_available', 'swap_in', 'psi_mem_some_avg10', 'ksm_run', 'ksm_saved', 'min_free'] as const)
        expect(values[id]).toBeGreaterThanOrEqual(0);
      for (const id of [
        'balloon_actual',
        'guest_used',
        'guest_caches',
        'stats_age',
        'rss_anon',
        'held',
        'cpu',
      ] as const)
        expect(model.guests[0]?.values[id]).toBeGreaterThanOrEqual(0);
      const parts = Object.values(model.ledger?.parts ?? {});
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(one.host.memory);
    }
  });

  it('frees host memory when an idle guest’s balloon is inflated, and the guest does not suffer', async () => {
    const world = new World(scenario([guest({ demand: () => GiB, cache: () => GiB })]));
    run(world, 30);
    const before = world.free;
    await setBalloon(world, 0, 3 * GiB);
    run(world, 30);
    expect(world.guests[0]?.inside.actual).toBe(3 * GiB);
    expect(world.free - before).toBeGreaterThan(2 * GiB);
    expect(world.guests[0]?.stalled).toBeLessThan(0.01);
    // Giving it back costs the host nothing until the guest touches it.
    const inflated = world.free;
    await setBalloon(world, 0, 8 * GiB);
    run(world, 30);
    expect(world.guests[0]?.inside.actual).toBe(8 * GiB);
    expect(inflated - world.free).toBeLessThan(64 * MiB);
  });

  it('moves a balloon no faster than the driver can', async () => {
    const world = new World(scenario([guest()]));
    run(world, 20);
    await setBalloon(world, 0, 5 * GiB);
    world.step();
    expect(world.guests[0]?.inside.actual).toBe(8 * GiB - 512 * MiB);
  });

  it('makes a busy guest thrash when its balloon goes below what it uses, and takes no more than can be freed', async () => {
    const world = new World(scenario([guest({ demand: () => 6 * GiB })]));
    run(world, 30);
    await setBalloon(world, 0, GiB);
    run(world, 300);
    const [one] = world.guests;
    expect(one?.inside.actual).toBeGreaterThan(4 * GiB);
    expect(one?.inside.swapped).toBeCloseTo(2 * GiB, -4);
    expect(one?.stalled).toBe(1);
    const first = sampleOf(world);
    run(world, 60);
    const model = derive(first, sampleOf(world));
    expect(model.guests[0]?.values.guest_swap_in).toBeGreaterThan(8 * MiB);
    expect(model.guests[0]?.values.guest_major_faults).toBeGreaterThan(100);
    expect(model.host.values.swap_out).toBe(0);
    // A guest that does nothing but wait seldom comes to report.
    const ages = Array.from({ length: 60 }, () => {
      world.step();
      return derive(undefined, sampleOf(world)).guests[0]?.values.stats_age ?? 0;
    });
    expect(Math.max(...ages)).toBeGreaterThan(10);
    // Given back, it recovers.
    await setBalloon(world, 0, 8 * GiB);
    run(world, 120);
    expect(world.guests[0]?.inside.swapped).toBe(0);
    expect(world.guests[0]?.stalled).toBeLessThan(0.01);
  });

  it('lets the host swap what guests do not use when it runs short, and those wait who want it back', () => {
    const short = scenario(
      [
        guest({ name: 'idle', demand: second => (second < 300 ? GiB : 5 * GiB), cache: () => 3 * GiB }),
        guest({ name: 'grows', demand: second => (second < 100 ? GiB : 6.5 * GiB) }),
      ],
      { memory: 14 * GiB, swap: 8 * GiB },
    );
    const world = new World(short);
    run(world, 90);
    const first = sampleOf(world);
    expect(world.swapped).toBeLessThan(GiB);
    run(world, 200);
    const full = derive(first, sampleOf(world));
    expect(full.host.values.swap_out).toBeGreaterThan(0);
    expect(full.guests[0]?.values.swap).toBeGreaterThan(GiB);
    expect(full.host.values.mem_available).toBeLessThan(0.05 * 14 * GiB);
    const before = sampleOf(world);
    let stalled = 0;
    for (let second = 0; second < 60; second++) stalled += world.step().stalled;
    const back = derive(before, sampleOf(world));
    expect(stalled).toBeGreaterThan(5);
    expect(back.guests[0]?.values.host_major_faults).toBeGreaterThan(50);
    expect(back.host.values.psi_mem_some_avg60).toBeGreaterThan(0.05);
  });

  it('kills the largest guest where there is neither memory nor swap, and counts it', () => {
    const world = new World(
      scenario(
        [guest({ name: 'small', size: 4 * GiB }), guest({ name: 'large', demand: t => Math.min(t / 30, 7) * GiB })],
        {
          memory: 10 * GiB,
          swap: 0,
        },
      ),
    );
    run(world, 300);
    expect(world.guests.map(({ spec }) => spec.name)).toEqual(['small']);
    expect(derive(undefined, sampleOf(world)).host.totals.oom_kills).toBe(1);
  });

  it('saves memory by merging clones, at the pace it is set to, and takes it back when they write', async () => {
    const clones = Array.from({ length: 10 }, (_, index) =>
      guest({
        name: `clone-${index}`,
        size: 2 * GiB,
        alike: 0.5,
        demand: second => (second < 400 ? 0.3 : 1.2) * GiB,
        cache: () => 512 * MiB,
      }),
    );
    const saved = async (pages: number, seconds: number): Promise<World> => {
      const world = new World(scenario(clones));
      await controlOf(world).write('/sys/kernel/mm/ksm/pages_to_scan', String(pages));
      await controlOf(world).write('/sys/kernel/mm/ksm/run', '1');
      run(world, seconds);
      return world;
    };
    const [slow, fast] = [await saved(100, 100), await saved(1250, 100)];
    expect(slow.saved).toBeGreaterThan(0);
    expect(fast.saved).toBeGreaterThan(5 * slow.saved);
    run(fast, 290);
    expect(fast.saved).toBeGreaterThan(3 * GiB);
    // The kernel's own equation: what is merged is what is shared and what shares it.
    const { ksm = {} } = sampleOf(fast).host;
    const merging = sampleOf(fast).guests.reduce(
      (sum, one) => sum + (one.process.ksm_stat?.['ksm_merging_pages'] ?? 0),
      0,
    );
    expect(Number(ksm['pages_shared']) + Number(ksm['pages_sharing'])).toBe(merging);
    const [free, merged] = [fast.free, fast.saved];
    await controlOf(fast).write('/sys/kernel/mm/ksm/run', '2');
    fast.step();
    expect(fast.saved).toBe(0);
    expect(free - fast.free).toBeGreaterThan(0.9 * merged);
    run(slow, 20);
    await controlOf(slow).write('/sys/kernel/mm/ksm/run', '0');
    const stopped = slow.saved;
    run(slow, 300);
    expect(slow.saved).toBeLessThan(0.9 * stopped);
  });

  it('swaps no merged page out, and counts none twice, however short it runs', async () => {
    // Twins that are all alike and idle, until a third one wants what the host has not got.
    const twin = { size: 4 * GiB, alike: 1, demand: () => 3 * GiB, cache: () => 0 };
    const world = new World(
      scenario(
        [
          guest({ ...twin, name: 'a' }),
          guest({ ...twin, name: 'b' }),
          guest({ name: 'grows', size: 16 * GiB, demand: second => (second < 100 ? GiB : 15 * GiB), cache: () => 0 }),
        ],
        { memory: 14 * GiB, swap: 16 * GiB },
      ),
    );
    await controlOf(world).write('/sys/kernel/mm/ksm/pages_to_scan', '5000');
    await controlOf(world).write('/sys/kernel/mm/ksm/run', '1');
    run(world, 100);
    expect(world.saved).toBeGreaterThan(2 * GiB);
    for (let second = 0; second < 100; second++) {
      run(world, 1);
      expectWhole(world, sampleOf(world));
    }
    expect(world.swapped).toBeGreaterThan(GiB);
  });

  it('has no twin to merge with for a guest alone', async () => {
    const world = new World(scenario([guest({ alike: 0.9 }), guest({ name: 'other' })]));
    await controlOf(world).write('/sys/kernel/mm/ksm/run', '1');
    run(world, 200);
    expect(world.saved).toBe(0);
    expect(world.guests.map(({ merged }) => merged)).toEqual([0, 0]);
  });

  it('says of what it can’t do that nothing was changed', async () => {
    const world = new World(scenario([guest()]));
    const id = sampleOf(world).guests[0]?.id ?? '';
    await expect(controlOf(world).execute(id, 'quit', {})).rejects.toThrow('nothing was changed');
    await expect(controlOf(world).execute('1.1', 'balloon', { value: GiB })).rejects.toThrow('the guest is gone');
    await expect(controlOf(world).execute(id, 'balloon', { value: 0 })).rejects.toThrow('QEMU refused');
    await expect(controlOf(world).write('/proc/sys/vm/swappiness', '1')).rejects.toThrow('nothing was changed');
    await expect(controlOf(world).write('/sys/kernel/mm/ksm/none', '1')).rejects.toThrow('nothing was changed');
  });

  it('boots and ends guests, and sets a balloon only once there is a driver', () => {
    const world = new World(scenario([guest({ boots: 20, ends: 200, balloon: 4 * GiB })]));
    expect(sampleOf(world).guests).toEqual([]);
    run(world, 25);
    expect(sampleOf(world).guests[0]?.monitor.balloon?.actual).toBe(8 * GiB);
    expect(sampleOf(world).guests[0]?.monitor.balloon?.stats).toBeUndefined();
    run(world, 60);
    expect(sampleOf(world).guests[0]?.monitor.balloon?.actual).toBe(4 * GiB);
    expect(sampleOf(world).guests[0]?.monitor.balloon?.stats?.values['stat-total-memory']).toBeGreaterThan(3 * GiB);
    run(world, 120);
    expect(sampleOf(world).guests).toEqual([]);
  });
});
