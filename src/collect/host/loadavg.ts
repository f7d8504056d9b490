import type { Root } from '../../root.ts';
import type { Numbers } from '../../sample.ts';
import { type Found, number, parseWith } from './layout.ts';
import { createNumbersReader } from './numbers.ts';
import type { Reader } from './reader.ts';

const line = new RegExp(`^(${number}) (${number}) (${number}) (\\d+)/(\\d+) `);
const keys = ['load1', 'load5', 'load15', 'running', 'total'];

const findLoadavg = (text: string): Found[] => {
  const parts = line.exec(text)?.slice(1) ?? [];
  let start = 0;
  return parts.map((digits, index) => {
    const found = { key: keys[index] ?? '', start, end: start + digits.length, over: 1 };
    // One separator each: a space, or the slash between running and total.
    start = found.end + 1;
    return found;
  });
};

/** /proc/loadavg: `0.12 0.10 0.09 1/86 5196`, the last being the newest PID, which is left out. */
export const parseLoadavg = (text: string): Numbers => parseWith(findLoadavg, text);

export const createLoadavgReader = (root: Root): Reader<Numbers> =>
  createNumbersReader(root, '/proc/loadavg', findLoadavg);
