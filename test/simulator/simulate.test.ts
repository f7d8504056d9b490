import { describe, expect, it } from 'vitest';
import { defaultLimits } from '../../src/actions/limits.ts';
import { policies, policyOf } from '../../src/policy/policies.ts';
import type { Decision, Policy, PolicySettings } from '../../src/policy/policy.ts';
import { defaultThresholds } from '../../src/policy/thresholds.ts';
import { Tally } from '../../src/simulator/figures.ts';
import type { Scenario } from '../../src/simulator/scenario.ts';
import { scenarios } from '../../src/simulator/scenarios.ts';
import { type Run, simulate } from '../../src/simulator/simulate.ts';
import { GiB } from '../../src/units.ts';
import { soaking } from '../soaking.ts';

const settings: PolicySettings = {
  reserve: 0.1,
  floorShare: 0.25,
  shares: {},
  pinned: new Map(),
  limits: defaultLimits,
  thresholds: defaultThresholds,
};

/** What a guest uses and a quarter of its size more, or all of it where the host has plenty; and KSM. */
const simple: Policy = {
  id: 'simple',
  title: 'Simple',
  help: '',
  every: 10,
  window: 1,
  decide(models) {
    const model = models.at(-1);
    if (!model) return { decisions: [], skipped: [] };
    const { mem_available: available = 0, mem_total: total = 0, ksm_run: ksm } = model.host.values;
    const balloons = model.guests.flatMap(({ id, name, values }): Decision[] => {
      const { guest_used: used, balloon_actual: actual, mem_size: size } = values;
      if (used === undefined || actual === undefined || size === undefined) return [];
      const wanted = available > 0.3 * total ? size : Math.min(size, used + 0.25 * size);
      const bytes = Math.floor(wanted / 4096) * 4096;
      if (Math.abs(bytes - actual) < 0.05 * size) return [];
      return [{ request: { action: 'balloon', words: [id, `${bytes}B`] }, subject: name, guest: id, why: '' }];
    });
    const merging = [
      { request: { action: 'ksm', words: ['run'] }, subject: 'host', why: '' },
      { request: { action: 'ksm-set', words: ['pages_to_scan', '1250'] }, subject: 'host', why: '' },
    ];
    return { decisions: ksm === 0 ? [...merging, ...balloons] : balloons, skipped: [] };
  },
};

const scenarioOf = (id: string): Scenario => {
  const found = scenarios.get(id);
  if (!found) throw new Error(`no scenario ${id}`);
  return found;
};

interface Both {
  readonly none: Run;
  readonly with: Run;
}

const runs = new Map<string, Promise<Both>>();

/** With nobody in charge, and with the simple policy; each scenario once. */
const both = (id: string): Promise<Both> => {
  const made = async () => ({
    none: await simulate(scenarioOf(id), undefined, settings),
    with: await simulate(scenarioOf(id), simple, settings),
  });
  const run = runs.get(id) ?? made();
  runs.set(id, run);
  return run;
};

/** Hours of many guests: in the long run only. */
const longer = soaking ? it : () => undefined;

