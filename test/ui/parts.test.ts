import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derive } from '../../src/model.ts';
import type { Values } from '../../src/sample.ts';
import { glyphsFor } from '../../src/ui/glyphs.ts';
import { plain } from '../../src/ui/line.ts';
import { firstRow } from '../../src/ui/panes/guests.ts';
import { ksmVerdict } from '../../src/ui/panes/ksm.ts';
import { wrap } from '../../src/ui/panes/pane.ts';
import { shareColumns } from '../../src/ui/parts/bar.ts';
import { chart } from '../../src/ui/parts/chart.ts';
import { graph } from '../../src/ui/parts/graph.ts';
import { scaleOf } from '../../src/ui/parts/scale.ts';
import stringWidth from '../../src/ui/width.ts';
import type { Unit } from '../../src/units.ts';
import { sample } from '../samples.ts';

const unicode = glyphsFor(false, false);
const ascii = glyphsFor(true, false);

describe('a graph', () => {
  const whole = { from: 0, to: 1 };

  it('has two values and four heights in a braille cell', () => {
    expect(graph([0.25, 1], 1, 2, whole, unicode)).toEqual(['⢸', '⣼']);
    expect(graph([1, 0.5], 2, 2, whole, unicode)).toEqual([' ⡇', ' ⣿']);
  });

  it('shows a little as one dot, nothing as none, and the unknown as a gap', () => {
    expect(graph([0.0001, undefined, 0, 1], 2, 2, whole, unicode)).toEqual([' ⢸', '⡀⢸']);
  });

  it('has heights in ASCII', () => {
    expect(graph([0, 0.5, 1], 4, 1, whole, ascii)).toEqual(['  =#']);
  });

  it('always fills its place exactly', () => {
    const value = fc.option(fc.double({ min: -1, max: 2, noNaN: true }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.array(value),
        fc.nat(60),
        fc.nat(9),
        fc.constantFrom(0, 0.5),
        fc.boolean(),
        (values, width, height, from, plain) => {
          const rows = graph(values, width, height, { from, to: 1 }, plain ? ascii : unicode);
          expect(rows).toHaveLength(height);
          for (const row of rows) expect(stringWidth(row)).toBe(width);
        },
      ),
    );
  });

  it('is a line where it does not begin at 0, which goes on from where it was', () => {
    expect(graph([2, 8, 8, 2], 2, 2, { from: 1, to: 9 }, unicode)).toEqual(['⢰⢢', '⡸⢸']);
    expect(graph([2, undefined, 8, 8], 2, 2, { from: 1, to: 9 }, unicode)).toEqual([' ⠒', '⡀ ']);
  });
});

describe('a scale', () => {
  it.each([
    [[0, 2.3], { from: 0, to: 3 }],
    [[110, 107, 104], { from: 104, to: 110 }],
    [[100, 100], { from: 96, to: 104 }],
    [[1, 100], { from: 0, to: 100 }],
  ])('of %j', (values, scale) => {
    expect(scaleOf(values, 1000)).toEqual(scale);
  });

  it('is in round steps of the unit that sizes are told in', () => {
    expect(scaleOf([107 * 2 ** 30, 110 * 2 ** 30], 1024)).toEqual({ from: 104 * 2 ** 30, to: 112 * 2 ** 30 });
  });

  it('of rates begins at 0', () => {
    expect(scaleOf([90, 100], 1000, true)).toEqual({ from: 0, to: 100 });
  });

  it('is none of what is unknown, or always 0', () => {
    for (const values of [[], [undefined], [0, 0, undefined]]) expect(scaleOf(values, 1000)).toBeUndefined();
  });

  it('holds all values, and is neither a line nor a wall of them', () => {
    const value = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e15, noNaN: true }));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), fc.constantFrom(1000, 1024), (values, base) => {
        const scale = scaleOf(values, base);
        const [least, most] = [Math.min(...values), Math.max(...values)];
        if (!scale) {
          expect(most).toBe(0);
          return;
        }
        expect(scale.from).toBeLessThanOrEqual(least * (1 + 1e-9));
        expect(scale.to * (1 + 1e-9)).toBeGreaterThanOrEqual(most);
        if (scale.from === 0) return;
        expect(least - scale.from).toBeLessThan(0.7 * (scale.to - scale.from));
      }),
    );
  });
});

