import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRepeats, saysTheSame } from '../../../src/programs/auto/repeats.ts';
import { formatDuration, longBytes } from '../../../src/units.ts';

describe('what is said again', () => {
  it('is the same whatever its sizes and durations are', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 45), fc.nat(10_000_000), fc.nat(2 ** 45), fc.nat(10_000_000), (a, b, c, d) => {
        const text = (bytes: number, seconds: number): string =>
          `Shrink web-1 to ${longBytes(bytes)}: it last reported ${formatDuration(seconds)} ago, with ${bytes} pages`;
        expect(saysTheSame(text(a, b), text(c, d))).toBe(true);
      }),
    );
  });

  it.each([
    ['Shrink web to 1 GiB', 'Grow web to 1 GiB'],
    ['its monitor does not answer', 'it is paused: nothing of it is moved'],
    ['it uses 1 GiB', 'it uses –'],
  ])('is not: %s, %s', (one, other) => expect(saysTheSame(one, other)).toBe(false));

  it('is news after a minute, for each one by itself, and when the clock was set back', () => {
    const repeats = createRepeats();
    expect(repeats.isNew('web-1', 'would get 1 GiB', 100)).toBe(true);
    expect(repeats.isNew('web-1', 'would get 1.5 GiB', 159)).toBe(false);
    expect(repeats.isNew('web-2', 'would get 1 GiB', 159)).toBe(true);
    expect(repeats.isNew('web-1', 'would get 2 GiB', 160)).toBe(true);
    expect(repeats.isNew('web-1', 'would get 2 GiB', 50)).toBe(true);
    expect(repeats.isNew('web-1', 'would get 2 GiB', 51)).toBe(false);
    repeats.forget();
    expect(repeats.isNew('web-1', 'would get 2 GiB', 52)).toBe(true);
  });
});
