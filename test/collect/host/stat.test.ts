import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Layout } from '../../../src/collect/host/layout.ts';
import { findStat, parseStat } from '../../../src/collect/host/stat.ts';

const count = fc.nat();

test('the first columns of all processors, and the first number of the rest', () => {
  const text = `cpu  10 1 20 3000 4 0 5 6 7 0
cpu0 10 1 20 3000 4 0 5 6 7 0
intr 900 5 0 0 9
ctxt 12345
btime 1700000000
processes 77
procs_running 3
procs_blocked 0
softirq 4000 1 2 3
`;
  const numbers = { user: 10, nice: 1, system: 20, idle: 3000, iowait: 4, irq: 0, softirq: 5, steal: 6 };
  const all = { ...numbers, intr: 900, ctxt: 12_345, processes: 77, procs_running: 3, procs_blocked: 0 };
  expect(parseStat(text)).toEqual(all);
  expect(parseStat('cpu  1 2 3\nctxt 5\n')).toEqual({ ctxt: 5 });
});

test('is read the same whether its layout is known or not', () => {
  const layout = new Layout(findStat);
  fc.assert(
    fc.property(fc.array(count, { minLength: 10, maxLength: 10 }), count, fc.array(count), (cpu, ctxt, kinds) => {
      const text = `cpu  ${cpu.join(' ')}\nintr ${[ctxt, ...kinds].join(' ')}\nctxt ${ctxt}\nprocs_running ${cpu[0]}\n`;
      const [user, nice, system, idle, iowait, irq, softirq, steal] = cpu;
      const numbers = { user, nice, system, idle, iowait, irq, softirq, steal, intr: ctxt, ctxt, procs_running: user };
      expect(parseStat(text)).toEqual(numbers);
      expect(layout.parse(Buffer.from(text))).toEqual(numbers);
    }),
  );
});

test('whatever the text, there are numbers or nothing', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      expect(Object.values(parseStat(`cpu ${text}\nintr ${text}`)).every(Number.isFinite)).toBe(true);
    }),
  );
});
