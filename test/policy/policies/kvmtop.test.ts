import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../../src/model.ts';
import type { Need } from '../../../src/policy/policies/kvmtop/guest.ts';
import { grant } from '../../../src/policy/policies/kvmtop/moves.ts';
import { kvmtop } from '../../../src/policy/policies/kvmtop.ts';
import { sum } from '../../../src/policy/policies/share-out.ts';
import type { PolicySettings } from '../../../src/policy/policy.ts';
import { scenarios } from '../../../src/simulator/scenarios.ts';
import { simulate } from '../../../src/simulator/simulate.ts';
import { GiB, KiB, MiB } from '../../../src/units.ts';
import { type Given, look, reasons, settings, targets, type World } from './world.ts';

/** A host of 64 GiB: its reserve is 6.4 GiB, it is short until 7.68, and gives back above 9.6. */
const host = (available: number, ...guests: Given[]): World => ({
  total: 64 * GiB,
  available: available * GiB,
  guests,
});

const decide = (worlds: readonly World[], change: Partial<PolicySettings> = {}, every = 10) =>
  kvmtop.decide(
    worlds.map((world, index) => look(world, every * index)),
    { ...settings, ...change },
  );

/** In GiB, to a hundredth. */
const sizes = (...args: Parameters<typeof decide>): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(targets(decide(...args))).map(([name, target]) => [name, Math.round((100 * target) / GiB) / 100]),
  );

/** Of 8 GiB, `used` GiB are in use; what is not free is page cache. */
const using = (name: string, used: number, more: Given = {}): Given => {
  const actual = more.actual ?? 8 * GiB;
  return { name, maximum: 8 * GiB, free: actual - used * GiB, available: actual - used * GiB, ...more };
};

/** In need: swapping, with nothing available. */
const hungry = (name: string, actual: number): Given => ({
  name,
  maximum: 8 * GiB,
  actual: actual * GiB,
  free: 0.02 * GiB,
  available: 0.05 * GiB,
  stats: { 'stat-swap-in': 200 * MiB },
  earlier: { 'stat-swap-in': 0 },
});

describe('a calm host', () => {
  it('is left alone between the lines', () => {
    expect(decide([host(8, using('a', 2), using('b', 6))])).toEqual({ decisions: [], skipped: [] });
  });

  it('gives back half of what is beyond 1.5 reserves, to who has least beyond what it uses', () => {
    // 11.6 − 9.6 = 2 GiB, half of that. a has 1 GiB beyond its use, b 3: all to a, but at most 0.8 (a tenth of 8).
    const guests = [using('a', 3, { actual: 4 * GiB }), using('b', 1, { actual: 4 * GiB })];
    expect(sizes([host(11.6, ...guests)])).toEqual({ a: 4.8, b: 4.2 });
  });

  it('gives back until all have their full size', () => {
    expect(sizes([host(40, using('a', 3, { actual: 7.99 * GiB }))])).toEqual({ a: 8 });
    expect(sizes([host(40, using('a', 3))])).toEqual({});
  });

  it('does not give twice what was given and not touched yet', () => {
    // It grew by 3 GiB, of which nothing is touched: of 4 GiB beyond the line 1 is left, half of that.
    const before = using('a', 1, { actual: 2 * GiB, rss: 1.5 * GiB });
    const after = using('a', 1, { actual: 5 * GiB, rss: 1.5 * GiB });
    expect(sizes([host(13.6, before), host(13.6, after)])).toEqual({ a: 5.5 });
  });
});

