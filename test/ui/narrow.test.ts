import { describe, expect, it } from 'vitest';
import type { Model, NodeModel } from '../../src/model.ts';
import { glyphsFor } from '../../src/ui/glyphs.ts';
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
});
