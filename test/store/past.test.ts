import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/actions/action.ts';
import type { JournalEntry } from '../../src/actions/gate/journal.ts';
import type { Model } from '../../src/model.ts';
import { headlineOf } from '../../src/recording/headline.ts';
import { createMemoryTape } from '../../src/recording/memory-tape.ts';
import { currentPlan, withPerformed } from '../../src/store/changes.ts';
import type { State } from '../../src/store/store.ts';
import { createTraveller } from '../../src/store/travel.ts';
import { GiB } from '../../src/units.ts';
import { demoModels, openStage } from '../ui/stage.tsx';

const [early, late] = (await demoModels(2)) as [Model, Model];
const web = late.guests.find(({ name }) => name === 'web-1')!;

/** The guest had another size when the screen looks back to. */
const past: Model = {
  ...early,
  guests: early.guests.map(guest =>
    guest.id === web.id ? { ...guest, values: { ...guest.values, balloon_actual: 2 * GiB } } : guest,
  ),
};
const request = { action: 'balloon', words: [web.id, '3G'] };
const fromOf = (plan: Plan | undefined): unknown =>
  plan?.follow?.[0] && 'from' in plan.follow[0] && plan.follow[0].from;

const lookBack = () => {
  const tape = createMemoryTape({ seconds: 3600, bytes: 2 ** 26 });
  const { store } = openStage([past, late]);
  for (const model of [past, late]) tape.append(model.sample, headlineOf(model));
  const traveller = createTraveller(store, tape, true);
  traveller.go({ kind: 'first' });
  return { store, traveller };
};

describe('a plan', () => {
  it('is not made while the screen looks back, and is on the newest numbers once it shows them', () => {
    const { store, traveller } = lookBack();
    expect(store.getState()).toMatchObject({ at: 1, model: { time: past.time }, now: { model: { time: late.time } } });
    expect(currentPlan(store.getState(), request)).toBeUndefined();
    traveller.go({ kind: 'last' });
    expect(fromOf(currentPlan(store.getState(), request))).toBe(web.values.balloon_actual);
  });

  it('is never on the numbers that are shown, but on the newest', () => {
    const { store } = openStage([past, late], {});
    const shown: State = { ...store.getState(), model: past };
    expect(fromOf(currentPlan(shown, request))).toBe(web.values.balloon_actual);
  });

  it('is not made before the first look', () => {
    expect(currentPlan(openStage([]).store.getState(), request)).toBeUndefined();
  });
});

describe('what was done', () => {
  const plan = currentPlan(openStage([early, late]).store.getState(), request)!;
  const at = (time: number): JournalEntry => ({
    time: new Date(time * 1000).toISOString(),
    user: 'ops',
    by: 'key',
    request,
    summary: plan.summary,
    steps: plan.steps,
    forced: false,
    outcome: 'done',
  });

  it('counts from when it was done, which may be after the newest look', () => {
    const state = openStage([early, late]).store.getState();
    expect(withPerformed(state, plan, at(late.time + 7), false).following).toMatchObject([{ since: late.time + 7 }]);
  });

  it('counts from a look that came before its end was told', () => {
    const state = openStage([early, late]).store.getState();
    expect(withPerformed(state, plan, at(late.time - 7), false).following).toMatchObject([{ since: late.time }]);
  });

  it('is told by the clock of now when the screen has gone back meanwhile', () => {
    const { store } = lookBack();
    const { following, message } = withPerformed(store.getState(), plan, at(late.time - 7), false);
    expect(following).toMatchObject([{ since: late.time }]);
    expect(message).toMatchObject({ time: late.time });
  });
});
