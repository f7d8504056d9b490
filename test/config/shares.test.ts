import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shares, sharesByName } from '../../src/config/shares.ts';

it('takes names with their weights; a name may have a = in it', () => {
  const read = shares.read(['web-1=2000', 'batch=0', 'a=b=3']);
  expect(sharesByName(read)).toEqual({ 'web-1': 2000, batch: 0, 'a=b': 3 });
});

it.each([
  { given: ['web-1'] },
  { given: ['=5'] },
  { given: ['web-1=-1'] },
  { given: ['web-1=1.5'] },
  { given: ['web-1=1', 'web-1=2'] },
  { given: [5] },
  { given: 'web-1=1' },
])('$given is refused, with an example', ({ given }) => {
  expect(() => shares.read(given)).toThrow(/such as \["web-1=2000", "batch=0"\]$/);
});

it('keeps every name, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.nat({ max: 999_999_999 }), (name, weight) => {
      const byName = sharesByName(shares.read([`${name}=${weight}`]));
      expect(Object.entries(byName)).toEqual([[name, weight]]);
    }),
  );
});
