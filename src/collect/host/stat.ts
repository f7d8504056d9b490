import type { Root } from '../../root.ts';
import type { Numbers } from '../../sample.ts';
import { type Found, foundAt, number, parseWith } from './layout.ts';
import { createNumbersReader } from './numbers.ts';
import type { Reader } from './reader.ts';

/** Columns of the line `cpu`, proc(5); those after `steal` are part of `user` and `nice`. */
const columns = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'];
const processors = new RegExp(`^cpu +${columns.map(() => `(${number})`).join(' +')}(?= |$)`, 'dm');
/** `intr` and `softirq` go on with a number for each kind; the first is the sum. */
const line = new RegExp(`^(intr|ctxt|processes|procs_running|procs_blocked) +(${number})(?= |$)`, 'dgm');

export const findStat = (text: string): Found[] => {
  const cpu = processors.exec(text);
  return [
    ...(cpu ? columns.map((key, index) => foundAt(cpu, index + 1, key)) : []),
    ...Array.from(text.matchAll(line), match => foundAt(match, 2, match[1] ?? '')),
  ];
};

/** /proc/stat: `user` to `steal` of all processors in clock ticks, `intr`, `ctxt`, `processes`, `procs_running`, `procs_blocked`. */
export const parseStat = (text: string): Numbers => parseWith(findStat, text);

export const createStatReader = (root: Root): Reader<Numbers> => createNumbersReader(root, '/proc/stat', findStat);
