import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startFollowing } from '../../src/actions/follow.ts';
import { derive, type Model } from '../../src/model.ts';
import { defaultThresholds } from '../../src/policy/thresholds.ts';
import { Encoder } from '../../src/recording/encoder.ts';
import { headlineOf } from '../../src/recording/headline.ts';
import { createMemoryTape, type MemoryTape } from '../../src/recording/memory-tape.ts';
import { openRecording } from '../../src/recording/read.ts';
import type { Tape } from '../../src/recording/tape.ts';
import { openWriter } from '../../src/recording/write.ts';
import type { Sample } from '../../src/sample.ts';
import { outcomesOf } from '../../src/store/changes.ts';
import { emptyHistory, graphed, historyOf, remember } from '../../src/store/data.ts';
import { withModel } from '../../src/store/moments.ts';
import { destinationId, momentOf, partAt, timelineOf, timelineParts } from '../../src/store/time.ts';
import { createTraveller } from '../../src/store/travel.ts';
import { demoModels, openStage } from '../ui/stage.tsx';

const start = 1_800_000_000;
const defaults = { delay: 1, thresholds: defaultThresholds, only: [] };

/** A tape of these Models' samples. */
const tapeOf = (models: readonly Model[]): MemoryTape => {
  const tape = createMemoryTape({ seconds: 3600, bytes: 2 ** 26 });
  for (const model of models) tape.append(model.sample, headlineOf(model));
  return tape;
};

/** The Models as they would be had these seconds passed unseen. */
const without = (models: readonly Model[], from: number, to: number): readonly Model[] => {
  let previous: Sample | undefined;
  return models
    .filter((_, second) => second < from || second >= to)
    .map(({ sample }) => {
      const model = derive(previous, sample);
      previous = sample;
      return model;
    });
};

const models = await demoModels(90);
const tape = tapeOf(models);

/** The same tape, which does not tell the worst by itself. */
const asTape = (tape: Tape): Tape => ({
  first: tape.first,
  last: tape.last,
  sample: id => tape.sample(id),
  before: id => tape.before(id),
  find: time => tape.find(time),
  headlines: (from, to) => tape.headlines(from, to),
  events: (from, to) => tape.events(from, to),
});

describe('going to a moment', () => {
  it('steps by samples, and not past the ends', () => {
    expect(destinationId(tape, 10, { kind: 'samples', by: -1 })).toBe(9);
    expect(destinationId(tape, 1, { kind: 'samples', by: -1 })).toBe(1);
    expect(destinationId(tape, 90, { kind: 'samples', by: 5 })).toBe(90);
    expect(destinationId(tape, 10, { kind: 'first' })).toBe(1);
    expect(destinationId(tape, 10, { kind: 'last' })).toBe(90);
  });

  it('goes by a minute, and to a time', () => {
    expect(destinationId(tape, 80, { kind: 'seconds', by: -60 })).toBe(20);
    expect(destinationId(tape, 80, { kind: 'seconds', by: 60 })).toBe(90);
    expect(destinationId(tape, 80, { kind: 'time', time: start + 5.5 })).toBe(6);
    expect(destinationId(tape, 80, { kind: 'time', time: 0 })).toBe(1);
    // What the header showed as this second was taken within it.
    const late = tapeOf(
      models.map(model => ({ ...model, sample: { ...model.sample, time: model.time + 0.7 }, time: model.time + 0.7 })),
    );
    expect(destinationId(late, 80, { kind: 'time', time: start + 5 })).toBe(6);
    expect(destinationId(late, 80, { kind: 'time', time: start + 5.5 })).toBe(5);
    expect(destinationId(late, 80, { kind: 'time', time: start + 500 })).toBe(90);
  });

  it('gets over a gap that is longer than the move', () => {
    const gapped = tapeOf(without(models, 5, 85));
    expect(destinationId(gapped, 5, { kind: 'seconds', by: 60 })).toBe(6);
    expect(destinationId(gapped, 6, { kind: 'seconds', by: -60 })).toBe(5);
  });

  it('finds what was done next, and what before', () => {
    const told = tapeOf(models);
    for (const second of [20.5, 40])
      told.note({ time: start + second, kind: 'action', subject: 'host', text: `done at ${second}` });
    told.note({ time: start + 30, kind: 'finding', subject: 'host', text: 'found', data: {} });
    told.note({ time: start + 35, kind: 'finding', subject: 'host', text: 'over: found' });
    const to = (id: number, kind: 'action' | 'finding', by: 1 | -1): number =>
      destinationId(told, id, { kind: 'event', of: [kind], by });
    // Second 20.5 shows on the sample of second 21, which is the 22nd.
    expect(to(1, 'action', 1)).toBe(22);
    expect(to(22, 'action', 1)).toBe(41);
    expect(to(41, 'action', 1)).toBe(41);
    expect(to(41, 'action', -1)).toBe(22);
    expect(to(22, 'action', -1)).toBe(22);
    expect(to(1, 'finding', 1)).toBe(31);
    expect(to(31, 'finding', 1)).toBe(31);
  });
});

