import fc from 'fast-check';
import { expect, test } from 'vitest';
import { actions, meaning, plan, planStrictly } from '../../src/actions/actions.ts';
import { NoGuest } from '../../src/actions/guest/guest.ts';
import { WordsError } from '../../src/errors.ts';
import type { Model } from '../../src/model.ts';
import { model } from '../export/models.ts';

/** What words mean, what is wrong with them, and what is wrong with kvmtop. */

const host = model();
/** It makes any action stumble: no look gives such a one. */
const broken = { ...host, guests: undefined } as unknown as Model;
const request = { action: 'balloon', words: ['web-1', '2G'] };

test('what is wrong with words is told in the words of the action', () => {
  const wrong = { action: 'balloon', words: ['web-1', 'much'] };
  expect(meaning(host, wrong)).toEqual(new WordsError("Not a size: 'much'. Try 2G, +512M, -25%, 80% or max"));
  expect(plan(host, wrong)).toMatchObject({
    request: wrong,
    summary: 'balloon web-1 much',
    steps: [],
    refusal: { reason: "Not a size: 'much'. Try 2G, +512M, -25%, 80% or max", forceable: false },
  });
  expect(meaning(host, { action: 'ballon', words: [] })).toBeInstanceOf(WordsError);
  expect(meaning(host, { action: 'balloon', words: ['web-9', '2G'] })).toBeInstanceOf(NoGuest);
});

test('a bug is never told as what is wrong with words, and nothing is done', () => {
  const told = /^a bug in kvmtop; please report it: TypeError: .* at .*actions\/\S+\.ts:\d+/;
  const meant = meaning(broken, request);
  expect(meant).toBeInstanceOf(Error);
  expect(meant).not.toBeInstanceOf(WordsError);
  expect((meant as Error).message).toMatch(told);
  expect(plan(broken, request)).toMatchObject({
    steps: [],
    refusal: { reason: expect.stringMatching(told), forceable: false },
  });
  expect(() => planStrictly(broken, request)).toThrow(TypeError);
});

test('whatever is typed means something, or it is said what is wrong with it', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'web-1',
      '100',
      '2G',
      '+1G',
      '-50%',
      'max',
      '0',
      '-',
      '2M',
      'run',
      'vm.swappiness',
      '10',
      '1',
      'all',
    ),
    fc.constantFrom('tcp:10.0.0.2:4444', 'unix:/x', 'off', 'ksm/run', '500M', '300ms', 'pages_to_scan', 'node0'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.constantFrom(...actions.keys()), fc.array(word, { maxLength: 4 }), (action, words) => {
      const meant = meaning(host, { action, words });
      if (meant instanceof Error) expect(meant).toBeInstanceOf(WordsError);
      else expect(meant.summary).not.toMatch(/undefined|NaN/);
    }),
    { numRuns: 500 },
  );
});
