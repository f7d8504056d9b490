import type { Root } from '../../root.ts';
import type { Numbers } from '../../sample.ts';
import { type Found, foundAt, number, parseWith } from './layout.ts';
import { createNumbersReader } from './numbers.ts';
import type { Reader } from './reader.ts';

const line = new RegExp(`^(\\S+) +(${number})$`, 'dgm');

export const findVmstat = (text: string): Found[] =>
  Array.from(text.matchAll(line), match => foundAt(match, 2, match[1] ?? ''));

/** /proc/vmstat: lines are `name 123`, pages or events since boot. Other lines are skipped. */
export const parseVmstat = (text: string): Numbers => parseWith(findVmstat, text);

export const createVmstatReader = (root: Root): Reader<Numbers> =>
  createNumbersReader(root, '/proc/vmstat', findVmstat);