describe('a short host', () => {
  it('gets what it lacks up to 1.2 reserves from free memory, from the idlest first', () => {
    // 7.68 − 6 = 1.68 GiB. a: 1 + 2.5·0.128 (a margin is 128 MiB or a tenth) = 1.3125, so 6.69 beyond, b 3.5 beyond 4.5.
    // A tenth of 8 GiB at once: a gives 0.8, b has 0.88 to give, and not more than 0.8.
    expect(sizes([host(6, using('a', 1), using('b', 3.6))])).toEqual({ a: 7.2, b: 7.2 });
    // 7.68 − 6.3 = 1.38 GiB: a alone may give 0.8 at once, b and c level: they have 3.5 and 2.5 beyond, and 0.58 is b's.
    expect(sizes([host(6.3, using('a', 1), using('b', 3.6), using('c', 4.4))])).toEqual({ a: 7.2, b: 7.42 });
  });

  it('takes free memory before page cache', () => {
    const cached = using('cached', 1, { free: 0.5 * GiB });
    expect(sizes([host(6.3, cached, using('free', 3))])).toEqual({ free: 7.2, cached: 7.42 });
  });

  it('takes less of a guest with more shares', () => {
    const guests = [using('a', 2), using('b', 2)];
    // 7.68 − 6.38 = 1.3 GiB, alike; with 2000 to 1000 all that one may give at once is the other's.
    expect(sizes([host(6.38, ...guests)])).toEqual({ a: 7.35, b: 7.35 });
    expect(sizes([host(6.38, ...guests)], { shares: { b: 2000 } })).toEqual({ a: 7.2, b: 7.5 });
  });

  it('leaves every guest a margin of 2.5 times that of the guard rails, and says what no balloon can give', () => {
    // Of 8 GiB 6 used: 6 + 2.5·0.6 = 7.5 GiB stay; a step near the floor is half of what is above 6.6 at most.
    const decisions = decide([host(6, using('a', 6))]);
    expect(targets(decisions)['a']).toBe(7.5 * GiB);
    // 0.4 GiB below the reserve; the guest can give 0.5.
    expect(decisions.skipped).toEqual([]);
    expect(reasons(decide([host(4, using('a', 6))]))['host']).toBe(
      'short by 1.90 GiB that no balloon can give: migrate a guest, or add memory',
    );
  });

  it('reckons with what the guest’s kernel took at boot', () => {
    // 0.2 GiB of its 8 are missing in its total: 7.5 + 0.2 GiB stay.
    const given = using('a', 6, { free: 1.8 * GiB, available: 1.8 * GiB, stats: { 'stat-total-memory': 7.8 * GiB } });
    expect(sizes([host(6, given)])).toEqual({ a: 7.7 });
  });

  it('goes slower near a guest’s floor', () => {
    // A quarter of 8 GiB: half of the 1 GiB above it, less than a tenth of 8.
    expect(sizes([host(6, using('a', 1, { actual: 3 * GiB }))])).toEqual({ a: 2.5 });
  });

  it('does not bother guests about less than a hundredth of their size', () => {
    const guests = [using('a', 1)];
    expect(sizes([host(6.3, ...guests), host(7.62, ...guests)])).toEqual({});
    expect(sizes([host(6.3, ...guests), host(7.58, ...guests)])).toEqual({ a: 7.9 });
  });

  it('stays short until 1.2 reserves are there', () => {
    const guests = [using('a', 1)];
    expect(sizes([host(7.5, ...guests)])).toEqual({});
    expect(sizes([host(6.3, ...guests), host(7.5, ...guests)])).toEqual({ a: 7.82 });
    expect(sizes([host(6.3, ...guests), host(7.7, ...guests), host(7.5, ...guests)])).toEqual({});
  });

  it('is foreseen', () => {
    // From 10 to 8 GiB in 10 s: 6 GiB in 10 s more, and 1.68 lack then; a may give 0.8 at once.
    const guests = [using('a', 1)];
    expect(sizes([host(10, ...guests), host(8, ...guests)])).toEqual({ a: 7.2 });
  });

  it('does not take twice what is coming', () => {
    const before = using('a', 1);
    const moving = using('a', 1, { actual: 7.5 * GiB, target: 5.5 * GiB });
    expect(sizes([host(6, before, using('b', 1)), host(6, moving, using('b', 1))])).toEqual({});
    // A balloon that stands still brings nothing.
    expect(sizes([host(6, moving, using('b', 1)), host(6, moving, using('b', 1))])).toHaveProperty('b');
  });

  it('does not ask again of a balloon that stands still, and says so', () => {
    const asked = using('a', 1, { target: 6 * GiB });
    const worlds = [host(6, asked), host(6, asked), host(6, asked)];
    expect(sizes(worlds.slice(1))).toEqual({ a: 7.2 });
    expect(sizes(worlds)).toEqual({});
    expect(reasons(decide(worlds))).toEqual({
      a: 'its balloon stands still at 8.00 GiB, though 6.00 GiB was asked for: it is not asked for more',
      host: 'short by 410 MiB that no balloon can give: migrate a guest, or add memory',
    });
    const moving = [8, 7.9, 7.8].map(actual => host(6, using('a', 1, { actual: actual * GiB, target: 6 * GiB })));
    expect(reasons(decide(moving))).toEqual({});
  });

  it('takes more where the host holds only a part of what guests leave idle', () => {
    // 0.2 GiB are wanted; of 7 GiB idle the host holds 3.5, so twice as much.
    const short = (rss: number): World[] => [6.3, 7.48].map(one => host(one, using('a', 1, { rss: rss * GiB })));
    expect(sizes(short(8))).toEqual({ a: 7.8 });
    expect(sizes(short(4.5))).toEqual({ a: 7.6 });
    // At most four times as much.
    expect(sizes(short(1.2))).toEqual({ a: 7.2 });
  });

  it('takes nothing of a guest whose idle memory the host does not hold', () => {
    expect(sizes([host(6, using('a', 1, { rss: GiB }), using('b', 1))])).toEqual({ b: 7.2 });
  });

  it('takes nothing for a while of a guest that grew, unless critical', () => {
    const grown = [using('a', 1, { actual: 4 * GiB }), using('a', 1)];
    expect(sizes(grown.map(one => host(6, one)))).toEqual({});
    expect(sizes(grown.map(one => host(3, one)))).toEqual({ a: 6 });
    expect(sizes([...grown, ...Array.from({ length: 5 }, () => using('a', 1))].map(one => host(6, one)))).toEqual({
      a: 7.2,
    });
  });
});

