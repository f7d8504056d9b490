import { describe, expect, it } from 'vitest';
import { derive, type Model } from '../../src/model.ts';
import { headlineOf } from '../../src/recording/headline.ts';
import { createMemoryTape } from '../../src/recording/memory-tape.ts';
import type { TapeEvent } from '../../src/recording/tape.ts';
import type { Sample } from '../../src/sample.ts';
import type { State } from '../../src/store/store.ts';
import { timelineOf } from '../../src/store/time.ts';
import { createTraveller } from '../../src/store/travel.ts';
import { createListener } from '../../src/ui/app.tsx';
import { glyphsFor } from '../../src/ui/glyphs.ts';
import { timelinePane } from '../../src/ui/panes/timeline.ts';
import stringWidth from '../../src/ui/width.ts';
import { demoModels, frameOf, openStage } from './stage.tsx';

const start = 1_800_000_000;
const models = await demoModels(120);

const finding = { id: 'host-short', strategy: 'balloon', since: start + 80, severity: 'warning', numbers: {} };
const events: readonly TapeEvent[] = [
  { time: start + 30.5, kind: 'action', subject: 'web-1', text: 'Shrink web-1 (done)' },
  { time: start + 80, kind: 'finding', subject: 'host', text: 'Memory is short.', data: finding },
  { time: start + 90, kind: 'finding', subject: 'host', text: 'over: Memory is short.' },
];

/** Two minutes of the demo, of which seconds 40 to 69 were not recorded. */
const tape = createMemoryTape({ seconds: 3600, bytes: 2 ** 26 });
let previous: Sample | undefined;
for (const [second, { sample }] of models.entries()) {
  if (second >= 40 && second < 70) continue;
  tape.append(sample, headlineOf(derive(previous, sample)));
  previous = sample;
}
for (const event of events) tape.note(event);

/** A replay of it at so many seconds from its beginning. */
const replayAt = (seconds: number, change: Partial<State> = {}) => {
  const stage = openStage([], change, { source: 'recording', readOnly: true });
  const traveller = createTraveller(stage.store, tape, false, Number.POSITIVE_INFINITY);
  traveller.go({ kind: 'time', time: start + seconds });
  return { ...stage, traveller };
};

describe('a replay', () => {
  it.each([
    [80, 24],
    [120, 42],
  ])('at %ix%i', async (columns, rows) => {
    const { app } = replayAt(85);
    await expect(await frameOf(app, columns, rows)).toMatchFileSnapshot(
      `../../snapshots/replay-${columns}x${rows}.txt`,
    );
  });

  it('in ASCII where the locale asks for it, while it plays', async () => {
    const { app } = replayAt(85, { playing: 4, speed: 4 });
    const frame = await frameOf(app, 80, 24, { TERM: 'xterm', LANG: 'C' });
    expect(frame).toMatch(/^[\n -~]*$/);
    await expect(frame).toMatchFileSnapshot('../../snapshots/replay-ascii-80x24.txt');
  });

  it('has all above the timeline as on a terminal of two rows less', async () => {
    const rowsOf = async (rows: number, source: 'recording' | 'demo'): Promise<string[]> => {
      const { store, app } = replayAt(85);
      store.setState(({ setting }) => ({ setting: { ...setting, source }, at: source === 'demo' ? undefined : 76 }));
      return (await frameOf(app, 120, rows)).split('\n').slice(1, 39);
    };
    expect(await rowsOf(42, 'recording')).toEqual(await rowsOf(40, 'demo'));
  });
});

it('a click on the timeline goes to its time', async () => {
  const { app, asked } = replayAt(85);
  await frameOf(app, 80, 24);
  const { mouse } = createListener(app, glyphsFor(false, false));
  for (const x of [20, 50]) mouse({ kind: 'press', x, y: 22 });
  const times = asked.map(one => (one as { travel: { time: number } }).travel.time - start);
  // Between 9 columns of a time at each end there are 62, for two minutes.
  expect(times.map(time => Math.round(time))).toEqual([Math.round((11.5 * 119) / 62), Math.round((41.5 * 119) / 62)]);
});

describe('the timeline', () => {
  const drawn = (seconds: number, width: number, change: Partial<State> = {}, ascii = false): readonly string[] => {
    const { store } = replayAt(seconds, change);
    const state = store.getState();
    const glyphs = glyphsFor(ascii, false);
    return timelinePane({ state, model: state.model as Model, glyphs, width, height: 2 }).map(line =>
      line.map(({ text }) => text).join(''),
    );
  };
  const under = (row: string, mark: string): number[] => [...row].flatMap((char, at) => (char === mark ? [at] : []));

  it.each([60, 80, 120, 200, 400])(
    'has both rows within %i columns, marks below their time, and the gap blank',
    width => {
      for (const seconds of [0, 20, 39, 70, 119]) {
        const [graph = '', marks = ''] = drawn(seconds, width);
        expect(stringWidth(graph)).toBe(width);
        expect(stringWidth(marks)).toBeLessThanOrEqual(width);
        const from = graph.search(/[▁-█]/);
        const to = graph.length - [...graph].reverse().findIndex(char => /[▁-█]/.test(char));
        const at = (second: number): number => from + Math.floor((second / 119) * (to - from));
        const here = under(marks, '▲')[0] ?? -1;
        expect(Math.abs(here - at(seconds))).toBeLessThanOrEqual(1);
        if (seconds !== 39) expect(Math.abs((under(marks, 'A')[0] ?? -1) - at(30.5))).toBeLessThanOrEqual(1);
        // That it is over is no mark.
        expect(under(marks.slice(from, to), '!')).toHaveLength(1);
        expect(Math.abs((under(marks, '!')[0] ?? -1) - at(80))).toBeLessThanOrEqual(1);
        expect(graph.slice(at(42), at(67)).trim()).toBe('');
        expect(graph.slice(from, at(38))).not.toContain(' ');
        expect(graph.slice(at(72), to)).not.toContain(' ');
      }
    },
  );

  it('tells whether it plays, and how far in it is', () => {
    expect(drawn(0, 120)[1]).toMatch(/^held .* in 0s$/);
    expect(drawn(119, 120, { playing: 16 })[1]).toMatch(/^16x .* in 1m59$/);
  });

  it('has nothing but ASCII where that is asked for', () => {
    expect(drawn(85, 80, {}, true).join('')).toMatch(/^[ -~]*$/);
  });

  it('is there for a recording of one sample', () => {
    const one = createMemoryTape({ seconds: 3600, bytes: 2 ** 26 });
    const [model] = models;
    if (!model) throw new Error('there is no demo');
    one.append(model.sample, headlineOf(model));
    expect(timelineOf(one, 1)).toMatchObject({ from: start, to: start });
    const { store } = openStage([], {}, { source: 'recording' });
    createTraveller(store, one, false).go({ kind: 'first' });
    const state = store.getState();
    const rows = timelinePane({ state, model, glyphs: glyphsFor(false, false), width: 80, height: 2 });
    expect(rows[1]?.map(({ text }) => text).join('')).toMatch(/^held +▲ .*in 0s$/);
  });
});
