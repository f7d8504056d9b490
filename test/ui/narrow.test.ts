import { describe, expect, it } from 'vitest';
import type { Model, NodeModel } from '../../src/model.ts';
import { glyphsFor } from '../../src/ui/glyphs.ts';
import { press } from '../../src/ui/keys.ts';
import { plain } from '../../src/ui/line.ts';
import { hugepagesPane } from '../../src/ui/panes/hugepages.ts';
import { memoryPane } from '../../src/ui/panes/memory.ts';
import { type Draw, drawPane } from '../../src/ui/panes/pane.ts';
import { stallPane } from '../../src/ui/panes/stall.ts';
import { GiB, MiB } from '../../src/units.ts';
import { demoModels, frameOf, openStage } from './stage.tsx';

const models = await demoModels(2);
const last = models.at(-1) as Model;

const rowsOf = (draw: Draw, model: Model, width: number, height: number): readonly string[] => {
  const state = openStage([model]).store.getState();
  return drawPane(draw, { state, model, width, height, glyphs: glyphsFor(false, false) }).map(plain);
};

const widths = Array.from({ length: 70 }, (_, index) => 30 + index);
const rates: readonly number[] = [0, 620 * 1024, 9.72 * MiB, 123 * MiB, 1.5 * GiB];

describe('what belongs together', () => {
  it.each([
    ['Overview and Memory', memoryPane, /\bin /],
    ['Stall', stallPane, /\bswap in /],
  ])('on %s both directions of swap are told, at each width and rate, or neither', (_name, draw, into) => {
    for (const width of widths)
      for (const rate of rates) {
        const values = { ...last.host.values, swap_in: rate, swap_out: rate };
        const text = rowsOf(draw, { ...last, host: { ...last.host, values } }, width, 5).join('\n');
        expect([width, rate, into.test(text)]).toEqual([width, rate, /\bout /.test(text)]);
      }
  });

  it('swap that moves is told in half of 80 columns, however much it is', () => {
    for (const rate of rates) {
      const values = { ...last.host.values, swap_in: rate, swap_out: rate };
      const text = rowsOf(memoryPane, { ...last, host: { ...last.host, values } }, 39, 5).join('\n');
      expect(text).toMatch(/in [\d.]+[KMGB]\/s +out [\d.]+[KMGB]\/s/);
    }
  });
});

it('hugepages are a row for each size where there is no room for their table, never a head alone', () => {
  for (const height of [3, 4])
    for (const width of [39, 60, 80]) {
      const rows = rowsOf(hugepagesPane, last, width, height);
      expect(rows[1]).toMatch(/^ +2M +9\.00G {2}free /);
      expect(rows[2]).toMatch(/^ +1G +18\.0G {2}free /);
      expect(rows.join()).not.toMatch(/RSVD|more/);
    }
  expect(rowsOf(hugepagesPane, last, 80, 12)[1]).toMatch(/SIZE NODE +TOTAL/);
});

describe('a host of many nodes', () => {
  const nodes = (count: number): NodeModel[] =>
    Array.from({ length: count }, (_, id) => ({ ...(last.nodes[0] as NodeModel), id }));
  const shownAt = async (count: number, guests: Model['guests'], columns: number, rows: number): Promise<number> => {
    const { app } = openStage([{ ...last, nodes: nodes(count), guests }], { tab: 'numa' });
    const frame = await frameOf(app, columns, rows);
    return frame.split('\n').filter(row => /^ +\d+ +62\.8G/.test(row)).length;
  };

  it('shows them in the rows that its guests leave', async () => {
    expect(await shownAt(8, [], 80, 24)).toBe(8);
    expect(await shownAt(64, [], 200, 60)).toBe(49);
    expect(await shownAt(64, last.guests, 200, 60)).toBe(30);
    // Guests keep half of a small screen.
    expect(await shownAt(64, last.guests, 80, 24)).toBe(9);
  });

  it('shows the others by Left and Right, as rows and as columns of the guests, and says which', async () => {
    const { app } = openStage([{ ...last, nodes: nodes(64) }], { tab: 'numa' });
    const seen = async () => {
      const frame = await frameOf(app, 80, 24);
      const [, first, end] = /NUMA .*?(\d+) to (\d+) of 64 nodes, Left and Right show others/.exec(frame) ?? [];
      const rows = [...frame.matchAll(/^ +(\d+) +62\.8G/gm)].map(row => Number(row[1]));
      const columns = [...frame.matchAll(/NODE (\d+)/g)].map(column => Number(column[1]));
      expect([rows[0], rows.at(-1)]).toEqual([Number(first), Number(end)]);
      return { rows, columns };
    };
    const all = new Set<number>();
    const heads = new Set<number>();
    let { rows, columns } = await seen();
    expect([rows, columns[0]]).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8], 0]);
    press(app, 'left');
    expect(app.store.getState().scroll).toBe(0);
    for (let presses = 0; presses < 16; presses++) {
      for (const row of rows) all.add(row);
      for (const column of columns) heads.add(column);
      press(app, 'right');
      ({ rows, columns } = await seen());
    }
    expect(all.size).toBe(64);
    expect(rows.at(-1)).toBe(63);
    // What was pressed beyond the end needs not be pressed back.
    const { scroll } = app.store.getState();
    press(app, 'right');
    press(app, 'left');
    expect(app.store.getState().scroll).toBe(scroll - 4);
    expect(heads.size).toBe(64);
  }, 20_000);

  it('needs no such keys where all are shown', async () => {
    const { app } = openStage([{ ...last, nodes: nodes(8) }], { tab: 'numa' });
    const frame = await frameOf(app, 140, 24);
    expect(frame).toMatch(/8 nodes$[\s\S]*NODE 7/m);
    press(app, 'right');
    expect(app.store.getState().scroll).toBe(0);
  });
});