describe('a critical host', () => {
  it('takes a quarter of a guest at once, down to what the guard rails allow', () => {
    // Below half of its reserve. a may fall by 2 GiB, b by what it has beyond 6·1.1.
    expect(sizes([host(3, using('a', 1), using('b', 6))])).toEqual({ a: 6, b: 6.6 });
  });

  it.each(['swap_in', 'swap_out'] as const)('is one that swaps while it is short: %s', id => {
    const model = look(host(6, using('a', 1)));
    const busy = (rate: number, available: number): Model => ({
      ...model,
      host: { ...model.host, values: { ...model.host.values, mem_available_with_arc: available * GiB, [id]: rate } },
    });
    const a = (one: Model): number => (targets(kvmtop.decide([one], settings))['a'] ?? 0) / GiB;
    // 1.68 GiB are wanted.
    expect(a(busy(200 * KiB, 6))).toBeCloseTo(7.2, 2);
    expect(a(busy(300 * KiB, 6))).toBeCloseTo(6.32, 2);
    expect(a(busy(300 * KiB, 8))).toBe(0);
  });

  it('is one that stands still while it is short', () => {
    const stalled = (percent: number): World => ({
      ...host(6, using('a', 1)),
      host: {
        meminfo: { MemTotal: 64 * GiB, MemAvailable: 3.3 * GiB },
        pressure: { memory: { 'full avg10': percent } },
      },
    });
    // 7.68 − 3.3 = 4.38 GiB are wanted.
    expect(sizes([stalled(4)])).toEqual({ a: 7.2 });
    expect(sizes([stalled(6)])).toEqual({ a: 6 });
  });
});

