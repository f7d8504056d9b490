import type { Root } from '../../root.ts';
import type { HostSample, Numbers } from '../../sample.ts';
import { type Found, foundAt, number, overMicroseconds, parseWith } from './layout.ts';
import { createNumbersReader } from './numbers.ts';
import type { Reader } from './reader.ts';

/** The first word of a line, or a pair after it. */
const word = new RegExp(`^(\\S*)|(?<= )(\\w+)=(${number})(?= |$)`, 'dgm');

export const findPressure = (text: string): Found[] => {
  let kind = '';
  return Array.from(text.matchAll(word)).flatMap(match => {
    const [, first, name] = match;
    if (name === undefined) kind = first ?? '';
    if (name === undefined || !/^(some|full)$/.test(kind)) return [];
    return foundAt(match, 3, `${kind} ${name}`, name === 'total' ? overMicroseconds : 1);
  });
};

/**
 * /proc/pressure/*: lines are `some avg10=0.12 avg60=0.05 avg300=0.01 total=1234`, averages in percent and the total in
 * microseconds, here in seconds. Keys are `some avg10` and so on. Before Linux 5.13 `cpu` has no `full` line.
 */
export const parsePressure = (text: string): Numbers => parseWith(findPressure, text);

/** Absent where the kernel was built or booted without PSI. */
export const createPressureReader = (root: Root): Reader<NonNullable<HostSample['pressure']>> => {
  const memory = createNumbersReader(root, '/proc/pressure/memory', findPressure, 'record');
  const cpu = createNumbersReader(root, '/proc/pressure/cpu', findPressure, 'record');
  const io = createNumbersReader(root, '/proc/pressure/io', findPressure, 'record');
  return {
    read() {
      const resources = { memory: memory.read(), cpu: cpu.read(), io: io.read() };
      const known = Object.entries(resources).filter(([, numbers]) => numbers !== undefined);
      return known.length > 0 ? Object.fromEntries(known) : undefined;
    },
    close() {
      memory.close();
      cpu.close();
      io.close();
    },
  };
};