describe('what a moment showed', () => {
  it('is what the live screen had then', () => {
    const { store } = openStage(models.slice(0, 60));
    const live = store.getState().now;
    const moment = momentOf(tape, 60, 'vmstat', defaults);
    expect(moment.model).toEqual(live.model);
    expect(moment.history).toEqual(live.history);
    expect(moment.activity).toEqual(live.activity);
  });

  it('has rates over a gap, and draws the gap as long as it was', () => {
    const kept = without(models, 30, 60);
    const gapped = tapeOf(kept);
    const { model, history } = momentOf(gapped, gapped.last, 'overview', defaults);
    expect(model?.interval).toBeCloseTo(1);
    const values = history.mem_used;
    expect(values).toHaveLength(90);
    expect(values.slice(30, 60)).toEqual(Array.from({ length: 30 }, () => undefined));
    expect(values[29]).toBeGreaterThan(0);
    expect(values[60]).toBeGreaterThan(0);
    expect(momentOf(gapped, 31, 'overview', defaults).model?.interval).toBeCloseTo(31);
    expect(kept.reduce((history, model) => remember(history, model, 1), emptyHistory)).toEqual(history);
  });

  it('draws the same from headlines as look by look, whatever was missed', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 40 }), waits => {
        let time = start;
        let history = emptyHistory;
        const headlines = waits.map((wait, index) => {
          time += 1 + wait;
          const model = { ...models[0]!, time, ...(index > 0 ? { interval: 1 + wait } : {}) };
          const { interval: _, ...first } = model;
          history = remember(history, index === 0 ? first : model, 1);
          return headlineOf(model);
        });
        const drawn = historyOf(headlines, 1);
        for (const id of graphed) expect(drawn[id]).toEqual(history[id]);
      }),
    );
  });
});

describe('the timeline', () => {
  it('has the worst of each stretch, and leaves gaps', () => {
    const gapped = tapeOf(without(models, 30, 60));
    const timeline = timelineOf(gapped, 1)!;
    expect(timeline).toMatchObject({ from: start, to: start + 89 });
    const at = (second: number) => timeline.parts[partAt(timeline, start + second, timelineParts)];
    expect(at(45)).toBeUndefined();
    expect(timeline.parts.filter(part => part === undefined)).toHaveLength(Math.floor((31 / 89) * timelineParts) - 1);
    const { mem_total: total = 0, mem_available: available = 0 } = models[89]!.host.values;
    expect(at(89)?.used).toBeCloseTo(1 - available / total);
  });

  it('of a file with many samples is the same, by the file’s own sums', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kvmtop-timeline-'));
    try {
      const path = join(folder, 'long.kvmtop');
      const writer = openWriter(path, { program: 'test', delay: 1 });
      const [model] = models;
      const headline = headlineOf(model!);
      const key = new Encoder().encode(model!.sample);
      for (let second = 0; second < 5000; second++) {
        if (second >= 2000 && second < 2600) continue;
        const available = (headline.mem_available ?? 0) * (0.5 + 0.5 * Math.sin(second / 100));
        const psi = { psi_mem_some_avg10: (second % 97) / 100 };
        writer.append(key, { ...headline, time: start + second, mem_available: Math.round(available), ...psi });
      }
      writer.close();
      const recording = openRecording(path);
      const timeline = timelineOf(recording, 1);
      expect(timeline?.parts.filter(part => part === undefined).length).toBeGreaterThan(40);
      expect(timeline).toEqual(timelineOf(asTape(recording), 1));
      recording.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is nothing when nothing is recorded', () => {
    expect(timelineOf(createMemoryTape({ seconds: 10, bytes: 1000 }), 1)).toBeUndefined();
  });

  it('puts every moment in a part', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true }),
        fc.double({ noNaN: true }),
        fc.integer({ min: 1, max: 500 }),
        (a, b, parts) => {
          const part = partAt({ from: Math.min(a, b), to: Math.max(a, b) }, a, parts);
          expect(part >= 0 && part < parts).toBe(true);
        },
      ),
    );
  });
});

