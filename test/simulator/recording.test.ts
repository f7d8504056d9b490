import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derive, type Model } from '../../src/model.ts';
import { headlineOf } from '../../src/recording/headline.ts';
import { createMemoryTape } from '../../src/recording/memory-tape.ts';
import type { Sample } from '../../src/sample.ts';
import { modelsOf, scenarioOf } from '../../src/simulator/recording.ts';
import { sampleOf } from '../../src/simulator/sample.ts';
import type { Scenario } from '../../src/simulator/scenario.ts';
import { scenarios } from '../../src/simulator/scenarios.ts';
import { World } from '../../src/simulator/world.ts';
import { GiB, MiB } from '../../src/units.ts';

/** What somebody who recorded this scenario would have seen, every other second. */
const recorded = (scenario: Scenario, seconds: number, change: (sample: Sample) => Sample = same => same): Model[] => {
  const world = new World(scenario);
  const models: Model[] = [];
  while (world.time < seconds) {
    world.step();
    if (world.time % 2 === 0) models.push(derive(undefined, change(sampleOf(world))));
  }
  return models;
};

const given = (id: string): Scenario => {
  const found = scenarios.get(id);
  if (!found) throw new Error(`no scenario ${id}`);
  return found;
};

describe('a scenario from a recording', () => {
  it('wants what the guests wanted, on a host of the same size', () => {
    const original = given('forgotten-balloon');
    const scenario = scenarioOf(recorded(original, 280), 'a night');
    expect(scenario.title).toBe('a night');
    expect(scenario.seconds).toBe(278);
    expect(scenario.host).toMatchObject({ memory: original.host.memory, swap: original.host.swap });
    for (const second of [60, 150, 270]) {
      expect(Math.abs(scenario.host.used(second) - original.host.used(second))).toBeLessThan(64 * MiB);
      for (const [index, guest] of scenario.guests.entries()) {
        const was = original.guests[index];
        expect(guest).toMatchObject({ name: was?.name, size: was?.size, balloon: was?.balloon ?? was?.size });
        expect(Math.abs(guest.demand(second) - (was?.demand(second + 2) ?? 0))).toBeLessThan(64 * MiB);
      }
    }
  });

  it('leads to the same memory when it is simulated again with nobody in charge', () => {
    const original = given('hungry-guest');
    const models = recorded(original, 900);
    const world = new World(scenarioOf(models, ''));
    for (const second of [60, 300, 600, 880]) {
      while (world.time < second) world.step();
      const was = models.find(({ time }) => time >= (models[0]?.time ?? 0) + second);
      const now = derive(undefined, sampleOf(world));
      const held = ({ guests }: Model): number =>
        guests.reduce((sum, { values }) => sum + (values.rss_anon ?? 0) + (values.swap ?? 0), 0);
      expect(Math.abs(held(now) - held(was ?? now))).toBeLessThan(0.03 * original.host.memory);
    }
  });

  it('has guests boot and end when they did', () => {
    const original = given('forgotten-balloon');
    const [erp, ...others] = original.guests;
    const scenario = scenarioOf(
      recorded({ ...original, guests: [{ ...erp!, boots: 60, ends: 120 }, ...others] }, 200),
      '',
    );
    const guest = scenario.guests.find(({ name }) => name === 'erp');
    expect(guest?.boots).toBe(58);
    expect(guest?.ends).toBe(118);
    expect(scenario.guests.filter(({ boots, ends }) => boots === undefined && ends === undefined)).toHaveLength(5);
  });

  it('takes a guest that reports nothing to need what the host holds for it, and says that it is silent', () => {
    const original = given('forgotten-balloon');
    const quiet = { ...original, guests: original.guests.map(guest => ({ ...guest, silent: true as const })) };
    const models = recorded(quiet, 100);
    const scenario = scenarioOf(models, '');
    const [guest] = scenario.guests.slice(1);
    const rss = models[10]?.guests[1]?.values.rss_anon ?? 0;
    expect(guest?.silent).toBe(true);
    expect(guest?.cache(20)).toBe(0);
    expect(guest?.demand(20)).toBeGreaterThan(rss - 300 * MiB);
    expect(guest?.demand(20)).toBeLessThan(rss);
  });

  it('leaves guests on hugepages to the host, with what they have beside them', () => {
    const original = given('forgotten-balloon');
    const plain = scenarioOf(recorded(original, 60), '');
    const some = scenarioOf(
      recorded(original, 60, sample => ({
        ...sample,
        guests: sample.guests.map((guest, index) =>
          index === 0 ? { ...guest, launch: { ...guest.launch, backend: 'hugetlb' } } : guest,
        ),
      })),
      '',
    );
    expect(some.guests.map(({ name }) => name)).toEqual(plain.guests.map(({ name }) => name).slice(1));
    expect(some.host.used(30) - plain.host.used(30)).toBeGreaterThan(3 * GiB);
  });

  it('takes what KSM has merged for what is alike', () => {
    const original = given('idle-clones');
    const world = new World(original);
    world.ksm.set('run', '1');
    world.ksm.set('pages_to_scan', '5000');
    const models: Model[] = [];
    while (world.time < 600) {
      world.step();
      if (world.time % 10 === 0) models.push(derive(undefined, sampleOf(world)));
    }
    const [clone] = scenarioOf(models, '').guests;
    expect(clone?.alike).toBeGreaterThan(0.5);
    expect(clone?.alike).toBeLessThan(0.65);
  });

  it('refuses what has no two moments, or no host', () => {
    const models = recorded(given('forgotten-balloon'), 10);
    expect(() => scenarioOf([], '')).toThrow('too short');
    expect(() => scenarioOf(models.slice(0, 1), '')).toThrow('too short');
    const bare = recorded(given('forgotten-balloon'), 10, sample => ({ ...sample, host: {} }));
    expect(() => scenarioOf(bare, '')).toThrow('/proc/meminfo');
  });

  it('never gives a number that a world could not live with, whatever numbers are missing', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(5), fc.nat(3)), { maxLength: 30 }), gaps => {
        let look = 0;
        const models = recorded(given('forgotten-balloon'), 60, sample => {
          const now = look++;
          return {
            ...sample,
            guests: sample.guests.flatMap((guest, index) => {
              const gap = gaps.find(([at, of]) => at === now && of === index)?.[2];
              if (gap === 0) return [];
              if (gap === 1) return [{ ...guest, monitor: { state: 'busy' as const } }];
              if (gap === 2) return [{ ...guest, process: {} }];
              return gap === 3 ? [{ ...guest, launch: {}, monitor: { state: 'none' as const } }] : [guest];
            }),
          };
        });
        const world = new World(scenarioOf(models, ''));
        for (let second = 0; second < 50; second++) {
          const { available, stalled } = world.step();
          expect(available).toBeGreaterThan(0);
          expect(stalled).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('reads a tape, all of it or a part', () => {
    const tape = createMemoryTape({ seconds: 3600, bytes: 50 * MiB });
    for (const model of recorded(given('forgotten-balloon'), 60)) tape.append(model.sample, headlineOf(model));
    const times = [...modelsOf(tape)].map(({ time }) => time);
    expect(times).toHaveLength(30);
    expect([...modelsOf(tape, tape.first + 5, tape.first + 7)].map(({ time }) => time)).toEqual(times.slice(5, 8));
    expect(scenarioOf(modelsOf(tape), '').guests).toHaveLength(6);
  });
});
