import { expect, test } from 'vitest';
import { derive, type Model } from '../../src/model.ts';
import { outline } from '../../src/policy/outline.ts';
import { startPilot, steer } from '../../src/policy/pilot.ts';
import { policies } from '../../src/policy/policies.ts';
import type { Decisions, Policy } from '../../src/policy/policy.ts';
import type { Sample } from '../../src/sample.ts';
import { scenarios } from '../../src/simulator/scenarios.ts';
import { World } from '../../src/simulator/world.ts';
import { guestOf, look, settings } from './policies/world.ts';

/** Looks at a scenario, two seconds apart, with guests that swap and one balloon that was moved. */
const looks = async (id: string, seconds: number): Promise<readonly Model[]> => {
  const world = new World(scenarios.get(id)!);
  const models: Model[] = [];
  let previous: Sample | undefined;
  while (world.time < seconds) {
    world.step();
    if (world.time % 2 > 0) continue;
    const sample = world.look();
    const [first] = sample.guests;
    if (world.time % 90 === 0 && first) await world.control.execute(first.id, 'balloon', { value: 3 * 2 ** 30 });
    if (world.time % 90 === 40 && first) await world.control.execute(first.id, 'balloon', { value: 12 * 2 ** 30 });
    models.push(derive(previous, sample));
    previous = sample;
  }
  return models;
};

test.each(policies)('$id decides on what a pilot keeps as it would on whole Models', async policy => {
  const models = await looks('noisy-batch', 800);
  const kept: Decisions[] = [];
  const whole: Decisions[] = [];
  let seen = 0;
  const both: Policy = {
    ...policy,
    decide(window, given) {
      kept.push(policy.decide(window, given));
      whole.push(policy.decide(models.slice(Math.max(0, seen - window.length), seen), given));
      return { decisions: [], skipped: [] };
    },
  };
  let pilot = startPilot(both);
  for (const model of models) {
    seen += 1;
    pilot = steer(pilot, model, settings).pilot;
  }
  expect(kept).toEqual(whole);
  expect(kept.flatMap(({ decisions }) => decisions).length).toBeGreaterThan(5);
});

test('an outline has the guests’ names, the host’s values, and what is kept of each guest', () => {
  const model = look({ guests: [{ name: 'db', actual: 2 ** 30 }] });
  const small = outline(model, ({ values }) => ({ values, totals: {} }));
  expect(small.host).toBe(model.host);
  expect(small.guests.map(({ id, name, values }) => [id, name, values.balloon_actual])).toEqual([
    [guestOf().id, 'db', 2 ** 30],
  ]);
  expect(JSON.stringify(small.sample).length).toBeLessThan(120);
  expect(small.guests[0]?.sample.process).toEqual({});
});
