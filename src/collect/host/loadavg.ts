import type { Root } from '../../root.ts';
import type { Numbers } from '../../sample.ts';
import { type Found, foundAt, number, parseWith } from './layout.ts';
import { createNumbersReader } from './numbers.ts';
import type { Reader } from './reader.ts';

const line = new RegExp(`^(${number}) +(${number}) +(${number}) +(${number})/(${number}) +(${number})(?=\\n|$)`, 'd');
const keys = ['load1', 'load5', 'load15', 'running', 'total', 'last_pid'];

export const findLoadavg = (text: string): Found[] => {
  const match = line.exec(text);
  return match ? keys.map((key, index) => foundAt(match, index + 1, key)) : [];
};

/** /proc/loadavg: `0.12 0.10 0.09 1/86 5196`: `load1`, `load5`, `load15`, `running` of `total` threads, `last_pid`. */
export const parseLoadavg = (text: string): Numbers => parseWith(findLoadavg, text);

export const createLoadavgReader = (root: Root): Reader<Numbers> =>
  createNumbersReader(root, '/proc/loadavg', findLoadavg, 'record');