describe('a guest in need', () => {
  it('gets half of its size at once from what the host has beyond its reserve', () => {
    expect(sizes([host(16, hungry('a', 2))])).toEqual({ a: 3 });
  });

  it('is one by the operator’s thresholds', () => {
    // 0.4 GiB of 4 GiB are available.
    const worlds = [host(16, using('a', 3.6, { actual: 4 * GiB }))];
    const thresholds = { ...settings.thresholds, guestAvailableLow: 0.2 };
    expect(sizes(worlds, { thresholds })['a']).toBeGreaterThan(sizes(worlds)['a'] ?? 0);
  });

  it('gets it from others where the host has nothing to spare', () => {
    // 2 GiB for a: the host has 1.3 beyond its reserve, and b gives the rest; of these a gets four fifths at once.
    expect(sizes([host(7.7, hungry('a', 4), using('b', 1))])).toEqual({ a: 5.6, b: 7.3 });
  });

  it('gives nothing itself, and what can’t be had is told', () => {
    const decisions = decide([host(3.8, hungry('a', 6), hungry('b', 6))]);
    expect(targets(decisions)).toEqual({});
    expect(reasons(decisions)['host']).toMatch(/^short by .* migrate/);
  });

  it('gets up to a fifth of the reserve, a little at a time, when there is nothing else; one that is well does not', () => {
    // 5.5 GiB are above 0.8·6.4 = 5.12: a hundredth of the reserve is 0.064 GiB, and a hundredth of 8, the smallest change, 0.08.
    expect(sizes([host(5.5, hungry('a', 6), hungry('b', 6.1))])).toEqual({ b: 6.18 });
    expect(sizes([host(5.15, hungry('a', 6))])).toEqual({});
    const small = hungry('a', 4);
    expect(sizes([host(5.5, { ...small, maximum: 5 * GiB })])).toEqual({ a: 4.06 });
    expect(sizes([host(5.5, using('a', 5.5, { actual: 6 * GiB }))])).toEqual({});
    const model = look(host(5.5, hungry('a', 6)));
    const swapping = { ...model, host: { ...model.host, values: { ...model.host.values, swap_out: MiB } } };
    expect(targets(kvmtop.decide([model], settings))).toHaveProperty('a');
    expect(targets(kvmtop.decide([swapping], settings))).toEqual({});
  });

  it('comes first that wants least for its shares, where there is not enough for all', () => {
    // 2 GiB beyond the reserve, and 0.08 of it. a wants half of 5 GiB, b what it lacks to its full size, 1.5.
    const guests = [hungry('a', 5), hungry('b', 6.5)];
    expect(sizes([host(8.4, ...guests)])).toEqual({ a: 5.58, b: 8 });
    // Of 2 GiB no more than 1.6 are one guest's at once.
    expect(sizes([host(8.4, ...guests)], { shares: { a: 2000 } })).toEqual({ a: 6.6, b: 6.98 });
  });

  it('gets nothing twice: what others were given and have not touched yet will be missed', () => {
    const grown = [2, 4].map(actual => using('b', 1, { actual: actual * GiB, rss: GiB }));
    const worlds = grown.map(one => host(9.4, hungry('a', 4), one));
    // 3 GiB beyond the reserve, of which b will take 2; four fifths of 1.
    expect(sizes(worlds)).toEqual({ a: 4.8 });
    expect(sizes(worlds.slice(1))).toEqual({ a: 6 });
  });

  it('is none that has not touched what it has, whatever it says', () => {
    // It says that it swaps and has nothing available, and 5 of its 6 GiB were never touched.
    expect(sizes([host(9, { ...hungry('a', 6), rss: GiB })])).toEqual({});
    expect(sizes([host(9, { ...hungry('a', 6), rss: 5.9 * GiB })])).toHaveProperty('a');
    // Of shared memory the host does not tell what is in swap.
    const shared = { ...hungry('a', 6), rss: GiB, change: { launch: { size: 8 * GiB, backend: 'shared' as const } } };
    expect(sizes([host(9, shared)])).toHaveProperty('a');
  });

  it('never gets all that there is at once, whatever it claims', () => {
    const claims = fc.record({
      used: fc.double({ min: 0, max: 400, noNaN: true }),
      before: fc.double({ min: 0, max: 400, noNaN: true }),
      free: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(claims, fc.integer({ min: 7, max: 20 }), ({ used, before, free }, available) => {
        const liar = (claimed: number): Given => ({
          name: 'liar',
          maximum: 400 * GiB,
          actual: 100 * GiB,
          free: free * GiB,
          stats: {
            'stat-total-memory': (claimed + free) * GiB,
            'stat-available-memory': free * GiB,
            'stat-swap-in': 900 * GiB,
          },
          earlier: { 'stat-swap-in': 0 },
        });
        const target = sizes([host(available, liar(before)), host(available, liar(used))])['liar'] ?? 100;
        expect(target - 100).toBeLessThanOrEqual(Math.max(4, 0.8 * (available - 6.4)) + 0.01);
      }),
    );
  });

  it('is no guest that only reads files', () => {
    const reading = using('a', 2, {
      actual: 4 * GiB,
      stats: { 'stat-major-faults': 5000 },
      earlier: { 'stat-major-faults': 0 },
    });
    expect(sizes([host(8, reading)])).toEqual({});
  });

  it('gets more before it swaps, as what it uses grows', () => {
    // From 2 to 3 GiB in 10 s: 4 soon, and 1.5 margins of 0.3 (a tenth of 3): 4.45.
    const before = using('a', 2, { actual: 4 * GiB });
    const after = using('a', 3, { actual: 4 * GiB });
    expect(sizes([host(9, before), host(9, after)])).toEqual({ a: 4.45 });
  });

  it('waits with small wants where it has just been shrunk', () => {
    // 4.5 + 1.5 margins of 0.45 are 5.175 GiB.
    const now = using('a', 4.5, { actual: 5 * GiB });
    expect(sizes([host(8, now)])).toEqual({ a: 5.17 });
    expect(sizes([host(8, using('a', 4.5, { actual: 6 * GiB })), host(8, now)])).toEqual({});
  });

  it('gets memory though it has just been shrunk; a well one waits', () => {
    const shrunk = (last: Given): World[] => [host(20, using('a', 3)), host(20, last)];
    expect(sizes(shrunk(hungry('a', 4)))).toHaveProperty('a');
    expect(sizes(shrunk(using('a', 3, { actual: 6 * GiB })))).toEqual({});
  });
});

it('gives out all that is wanted or there, to those in need first, and leaves at most one with a part', () => {
  const wish = fc.record({ inNeed: fc.boolean(), wants: fc.nat(1000), shares: fc.integer({ min: 1, max: 5000 }) });
  fc.assert(
    fc.property(fc.array(wish), fc.nat(5000), (wishes, amount) => {
      const needs = wishes.map(({ shares, ...wish }) => ({ ...wish, one: { shares } }) as Need);
      const given = grant(
        needs,
        needs.map(() => 7),
        amount,
      ).map(size => size - 7);
      expect(sum(given)).toBe(Math.min(amount, sum(wishes.map(({ wants }) => wants))));
      const missing = wishes.map(({ wants }, index) => wants - (given[index] as number));
      expect(missing.every((bytes, index) => bytes >= 0 && (given[index] as number) >= 0)).toBe(true);
      expect(missing.filter((bytes, index) => bytes > 0 && (given[index] as number) > 0).length).toBeLessThanOrEqual(1);
      if (wishes.some(({ inNeed }, index) => inNeed && (missing[index] as number) > 0))
        expect(wishes.every(({ inNeed }, index) => inNeed || given[index] === 0)).toBe(true);
    }),
  );
});

describe('KSM', () => {
  const ksm = (run: number, more: Readonly<Record<string, number>> = {}) => ({ run, pages_to_scan: 100, ...more });
  const requests = (worlds: readonly World[]): string[] =>
    decide(worlds).decisions.flatMap(({ request }) =>
      request.action === 'balloon' ? [] : [[request.action, ...request.words].join(' ')],
    );
  const vain = { full_scans: 5, general_profit: -MiB };

  it('runs below two reserves, fast', () => {
    expect(requests([{ ...host(6), ksm: ksm(0) }])).toEqual(['ksm run']);
    expect(requests([{ ...host(6), ksm: ksm(1) }])).toEqual(['ksm-set pages_to_scan 1250']);
    expect(requests([{ ...host(6), ksm: ksm(1, { pages_to_scan: 1000 }) }])).toEqual([]);
    expect(requests([{ ...host(12.7), ksm: ksm(0) }])).toEqual(['ksm run']);
    expect(requests([{ ...host(12.9), ksm: ksm(0) }])).toEqual([]);
  });

  it('not where it earns nothing, unless all is lost', () => {
    expect(requests([{ ...host(6), ksm: ksm(0, vain) }])).toEqual([]);
    expect(requests([{ ...host(3), ksm: ksm(0, vain) }])).toEqual(['ksm run']);
    expect(requests([{ ...host(9), ksm: ksm(1, vain) }])).toEqual(['ksm stop']);
    expect(requests([{ ...host(7), ksm: ksm(1, vain) }])).toEqual([]);
    expect(requests([{ ...host(13), ksm: ksm(1, { full_scans: 1, general_profit: -MiB }) }])).toEqual([]);
  });

  it('is not judged by scans from before these guests', () => {
    // a offers 8 GiB to it.
    const seen = (bytes: number) => ({ ...vain, pages_unshared: bytes / 4096, pages_volatile: 0 });
    expect(requests([{ ...host(9, using('a', 6)), ksm: ksm(1, seen(3.9 * GiB)) }])).toEqual([
      'ksm-set pages_to_scan 1250',
    ]);
    expect(requests([{ ...host(9, using('a', 6)), ksm: ksm(1, seen(4.1 * GiB)) }])).toEqual(['ksm stop']);
    expect(requests([{ ...host(6, using('a', 6)), ksm: ksm(0, seen(GiB)) }])).toEqual(['ksm run']);
  });

  it('slows down when there has been plenty for a while', () => {
    const fast = ksm(1, { pages_to_scan: 1250 });
    expect(requests([{ ...host(15.4), ksm: fast }])).toEqual(['ksm-set pages_to_scan 100']);
    expect(
      requests([
        { ...host(15.3), ksm: fast },
        { ...host(15.4), ksm: fast },
      ]),
    ).toEqual([]);
  });

  it('stays off where somebody unmerged all', () => {
    expect(requests([{ ...host(3), ksm: ksm(2) }])).toEqual([]);
  });
});

it('never moves a well guest up and down again within 45 s, whatever the host does', () => {
  // Not critical: above 3.2 GiB.
  const story = fc.array(fc.double({ min: 3.5, max: 20, noNaN: true }), { minLength: 3, maxLength: 12 });
  fc.assert(
    fc.property(story, fc.integer({ min: 1, max: 6 }), (available, used) => {
      const models: Model[] = [];
      const turns: number[] = [];
      let actual = 8 * GiB;
      let last: { readonly way: number; readonly at: number } | undefined;
      for (const [index, one] of available.entries()) {
        models.push(look(host(one, using('a', used, { actual })), 10 * index));
        const target = targets(kvmtop.decide(models, settings))['a'] ?? actual;
        const way = Math.sign(target - actual);
        if (way === 0) continue;
        if (last !== undefined && last.way !== way) turns.push(10 * index - last.at);
        last = { way, at: 10 * index };
        actual = target;
      }
      expect(turns.filter(seconds => seconds <= 45)).toEqual([]);
    }),
    {
      examples: [
        // It grew by the smallest change, less what is no whole page;
        [[3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 9.760000000000002, 3.5], 4],
        // by less, to all that it can have.
        [[3.5, 3.5, 3.5, 3.5, 3.5, 10.440126037597658, 3.5, 3.5, 3.5, 9.759873962402345, 3.5], 6],
      ],
    },
  );
});

describe('against others, simulated', () => {
  it('leaves a guest with a forgotten balloon no time to thrash', async () => {
    const scenario = scenarios.get('forgotten-balloon')!;
    const { figures } = await simulate(scenario, kvmtop, settings);
    expect(figures.guestSwapped).toBe(0);
    expect(figures.reversals).toBe(0);
    expect(figures.refused).toBe(0);
  });
});
