import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choice, list, number, size, truth } from '../../src/config/kind.ts';
import { distance, nearest } from '../../src/nearest.ts';
import { GiB, KiB, MiB } from '../../src/units.ts';

describe('a number', () => {
  const seconds = number('seconds', 0.1, 60);
  it('is taken within its range, ends included', () => {
    expect([0.1, 2, 60].map(seconds.read)).toEqual([0.1, 2, 60]);
  });
  it.each([0, 61, Number.NaN, Number.POSITIVE_INFINITY, '2', true, [2]])('%j is refused, with what is right', given => {
    expect(() => seconds.read(given)).toThrow(/^takes seconds from 0\.1 to 60, not /);
  });
  it('is whole where it must be', () => {
    expect(() => number('seconds', 0, 60, { whole: true }).read(1.5)).toThrow(
      'takes whole seconds from 0 to 60, not 1.5',
    );
  });
});

describe('a size', () => {
  const step = size(MiB, GiB, MiB);
  it('has its letter', () => {
    expect(step.read('256M')).toBe(256 * MiB);
    expect(step.read('0.5 GiB')).toBe(512 * MiB);
    expect(size(0, GiB).read('0B')).toBe(0);
  });
  it.each(['256', 256, '256K', '2G', '-1M', '', 'a lot'])('%j is refused', given => {
    expect(() => step.read(given)).toThrow('takes a size from "1M" to "1G" in steps of 1M, not ');
  });
  it('is written as it is read', () => {
    expect(size(0, GiB).write(128 * MiB)).toBe('"128M"');
    expect(size(0, GiB).write(KiB + 1)).toBe('"1025B"');
  });
});

it('truth is no word and no number', () => {
  expect(truth.read(true)).toBe(true);
  for (const given of ['true', 1, undefined]) expect(() => truth.read(given)).toThrow('takes true or false, not ');
});

describe('words', () => {
  const colour = choice('a colour', ['red', 'green', 'blue']);
  it('are told the nearest right one, or all', () => {
    expect(colour.read('red')).toBe('red');
    expect(() => colour.read('gren')).toThrow('not "gren": did you mean "green"?');
    expect(() => colour.read('ultramarine')).toThrow('takes a colour: "red", "green", "blue", not "ultramarine"');
    expect(() => colour.read(`red${'\u001b'.repeat(99)}`)).toThrow(/^.{1,120}$/);
  });
  it('are each once in a list, with the first of them', () => {
    const colours = list('colours', ['red', 'green', 'blue'], 'red');
    expect(colours.read(['blue', 'red'])).toEqual(['blue', 'red']);
    expect(() => colours.read(['blue'])).toThrow('takes a list of different colours, "red" among them, not "blue"');
    expect(() => colours.read(['red', 'red'])).toThrow('takes a list');
    expect(() => colours.read('red')).toThrow('takes a list');
    expect(() => colours.read(['red', 'bleu'])).toThrow('did you mean "blue"?');
  });
});

describe('the nearest word', () => {
  it('is the one with the fewest letters to change', () => {
    expect(distance('kitten', 'sitting')).toBe(3);
    expect(nearest('dely', ['delay', 'theme'])).toBe('delay');
    expect(nearest('step', ['delay', 'balloon.step'])).toBe('balloon.step');
    expect(nearest('swap_policy', ['delay', 'theme', 'tab'])).toBeUndefined();
  });
  it('measures a distance', () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(distance(a, b)).toBe(distance(b, a));
        expect(distance(a, b) === 0).toBe(a === b);
        expect(distance(a, c)).toBeLessThanOrEqual(distance(a, b) + distance(b, c));
      }),
    );
  });
});