describe('a chart', () => {
  const told = (values: readonly (number | undefined)[], width: number, height: number, unit: Unit = 'bytes') =>
    chart(values, { width, height, unit, tone: 'bar', glyphs: unicode }).map(plain);
  const [low, high] = [107 * 2 ** 30, 110 * 2 ** 30];

  it('says what its foot and its top stand for', () => {
    expect(told([low, high], 8, 3)).toEqual(['⢀├112G  ', '⡸│      ', ' ├104G  ']);
    expect(told([low, high], 17, 1)).toEqual([expect.stringMatching(/^[▁-█]{2} 104G … 112G +$/)]);
    expect(told([0, 5, 30], 12, 2, 'per_second').map(row => row.slice(5))).toEqual(['├30    ', '├0     ']);
  });

  it('is of the values that it shows, not of older ones', () => {
    expect(told([1, low, high], 17, 1)[0]).toContain('104G … 112G');
  });

  it('is none where there is nothing to draw', () => {
    for (const values of [[], [0, 0], [undefined]]) expect(told(values, 20, 3)).toEqual([]);
    expect(told([low], 20, 0)).toEqual([]);
  });
});

describe('the columns of a bar', () => {
  it('sum to its width, and give every amount that is there one where they can', () => {
    const amounts = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 40 })), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(amounts, fc.integer({ min: 12, max: 200 }), (parts, width) => {
        const columns = shareColumns(parts, width);
        const some = parts.some(part => part > 0);
        expect(columns.reduce((sum, one) => sum + one, 0)).toBe(some ? width : 0);
        parts.forEach((part, index) => {
          if (part > 0) expect(columns[index]).toBeGreaterThan(0);
          else expect(columns[index]).toBe(0);
        });
      }),
    );
  });

  it('are none where nothing is known', () => {
    expect(shareColumns([0, 0], 20)).toEqual([0, 0]);
    expect(shareColumns([1, 2], 0)).toEqual([0, 0]);
  });
});

it('a wrapped text keeps all its words, within the width', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1 }).filter(word => !word.includes(' '))),
      fc.integer({ min: 2, max: 40 }),
      (words, width) => {
        const text = words.join(' ');
        const rows = wrap(text, width);
        expect(rows.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        for (const row of rows) expect(stringWidth(row)).toBeLessThanOrEqual(width);
      },
    ),
  );
});

it('the table always shows the selected row, and never scrolls past its end', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.integer({ min: 1, max: 60 }), fc.nat(300), (count, room, at) => {
      const index = Math.min(at, Math.max(0, count - 1));
      const first = firstRow(index, count, room);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(first).toBeLessThanOrEqual(Math.max(0, count - room));
      if (count > 0) {
        expect(index).toBeGreaterThanOrEqual(first);
        expect(index).toBeLessThan(first + room);
      }
    }),
  );
});

describe('what KSM does', () => {
  const verdict = (now: Values | undefined, before?: Values) => {
    const at = (monotonic: number, ksm: Values | undefined) => sample({ monotonic, host: ksm ? { ksm } : {} });
    const previous = before && at(0, before);
    return ksmVerdict(derive(previous, at(1, now))).text;
  };
  const running = { run: 1, pages_shared: 0, pages_sharing: 0, pages_unshared: 0, pages_volatile: 0, full_scans: 3 };

  it.each<[string, Values | undefined, Values | undefined, RegExp]>([
    ['no KSM', undefined, undefined, /no KSM/],
    ['off', { ...running, run: 0 }, undefined, /off: nothing/],
    ['off with merged pages', { ...running, run: 0, pages_sharing: 5 }, undefined, /merged stays/],
    ['unmerged', { ...running, run: 2 }, undefined, /unmerged/],
    ['nobody offers memory', { ...running, pages_scanned: 9 }, { ...running, pages_scanned: 9 }, /mem-merge=on/],
    [
      'not scanning',
      { ...running, pages_unshared: 4, pages_scanned: 9 },
      { ...running, pages_scanned: 9 },
      /nothing was scanned/,
    ],
    [
      'the first scan',
      { ...running, full_scans: 0, pages_unshared: 4, pages_scanned: 9 },
      { ...running, pages_scanned: 2 },
      /first scan/,
    ],
    ['nothing alike', { ...running, pages_unshared: 4, pages_scanned: 9 }, { ...running, pages_scanned: 2 }, /differ/],
    [
      'a loss',
      { ...running, pages_sharing: 4, pages_scanned: 9, general_profit: -5 },
      { ...running, pages_scanned: 2 },
      /costs more/,
    ],
    [
      'a gain',
      { ...running, pages_sharing: 4, pages_scanned: 9, general_profit: 5 },
      { ...running, pages_scanned: 2 },
      /^merging$/,
    ],
  ])('is told: %s', (_what, now, before, text) => {
    expect(verdict(now, before)).toMatch(text);
  });
});
