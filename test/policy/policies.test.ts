import fc from 'fast-check';
import { expect, it } from 'vitest';
import { actions } from '../../src/actions/actions.ts';
import { policies, policyOf } from '../../src/policy/policies.ts';
import { GiB, MiB } from '../../src/units.ts';
import { type Given, look, reasons, settings, targets } from './policies/world.ts';

it('finds the policies by id, each once', () => {
  expect(policies.map(({ id }) => id)).toEqual(['kvmtop', 'mom', 'proxmox', 'ksmtuned']);
  expect(policyOf('mom')?.title).toBe('oVirt MOM');
  expect(policyOf('constructor')).toBeUndefined();
});

/** Guests of all kinds, on a host that may be in any state. */
const anyGuest = fc
  .record({
    maximum: fc.integer({ min: 64, max: 16_384 }).map(size => size * MiB),
    share: fc.double({ min: 0.1, max: 1, noNaN: true }),
    free: fc.double({ min: 0, max: 1, noNaN: true }),
    cache: fc.double({ min: 0, max: 1, noNaN: true }),
    age: fc.constantFrom(0, 1, 5, 60),
  })
  .map(({ maximum, share, free, cache, age }): Given => {
    const actual = Math.floor((maximum * share) / 4096) * 4096;
    return {
      maximum,
      actual,
      free: Math.floor(actual * free),
      available: Math.floor(actual * (free + (1 - free) * cache)),
      age,
    };
  });

const anyWorld = fc.record({
  available: fc.double({ min: 0, max: 1, noNaN: true }).map(share => Math.floor(16 * GiB * share)),
  guests: fc
    .array(anyGuest, { maxLength: 8 })
    .map(guests => guests.map((one, index) => ({ ...one, name: `guest-${index}` }))),
});

for (const policy of policies) {
  it(`${policy.id}: decides what the guard rails allow, never below a floor, never above a maximum, never on stale numbers`, () => {
    fc.assert(
      fc.property(fc.array(anyWorld, { minLength: 1, maxLength: 3 }), worlds => {
        const models = worlds.map((world, index) => look(world, 5 * index));
        const model = models.at(-1)!;
        const decisions = policy.decide(models, settings);
        for (const { request, guest, why } of decisions.decisions) {
          expect(why).not.toMatch(/NaN|undefined/);
          const action = actions.get(request.action)!;
          const plan = action.plan(model, action.parse(model, request.words), request, settings.limits);
          expect(plan.refusal).toBeUndefined();
          const one = model.guests.find(({ id }) => id === guest);
          if (!one) continue;
          const target = Number.parseInt(request.words[1] ?? '', 10);
          expect(target).toBeLessThanOrEqual(one.sample.launch.size ?? 0);
          expect(one.values.stats_age).toBeLessThanOrEqual(10);
          const from = one.values.balloon_actual ?? 0;
          if (target < from) expect(target).toBeGreaterThanOrEqual(0.25 * (one.sample.launch.size ?? 0));
        }
      }),
    );
  });

  it(`${policy.id}: does nothing without the host’s numbers, and says so`, () => {
    const blind = { ...look({ guests: [{}] }), host: { values: {}, totals: {} } };
    const decisions = policy.decide([blind], settings);
    expect(targets(decisions)).toEqual({});
    expect(decisions.decisions).toEqual([]);
    expect(reasons(decisions)['host']).toMatch(/unknown: nothing is decided/);
  });

  it(`${policy.id}: moves nobody twice, and leaves alone whom it must`, () => {
    fc.assert(
      fc.property(anyWorld, world => {
        const model = look(world);
        const pinned = new Map(model.guests.slice(0, 1).map(({ id }) => [id, 'changed by hand']));
        const decisions = policy.decide([model], { ...settings, pinned, shares: { 'guest-1': 0 } });
        const moved = decisions.decisions.flatMap(({ guest }) => guest ?? []);
        expect(new Set(moved).size).toBe(moved.length);
        expect(moved).not.toContain('100.5000');
        expect(moved).not.toContain('101.5000');
      }),
    );
  });
}
