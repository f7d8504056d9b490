import { describe, expect, it } from 'vitest';
import { headlineOf } from '../../src/recording/headline.ts';
import { createMemoryTape } from '../../src/recording/memory-tape.ts';
import { type GuestTape, RecordingError } from '../../src/recording/tape.ts';
import { followGuest } from '../../src/store/follow-guest.ts';
import { pointOf } from '../../src/store/guest-history.ts';
import type { State } from '../../src/store/store.ts';
import { demoModels, openStage } from '../ui/stage.tsx';
import { until } from '../until.ts';

const models = await demoModels(90);
const idOf = (name: string): string => models[0]!.guests.find(guest => guest.name === name)!.id;
const [web, legacy] = [idOf('web-1'), idOf('legacy-erp')];
const expected = (guest: string, from: number, to: number) =>
  models.slice(from - 1, to).map(({ sample }, index) => pointOf(from + index, sample, guest));

/** The models on a tape that counts what is read of it, and can't read `broken`. */
const open = (change: Partial<State> = {}, broken: readonly number[] = []) => {
  const memory = createMemoryTape({ seconds: 3600, bytes: 2 ** 26 });
  for (const model of models) memory.append(model.sample, headlineOf(model));
  let reads = 0;
  const tape: GuestTape = Object.create(memory, {
    sampleOf: {
      value: (id: number, guest: string) => {
        reads += 1;
        if (broken.includes(id)) throw new RecordingError('broken');
        return memory.sampleOf(id, guest);
      },
    },
  });
  const { store } = openStage(models, { selected: web, ...change });
  const follower = followGuest(store, tape);
  const history = () => store.getState().guestHistory;
  const whole = (points = 90) =>
    until('the whole history', 10_000, () => history()?.points.length === points && history()?.unread === 90 - points);
  return { memory, store, follower, history, whole, reads: () => reads };
};

describe('the history of a guest', () => {
  it('is read where its detail is open, all that is kept', async () => {
    const { history, whole } = open({ detail: { scroll: 0 } });
    await whole();
    expect(history()).toMatchObject({ guest: web, unread: 0, kept: 89, outcomes: [] });
    expect(history()?.points).toEqual(expected(web, 1, 90));
  });

  it('is not read while none is open, and forgotten when it is closed', async () => {
    const { store, follower, history, whole, reads } = open();
    follower.refresh();
    store.setState({ selected: legacy });
    store.setState({ detail: { scroll: 0 } });
    await whole();
    const read = reads();
    expect(read).toBe(90);
    store.setState({ detail: undefined });
    expect(history()).toBeUndefined();
    follower.refresh();
    store.setState({ selected: web });
    expect(reads()).toBe(read);
  });

  it('begins with the first look where the detail was opened before there was one', async () => {
    const memory = createMemoryTape({ seconds: 3600, bytes: 2 ** 26 });
    const { store } = openStage(models, { selected: web, detail: { scroll: 0 } });
    const follower = followGuest(store, memory);
    memory.append(models[0]!.sample, headlineOf(models[0]!));
    follower.refresh();
    await until('the first look', 10_000, () => store.getState().guestHistory?.points.length === 1);
  });

  it('grows by each look, and reads no look twice', async () => {
    const { memory, store, follower, history, whole, reads } = open({ detail: { scroll: 0 } });
    await whole();
    const next = { ...models[89]!.sample, time: models[89]!.time + 1, monotonic: models[89]!.sample.monotonic + 1 };
    memory.append(next, { time: next.time });
    follower.refresh();
    await until('the new look', 10_000, () => history()?.points.length === 91);
    expect(history()?.points.at(-1)).toEqual(pointOf(91, next, web));
    expect(reads()).toBe(91);
    store.setState({ zoom: 60 });
    await until('less', 10_000, () => history()?.points.length === 61);
    expect(reads()).toBe(91);
  });

  it('ends at the moment that is shown', async () => {
    const { store, history, whole } = open({ detail: { scroll: 0 } });
    await whole();
    store.setState({ at: 30 });
    await until('what was until then', 10_000, () => history()?.points.length === 30);
    expect(history()).toMatchObject({ unread: 0, kept: 29 });
    expect(history()?.points).toEqual(expected(web, 1, 30));
  });

  it('is that of another guest when another is selected', async () => {
    const { store, history, whole } = open({ detail: { scroll: 0 } });
    await whole();
    store.setState({ selected: legacy });
    await until('the other’s', 10_000, () => history()?.guest === legacy && history()?.points.length === 90);
    expect(history()?.points).toEqual(expected(legacy, 1, 90));
  });

  it('lacks what is damaged, and tells how much', async () => {
    const { history, whole } = open({ detail: { scroll: 0 } }, [40, 41]);
    await whole(88);
    expect(history()?.points.map(({ id }) => id)).not.toContain(40);
  });

  it('tells what came of changes in it until then', async () => {
    const { memory, store, history } = open();
    const outcome = (second: number, subject: string) =>
      memory.note({ time: models[second]!.time, kind: 'outcome', subject, text: `${subject}: arrived` });
    for (const [second, subject] of [
      [10, 'web-1'],
      [20, 'web-2'],
      [80, 'web-1'],
    ] as const)
      outcome(second, subject);
    store.setState({ detail: { scroll: 0 }, at: 50 });
    await until('its history', 10_000, () => history() !== undefined);
    expect(history()?.outcomes.map(({ time }) => time - models[0]!.time)).toEqual([10]);
  });
});

it('of a long time a few looks are read first', async () => {
  const memory = createMemoryTape({ seconds: 1e6, bytes: 2 ** 28 });
  for (let look = 0; look < 400; look++) {
    const sample = { ...models[0]!.sample, time: models[0]!.time + look, monotonic: look };
    memory.append(sample, { time: sample.time });
  }
  const order: number[] = [];
  const tape: GuestTape = Object.create(memory, {
    sampleOf: {
      value: (id: number, guest: string) => {
        order.push(id);
        return memory.sampleOf(id, guest);
      },
    },
  });
  const { store } = openStage(models, { selected: web, detail: { scroll: 0 } });
  followGuest(store, tape);
  await until('all', 20_000, () => store.getState().guestHistory?.unread === 0);
  expect(order.slice(0, 6)).toEqual([385, 257, 129, 1, 386, 387]);
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
});

it('of a very long time only a few looks are read', async () => {
  const last = 5000;
  const order: number[] = [];
  const [{ sample } = models[0]!] = models;
  const tape = {
    first: 1,
    last,
    find: (time: number) => Math.max(1, time - sample.time),
    headlines: (from: number) => [{ time: sample.time + from }],
    starts: () => Array.from({ length: 500 }, (_, index) => 1 + 10 * index),
    events: () => [],
    sampleOf: (id: number) => {
      order.push(id);
      return { ...sample, time: sample.time + id };
    },
  } as unknown as GuestTape;
  const { store } = openStage(models, { selected: web, detail: { scroll: 0 }, zoom: 86_400 });
  followGuest(store, tape);
  await until('some', 20_000, () => store.getState().guestHistory?.points.length === 250);
  expect(order.slice(0, 2)).toEqual([4991, 4971]);
  expect(store.getState().guestHistory?.unread).toBe(last - 250);
});
