import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Parsed } from '../../src/collect/parsed.ts';

/** Few contents, so that many are as they were; of several lengths, one the beginning of another. */
const content = fc.constantFrom('', 'a', 'ab', 'b', 'a longer one that needs more room than the ones before it had');

test('it gives what parsing gives, the very same object as long as the bytes are the same', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(content, content, content)), files => {
      let parsings = 0;
      const parsed = new Parsed(bytes => {
        parsings += 1;
        return bytes.length === 2 ? undefined : { text: bytes.toString() };
      });
      // One buffer for all, as Root has.
      const shared = Buffer.alloc(1000);
      let last: { readonly text: string; readonly part: unknown } | undefined;
      let changes = 0;
      for (const [head, text, tail] of files) {
        const length = shared.write(head + text + tail);
        const part = parsed.of(shared.subarray(0, length), head.length, head.length + text.length);
        expect(part).toEqual(text.length === 2 ? undefined : { text });
        if (last?.text === text) expect(part).toBe(last.part);
        else changes += 1;
        last = { text, part };
      }
      expect(parsings).toBe(changes);
    }),
  );
});
