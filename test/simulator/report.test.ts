import { expect, test } from 'vitest';
import type { Figures } from '../../src/simulator/figures.ts';
import { figureHelp, figureTable } from '../../src/simulator/report.ts';
import { GiB } from '../../src/units.ts';

const figures: Figures = {
  seconds: 100,
  availableLeast: GiB,
  availableMean: 2 * GiB,
  short: 61,
  swappedIn: 0,
  swappedOut: 3 * GiB,
  guestSwapped: 4 * GiB,
  stalled: 12.4,
  killed: 1,
  moves: 12,
  movedBytes: 5 * GiB,
  reversals: 2,
  settings: 3,
  refused: 4,
  actualMean: 100 * GiB,
  savedMean: 0,
};

test('the table has a row for each figure and a column for each run, aligned', () => {
  const lines = figureTable([
    { figures, trace: [] },
    { policy: 'mom', figures: { ...figures, short: 0, stalled: 7200 }, trace: [] },
  ]);
  expect(lines[0]).toMatch(/^ +none +mom$/);
  expect(lines).toHaveLength(figureHelp.length + 1);
  expect(new Set(lines.map(line => line.length)).size).toBe(1);
  const row = (title: string): readonly string[] => lines.find(line => line.startsWith(title))?.split(/ {2,}/) ?? [];
  expect(row('guests killed')).toEqual(['guests killed', '1', '1']);
  expect(row('guests stood still')).toEqual(['guests stood still', '12s', '2h00']);
  expect(row('short of the reserve')).toEqual(['short of the reserve', '1m01', '0s']);
  expect(row('least available')).toEqual(['least available', '1.00G', '1.00G']);
  expect(row('mean balloons')).toEqual(['mean balloons', '100G', '100G']);
});

test('every figure but the time is told, and explained', () => {
  expect(figureHelp).toHaveLength(Object.keys(figures).length - 1);
  for (const { title, help } of figureHelp) expect(`${title} ${help}`.length).toBeGreaterThan(title.length + 5);
});
