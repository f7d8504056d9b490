import fc from 'fast-check';
import realWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { safe } from '../../src/text.ts';
import stringWidth, { isSimple, take } from '../../src/ui/width.ts';

const pieces = [
  'a',
  ' ',
  '─',
  '█',
  '⣿',
  '–',
  '≤',
  '\ufffd',
  '…',
  '→',
  '▲',
  'é',
  'e\u0301',
  '漢',
  '👍🏽',
  '❤\ufe0f',
  '\u200d',
  '한',
  '\u001b[1m',
  '\t',
];
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.constantFrom(...pieces)).map(parts => parts.join('')),
);

describe('the fast width', () => {
  it('is that of string-width for every simple character', () => {
    const simple = Array.from({ length: 0x10000 }, (_, code) => code).filter(isSimple);
    expect(simple.length).toBeGreaterThan(600);
    expect(simple.filter(code => realWidth(String.fromCharCode(code)) !== 1)).toEqual([]);
  });

  it('knows what kvmtop itself writes: none of that loads string-width, which takes 20 ms', () => {
    const written = `≤15.8G ${safe('\u001b[2J')} ▲▼─█⣿ – … →`;
    expect([...written].filter(one => !isSimple(one.charCodeAt(0)))).toEqual([]);
  });

  it('is that of string-width for any text', () => {
    fc.assert(
      fc.property(text, fc.option(fc.boolean(), { nil: undefined }), (value, narrow) => {
        const options = narrow === undefined ? undefined : { ambiguousIsNarrow: narrow };
        expect(stringWidth(value, options)).toBe(realWidth(value, options));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('take', () => {
  it('never exceeds the columns, and leaves off only what does not fit', () => {
    fc.assert(
      fc.property(text, fc.nat({ max: 12 }), (value, columns) => {
        const taken = take(value, columns);
        expect(value.startsWith(taken)).toBe(true);
        expect(stringWidth(taken)).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('does not halve a wide character', () => {
    expect(take('漢字', 3)).toBe('漢');
    expect(take('e\u0301a', 1)).toBe('e\u0301');
  });
});
