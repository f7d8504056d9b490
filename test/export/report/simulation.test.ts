import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PageAssets } from '../../../src/export/report/document.ts';
import type { PageData } from '../../../src/export/report/page-data.ts';
import { simulationPage } from '../../../src/export/report/simulation.ts';
import type { Scenario } from '../../../src/simulator/scenario.ts';
import { scenarios } from '../../../src/simulator/scenarios.ts';
import { type Run, simulate } from '../../../src/simulator/simulate.ts';
import { GiB } from '../../../src/units.ts';
import { settings } from '../../policy/policies/world.ts';

const assets: PageAssets = { script: 'run()', styles: 'p{}' };
const options = { version: '1.2.3', made: 1_800_000_000 };
const scenario: Scenario = { ...scenarios.get('hungry-guest')!, seconds: 200 };
const none = await simulate(scenario, undefined, settings);
const other: Run = { ...none, policy: 'mom', figures: { ...none.figures, stalled: 7200, reversals: 3 } };

const pageOf = (one: Scenario, runs: readonly Run[]): string => simulationPage(one, runs, options, assets);

/** As a browser finds it: what ends the element ends the text. */
const dataOf = (page: string): PageData =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script/is.exec(page)?.[1] ?? '');

const tagsOf = (page: string): string[] => [...page.matchAll(/<\/?([a-z][a-z0-9]*)/gi)].map(([tag]) => tag);

/** Texts of a table's cells, by row. */
const rowsOf = (page: string): string[][] =>
  [...page.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell = '']) => cell),
  );

describe('the page of a simulation', () => {
  test('tells all figures of each policy, first those the scenario is about', () => {
    const rows = rowsOf(pageOf(scenario, [none, other]));
    expect(rows[0]).toEqual(['Figure', 'none', 'mom']);
    expect(rows.slice(1, 4).map(([title]) => title)).toEqual([
      'guests stood still',
      'host swapped out',
      'short of the reserve',
    ]);
    expect(rows[1]?.[2]).toBe('2h00');
    expect(rows.find(([title]) => title === 'of them back')).toEqual(['of them back', '0', '3']);
    expect(rows).toHaveLength(1 + Object.keys(none.figures).length - 1);
  });

  test('plots each policy as a line of its own, over the seconds of the simulation', () => {
    const { times, plots } = dataOf(pageOf(scenario, [none, other]));
    expect(Object.keys(plots)).toEqual(['available', 'balloons', 'swap', 'stalled']);
    expect(times).toHaveLength(20);
    expect((times[19] ?? 0) - (times[0] ?? 0)).toBe(190);
    const { lines = [], scale = 0 } = plots['available'] ?? {};
    expect(lines.map(({ label }) => label)).toEqual(['none', 'mom']);
    expect(new Set(lines.map(({ hue, dashed }) => `${hue} ${dashed}`)).size).toBe(2);
    expect((lines[0]?.values[5] ?? 0) * scale).toBeCloseTo(none.trace[5]?.available ?? 0, -6);
    expect((plots['balloons']?.lines[0]?.values[0] ?? 0) * scale).toBe(80 * GiB);
  });

  test('every place of a plot has its data', () => {
    const page = pageOf(scenario, [none]);
    const places = [...page.matchAll(/data-plot="([^"]*)"/g)].map(([, id]) => id);
    expect(places).toEqual(Object.keys(dataOf(page).plots));
  });

  test('text from outside adds no element, wherever it stands', () => {
    const plain = tagsOf(pageOf(scenario, [none]));
    const evil = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('</script><img src=x onerror=alert(1)>', `"'><b>`, '<!--', '&lt;'),
    );
    fc.assert(
      fc.property(evil, evil, (title, help) => {
        expect(tagsOf(pageOf({ ...scenario, title, help }, [{ ...none, policy: title }]))).toEqual(plain);
      }),
    );
  });
});