describe('looking back while live', () => {
  const open = (count: number) => {
    const kept = createMemoryTape({ seconds: 3600, bytes: 2 ** 26 });
    const { store } = openStage([]);
    const traveller = createTraveller(store, kept, true);
    const see = (model: Model): void => {
      store.setState(state => withModel(state, model));
      kept.append(model.sample, headlineOf(model));
      traveller.refresh();
    };
    for (const model of models.slice(0, count)) see(model);
    return { store, traveller, see };
  };
  const second = (store: ReturnType<typeof open>['store']): number => (store.getState().model?.time ?? 0) - start;

  it('holds still while collecting goes on, and comes back to now with all that passed', () => {
    const { store, traveller, see } = open(10);
    traveller.go({ kind: 'samples', by: 0 });
    expect(second(store)).toBe(9);
    for (const model of models.slice(10, 20)) see(model);
    expect(second(store)).toBe(9);
    expect(store.getState().now.model?.time).toBe(start + 19);
    expect(store.getState().timeline?.to).toBe(start + 19);
    traveller.go({ kind: 'last' });
    expect(store.getState()).toMatchObject({ at: undefined, timeline: undefined, model: { time: start + 19 } });
    expect(store.getState().history.mem_used).toHaveLength(20);
  });

  it('steps back, a minute too, and forward until now', () => {
    const { store, traveller } = open(70);
    traveller.go({ kind: 'samples', by: -1 });
    expect(second(store)).toBe(68);
    traveller.go({ kind: 'seconds', by: -60 });
    expect(second(store)).toBe(8);
    traveller.go({ kind: 'first' });
    expect(second(store)).toBe(0);
    traveller.go({ kind: 'seconds', by: 60 });
    expect(second(store)).toBe(60);
    traveller.go({ kind: 'seconds', by: 60 });
    expect(store.getState().at).toBeUndefined();
  });

  it('keeps the selection by guest', () => {
    const { store, traveller } = open(20);
    const guest = store.getState().model!.guests[2]!;
    store.setState({ selected: guest.id });
    traveller.go({ kind: 'samples', by: -5 });
    expect(store.getState().selected).toBe(guest.id);
  });

  it('has the rows of the vmstat tab once it is shown', () => {
    const { store, traveller } = open(20);
    traveller.go({ kind: 'samples', by: -5 });
    expect(store.getState().activity).toEqual([]);
    store.setState({ tab: 'vmstat' });
    expect(store.getState().activity).toHaveLength(15);
  });
});

describe('what came of a change', () => {
  it('is told once, with the look that shows it', () => {
    const { store } = openStage(models.slice(0, 1));
    const guest = models[0]!.guests.find(({ values }) => values.balloon_actual !== undefined)!;
    const target = guest.values.balloon_actual! / 2;
    const follow = { kind: 'balloon', guest: guest.id, name: guest.name, from: target * 2, target } as const;
    store.setState({ following: [startFollowing(follow, start)] });
    const arrived = (model: Model): Model => ({
      ...model,
      guests: model.guests.map(one =>
        one.id === guest.id ? { ...one, values: { ...one.values, balloon_actual: target } } : one,
      ),
    });
    const see = (model: Model) => {
      const before = store.getState();
      store.setState(state => withModel(state, model));
      return outcomesOf(before, store.getState());
    };
    expect(see(models[1]!)).toEqual([]);
    const [told, ...more] = see(arrived(models[2]!));
    expect(told).toMatchObject({ time: start + 2, kind: 'outcome', subject: guest.name });
    expect(told?.text).toMatch(/balloon arrived/);
    expect(more).toEqual([]);
    expect(see(arrived(models[3]!))).toEqual([]);
  });
});
