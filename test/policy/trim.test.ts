import { expect, test } from 'vitest';
import type { GuestFieldId } from '../../src/fields/guest.ts';
import { derive, type Model } from '../../src/model.ts';
import { startPilot, steer } from '../../src/policy/pilot.ts';
import { policies } from '../../src/policy/policies.ts';
import { trimModel } from '../../src/policy/trim.ts';
import type { Sample } from '../../src/sample.ts';
import { controlOf } from '../../src/simulator/control.ts';
import { sampleOf } from '../../src/simulator/sample.ts';
import { scenarios } from '../../src/simulator/scenarios.ts';
import { World } from '../../src/simulator/world.ts';
import { GiB } from '../../src/units.ts';
import { guestOf, look, settings } from './policies/world.ts';

/** Looks at a scenario, two seconds apart, in which one balloon is moved back and forth. */
const looks = async (id: string, seconds: number): Promise<readonly Model[]> => {
  const world = new World(scenarios.get(id)!);
  const models: Model[] = [];
  let previous: Sample | undefined;
  while (world.time < seconds) {
    world.step();
    if (world.time % 2 > 0) continue;
    const sample = sampleOf(world);
    const [first] = sample.guests;
    const target = { 0: 3 * GiB, 40: 8 * GiB }[world.time % 90];
    if (target !== undefined && first) {
      await controlOf(world).execute(first.id, 'balloon', { value: target });
      controlOf(world).noteTarget(first.id, target);
    }
    models.push(derive(previous, sample));
    previous = sample;
  }
  return models;
};

/** The same Model, that notes whatever is read of its guests' values. */
const watched = (model: Model, read: Set<string>): Model => ({
  ...model,
  guests: model.guests.map(guest => ({
    ...guest,
    values: new Proxy(guest.values, {
      get(values, id, receiver) {
        if (typeof id === 'string') read.add(id);
        return Reflect.get(values, id, receiver);
      },
    }),
  })),
});

test.each(policies)('a pilot keeps all that $id looks back at', async policy => {
  const models = await looks('noisy-batch', 400);
  const read = new Set<string>();
  let pilot = startPilot({ ...policy, decide: () => ({ decisions: [], skipped: [] }) });
  for (const [index, model] of models.entries()) {
    pilot = steer(pilot, model, settings).pilot;
    const before = models.slice(Math.max(0, index + 1 - policy.window), index);
    policy.decide([...before.map(one => watched(one, read)), model], settings);
  }
  const kept = pilot.seen.slice(0, -1);
  expect(kept).toHaveLength(policy.window - 1);
  for (const { time, guests } of kept) {
    const whole = models.find(model => model.time === time);
    for (const [index, { values }] of guests.entries())
      for (const id of read as Set<GuestFieldId>)
        expect([id, values[id]]).toEqual([id, whole?.guests[index]?.values[id]]);
  }
  if (policy.id === 'kvmtop') expect([...read]).toEqual(expect.arrayContaining(['balloon_target', 'rss_anon', 'swap']));
});

test('a trimmed Model has the guests’ names, the host’s values, and what is kept of each guest', () => {
  const model = look({ guests: [{ name: 'db', actual: 2 ** 30 }] });
  const small = trimModel(model, ({ values }) => ({ values, totals: {} }));
  expect(small.host).toBe(model.host);
  expect(small.guests.map(({ id, name, values }) => [id, name, values.balloon_actual])).toEqual([
    [guestOf().id, 'db', 2 ** 30],
  ]);
  expect(JSON.stringify(small.sample).length).toBeLessThan(120);
  expect(small.guests[0]?.sample.process).toEqual({});
});
