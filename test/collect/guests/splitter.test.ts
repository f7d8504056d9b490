import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { MessageSplitter } from '../../../src/collect/guests/monitors/qmp/splitter.ts';
import { parseAnswer } from '../../../src/vmm/answers.ts';

const message = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
const layout = fc.constantFrom(undefined, 1, 4, '\t');

/** `text` in pieces that end at the given places. */
const pieces = (bytes: Buffer, cuts: number[]): Buffer[] => {
  const places = [...new Set([0, ...cuts.map(cut => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
};

it('gives the messages back, however they are laid out and cut', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(message, layout)), fc.array(fc.nat()), (messages, cuts) => {
      const texts = messages.map(([object, indent]) => JSON.stringify(object, undefined, indent));
      const splitter = new MessageSplitter();
      const found = pieces(Buffer.from(texts.join('\r\n')), cuts).flatMap(piece => splitter.push(piece));
      expect(found).toEqual(texts.map(text => JSON.parse(text)));
    }),
  );
});

it('fails, and only in its own words, on bytes that are no messages', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), chunks => {
      const splitter = new MessageSplitter();
      try {
        for (const chunk of chunks)
          for (const found of splitter.push(Buffer.from(chunk))) expect(found).toBeTypeOf('object');
      } catch (error) {
        expect((error as Error).message).toMatch(/^it (does not speak QMP|sent broken JSON)$/);
      }
    }),
  );
});

test.each([
  ['SSH-2.0', 'does not speak QMP'],
  ['{"a":]', 'broken JSON'],
  ['{a}', 'broken JSON'],
  ['{}x', 'does not speak QMP'],
])('%j: %s', (text, why) => expect(() => new MessageSplitter().push(Buffer.from(text))).toThrow(why));

it('does not collect a message without end', () => {
  const splitter = new MessageSplitter(100);
  splitter.push(Buffer.from('{"a":"'));
  expect(() => splitter.push(Buffer.alloc(101, 'x'))).toThrow('without end');
});

it('does not take more than anybody asked for, however it is cut into messages', () => {
  const splitter = new MessageSplitter(100);
  const event = Buffer.from('{"event": "x"}\r\n');
  const flood = () => {
    for (let sent = 0; sent < 200; sent += event.length) splitter.push(event);
  };
  expect(flood).toThrow('without end');
});

test.each(['[', '{"a":'])('does not take %j a million times, nor parse it', opening => {
  const started = performance.now();
  const bomb = Buffer.from(`{"QMP":${opening.repeat(1_000_000)}`);
  expect(() => new MessageSplitter(bomb.length).push(bomb)).toThrow('nested too deep');
  expect(performance.now() - started).toBeLessThan(1000);
  expect(() => parseAnswer(bomb.toString())).toThrow('nested too deep');
});

it('tells brackets in words from those that nest', () => {
  const text = JSON.stringify({ QMP: { package: '[{'.repeat(1000), more: '\\"[' } });
  expect(new MessageSplitter().push(Buffer.from(text))).toEqual([JSON.parse(text)]);
  expect(parseAnswer(text)).toEqual(JSON.parse(text));
});

it('is not held up by a word without end', () => {
  const started = performance.now();
  for (const text of [`["${'\\"'.repeat(500_000)}`, `["${'x'.repeat(1_000_000)}`])
    expect(() => parseAnswer(text)).toThrow(SyntaxError);
  expect(performance.now() - started).toBeLessThan(1000);
});

test('keeps nothing of a chunk, whose buffer its reader uses again', () => {
  const splitter = new MessageSplitter();
  const buffer = Buffer.from('{"one":');
  expect(splitter.push(buffer)).toEqual([]);
  buffer.fill('x');
  expect(splitter.push(Buffer.from('1}'))).toEqual([{ one: 1 }]);
});