describe('simulate', () => {
  it('is the same again for the same seed', async () => {
    expect(await simulate(scenarioOf('hungry-guest'), simple, settings)).toEqual((await both('hungry-guest')).with);
  });

  it('shows a trace from the first seconds to the last', async () => {
    const { none } = await both('forgotten-balloon');
    expect(none.trace.map(({ time }) => time)).toEqual(Array.from({ length: 180 }, (_, index) => 10 * (index + 1)));
    expect(none.policy).toBeUndefined();
    expect(none.figures.seconds).toBe(1740);
  });

  for (const id of ['boot-storm', 'hungry-guest', 'noisy-batch', ...(soaking ? ['idle-clones'] : [])])
    it(`${id}: without a policy the host swaps and stays short; a simple one keeps it from most of that`, async () => {
      const { none, with: one } = await both(id);
      expect(none.figures.swappedOut).toBeGreaterThan(GiB);
      expect(none.figures.short).toBeGreaterThan(1000);
      expect(one.figures.swappedOut).toBeLessThan(0.5 * none.figures.swappedOut);
      expect(one.figures.short).toBeLessThan(0.8 * none.figures.short);
      expect(one.figures.moves).toBeGreaterThan(0);
      expect(one.figures.movedBytes).toBeGreaterThan(GiB);
      expect([none.figures.moves, none.figures.movedBytes, none.figures.settings]).toEqual([0, 0, 0]);
      expect([none.figures.killed, one.figures.killed]).toEqual([0, 0]);
    });

  longer('all-max: nobody can keep the guests well, but equal shares for all keep the host from swapping', async () => {
    const fair: Policy = {
      ...simple,
      decide: models => ({
        decisions: (models.at(-1)?.guests ?? []).map(({ id, name }) => ({
          request: { action: 'balloon', words: [id, '5G'] },
          subject: name,
          why: '',
        })),
        skipped: [],
      }),
    };
    const none = await simulate(scenarioOf('all-max'), undefined, settings);
    const one = await simulate(scenarioOf('all-max'), fair, settings);
    expect(none.figures.swappedOut).toBeGreaterThan(10 * GiB);
    expect(none.figures.guestSwapped).toBe(0);
    expect(one.figures.swappedOut).toBeLessThan(0.1 * none.figures.swappedOut);
    expect(one.figures.moves).toBe(20);
    expect(one.figures.stalled).toBeGreaterThan(1000);
  });

  it('forgotten-balloon: the guest swaps beside a host with plenty, until a policy gives it back', async () => {
    const { none, with: one } = await both('forgotten-balloon');
    expect(none.figures.availableLeast).toBeGreaterThan(30 * GiB);
    expect(none.figures.guestSwapped).toBeGreaterThan(10 * GiB);
    expect(none.figures.stalled).toBeGreaterThan(1000);
    expect(one.figures.stalled).toBeLessThan(60);
  });

  longer('idle-clones: KSM alone saves what the build needs', async () => {
    const ksm: Policy = {
      ...simple,
      decide: (models, given) => {
        const { decisions } = simple.decide(models, given);
        return { decisions: decisions.filter(({ request }) => request.action !== 'balloon'), skipped: [] };
      },
    };
    const { none } = await both('idle-clones');
    const merging = await simulate(scenarioOf('idle-clones'), ksm, settings);
    expect(none.figures.savedMean).toBe(0);
    expect(merging.figures.savedMean).toBeGreaterThan(5 * GiB);
    expect(merging.figures.swappedOut).toBeLessThan(0.5 * none.figures.swappedOut);
    expect(merging.figures.settings).toBe(2);
  });

  it('counts what the guard rails refuse, and does not do it', async () => {
    const reckless: Policy = {
      ...simple,
      decide: models => ({
        decisions: (models.at(-1)?.guests ?? []).map(({ id, name }) => ({
          request: { action: 'balloon', words: [id, '64M'] },
          subject: name,
          why: '',
        })),
        skipped: [],
      }),
    };
    const { figures } = await simulate(scenarioOf('forgotten-balloon'), reckless, settings);
    expect(figures.refused).toBeGreaterThan(100);
    expect([figures.moves, figures.movedBytes]).toEqual([0, 0]);
  });

  it('shows a policy as many models as it asks for, as often as it asks', async () => {
    const seen: number[][] = [];
    const watching: Policy = {
      ...simple,
      every: 30,
      window: 4,
      decide: models => {
        seen.push(models.map(({ time }) => time));
        return { decisions: [], skipped: [] };
      },
    };
    await simulate({ ...scenarioOf('forgotten-balloon'), seconds: 300 }, watching, settings);
    const ends = seen.map(times => times.at(-1) ?? 0);
    expect(seen.every(({ length }) => length === 4)).toBe(true);
    expect(ends.length).toBeGreaterThan(6);
    for (const [index, end] of ends.entries()) if (index > 0) expect(end - (ends[index - 1] ?? 0)).toBe(30);
  });

  longer('runs every policy there is through an hour of twenty guests in seconds', async () => {
    const begin = performance.now();
    for (const policy of policies) {
      const run = await simulate(scenarioOf('all-max'), policy, settings);
      expect(run.policy).toBe(policy.id);
    }
    expect(policyOf('mom')).toBeDefined();
    expect((performance.now() - begin) / policies.length).toBeLessThan(10_000);
  });
});

describe('the tally', () => {
  const second = {
    available: 5,
    swappedIn: 1,
    swappedOut: 2,
    guestSwapped: 3,
    stalled: 0.5,
    moved: 4,
    actual: 10,
    saved: 6,
    killed: 0,
  };

  it('adds up seconds, and means', () => {
    const tally = new Tally(4);
    tally.second(second);
    tally.second({ ...second, available: 3, killed: 1, saved: 8 });
    expect(tally.figures).toMatchObject({
      seconds: 2,
      availableLeast: 3,
      availableMean: 4,
      short: 1,
      swappedIn: 2,
      swappedOut: 4,
      guestSwapped: 6,
      stalled: 1,
      movedBytes: 8,
      actualMean: 10,
      savedMean: 7,
      killed: 1,
    });
  });

  it('tells a balloon that goes back within two minutes, and no other, as a reversal', () => {
    const tally = new Tally(0);
    tally.move('1.1', true, 0);
    tally.move('2.2', false, 10);
    tally.move('1.1', true, 50);
    tally.move('1.1', false, 100);
    tally.move('1.1', true, 300);
    expect(tally.figures).toMatchObject({ moves: 5, reversals: 1 });
  });
});
