import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actions } from '../../src/actions/actions.ts';
import { candidates, requestOf, wordsOf } from '../../src/ui/palette.ts';

describe('words', () => {
  it.each([
    ['balloon web-1 2G', ['balloon', 'web-1', '2G']],
    ['balloon "we b" 2G', ['balloon', 'we b', '2G']],
    ["balloon 'a \"b' 1", ['balloon', 'a "b', '1']],
    ['  balloon   "open', ['balloon', 'open']],
    ['', []],
  ])('of %s', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it('of any names come back when they are quoted', () => {
    const name = fc.string({ minLength: 1 }).filter(text => !text.includes('"'));
    fc.assert(
      fc.property(fc.array(name), names => {
        expect(wordsOf(names.map(one => `"${one}"`).join(' '))).toEqual(names);
      }),
    );
  });
});

describe('candidates', () => {
  it('are all actions at first, and the named one alone once a blank follows it', () => {
    expect(candidates('')).toHaveLength(actions.size);
    expect(candidates('balloon ').map(action => action.id)).toEqual(['balloon']);
  });

  it('put the closest name first', () => {
    expect(candidates('poll')[0]?.id).toBe('polling');
    expect(candidates('bal')[0]?.id).toBe('balloon');
  });

  it('never fail, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        const request = requestOf(text);
        for (const action of candidates(text)) expect(actions.get(action.id)).toBe(action);
        if (request) expect(actions.has(request.action)).toBe(true);
      }),
    );
  });
});
