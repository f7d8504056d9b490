import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareWords, safe } from '../src/text.ts';

it('leaves nothing in a text that could steer a terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      expect(safe(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/);
      expect(safe(text).isWellFormed()).toBe(true);
      expect(safe(safe(text))).toBe(safe(text));
    }),
  );
});

it.each([
  ['web-1', 'web-1'],
  ['wë b 漢字', 'wë b 漢字'],
  ['a\u001b[31mb', 'a\ufffd[31mb'],
  ['rtl\u202eexe', 'rtl\ufffdexe'],
])('shows %j as %j', (text, shown) => {
  expect(safe(text)).toBe(shown);
});

it('orders words with their numbers by size', () => {
  expect(['web-10', 'db', 'web-2', 'Web-1'].sort(compareWords)).toEqual(['db', 'Web-1', 'web-2', 'web-10']);
});
