import { expect, it } from 'vitest';
import { headlineOf } from '../../src/recording/headline.ts';
import { createMemoryTape } from '../../src/recording/memory-tape.ts';
import { createTraveller } from '../../src/store/travel.ts';
import { demoModels, openStage } from '../ui/stage.tsx';
import { until } from '../until.ts';

const models = await demoModels(120);
/** A replay that holds up its screen for no longer than so many milliseconds to look back. */
const open = (patience: number) => {
  const { store } = openStage([], {}, { source: 'recording', readOnly: true });
  // Of a tape that was looked back on, the advisor remembers where it was.
  const tape = createMemoryTape({ seconds: 3600, bytes: 2 ** 26 });
  for (const model of models) tape.append(model.sample, headlineOf(model));
  const traveller = createTraveller(store, tape, false, patience);
  const found = () => store.getState().advice.findings.map(({ id, subject }) => `${id} ${subject}`);
  return { store, traveller, found };
};

const foundAt = (second: number): readonly string[] => {
  const { traveller, found } = open(Number.POSITIVE_INFINITY);
  traveller.go({ kind: 'samples', by: second - 120 });
  return found();
};

it('shows a moment at once, and what the advisor found then once it has looked back', async () => {
  const expected = foundAt(100);
  expect(expected.length).toBeGreaterThan(2);
  const { store, traveller, found } = open(0);
  traveller.go({ kind: 'samples', by: -20 });
  expect(store.getState().model?.time).toBe(models[99]!.time);
  expect(store.getState().advice.window).toEqual([]);
  await until('the advice', 10_000, () => found().length > 0);
  expect(found()).toEqual(expected);
});

it('shows no advice of a moment that the screen has left', async () => {
  const { store, traveller, found } = open(0);
  const seen = new Set<string>();
  store.subscribe(({ model }) => seen.add(`${model?.time} ${found().length > 0}`));
  traveller.go({ kind: 'samples', by: -20 });
  traveller.go({ kind: 'first' });
  traveller.go({ kind: 'last' });
  await until('the advice', 10_000, () => found().length > 0);
  expect(found()).toEqual(foundAt(120));
  expect([...seen]).toEqual([
    `${models[99]!.time} false`,
    `${models[0]!.time} false`,
    `${models[119]!.time} false`,
    `${models[119]!.time} true`,
  ]);
});
