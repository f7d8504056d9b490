import { expect, test } from 'vitest';
import { Queue } from '../../../src/collect/guests/queue.ts';

/** Tasks that end when they are told to, and the order in which they began. */
const stage = (limit: number) => {
  const queue = new Queue(limit);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const add = (name: string): Promise<void> =>
    queue.add(name, () => {
      begun.push(name);
      return new Promise(resolve => ends.set(name, resolve));
    });
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    // Its place is given on in the turns that its promises need.
    await new Promise(resolve => setImmediate(resolve));
  };
  return { queue, begun, add, end };
};

test('no more than so many run at the same time, in the order they came', async () => {
  const { begun, add, end } = stage(2);
  const all = ['a', 'b', 'c', 'd', 'e'].map(add);
  expect(begun).toEqual(['a', 'b']);
  await end('b');
  expect(begun).toEqual(['a', 'b', 'c']);
  await end('a');
  await end('c');
  expect(begun).toEqual(['a', 'b', 'c', 'd', 'e']);
  await end('d');
  await end('e');
  await Promise.all(all);
});

test('a place that nobody waited for is free again', async () => {
  const { begun, add, end } = stage(1);
  const first = add('a');
  await end('a');
  await first;
  void add('b');
  expect(begun).toEqual(['a', 'b']);
  void add('c');
  expect(begun).toEqual(['a', 'b']);
  await end('b');
  expect(begun).toEqual(['a', 'b', 'c']);
  await end('c');
});

test('who asks for what is under way, or waits, joins that; once it is done it runs anew', async () => {
  const { begun, add, end } = stage(1);
  const first = add('a');
  expect(add('a')).toBe(first);
  const waiting = add('b');
  expect(add('b')).toBe(waiting);
  await end('a');
  await end('b');
  await waiting;
  expect(begun).toEqual(['a', 'b']);
  const again = add('a');
  expect(again).not.toBe(first);
  expect(begun).toEqual(['a', 'b', 'a']);
  await end('a');
  await again;
});
