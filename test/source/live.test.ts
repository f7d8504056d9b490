import { closeSync, openSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Need } from '../../src/fields/field.ts';
import { derive, type Model } from '../../src/model.ts';
import { Root } from '../../src/root.ts';
import type { Sample } from '../../src/sample.ts';
import { createLiveSource } from '../../src/source/live.ts';
import type { Source } from '../../src/source/source.ts';
import { makeTree, type Tree } from '../collect/guests/tree.ts';

/**
 * A host on which everything happens a thousand times a second, and where each file but those of the counters takes a while
 * when it is opened for the first time: so a first look takes far longer than the next. The clock is the test's own.
 */
class SlowToOpen extends Root {
  readonly #counters: Readonly<Record<string, (count: number) => string>>;
  readonly #open = new Map<number, string>();
  readonly #seen = new Set<string>();

  constructor(dir: string, counters: Readonly<Record<string, (count: number) => string>>) {
    super(dir);
    this.#counters = counters;
  }

  override open(path: string): number | undefined {
    if (!this.#seen.has(path) && !(path in this.#counters)) vi.advanceTimersByTime(5);
    this.#seen.add(path);
    const descriptor = super.open(path);
    if (descriptor !== undefined) this.#open.set(descriptor, path);
    return descriptor;
  }

  override bytesOf(descriptor: number): Buffer | undefined {
    this.#tick(descriptor);
    return super.bytesOf(descriptor);
  }

  override recordOf(descriptor: number): Buffer | undefined {
    this.#tick(descriptor);
    return super.recordOf(descriptor);
  }

  override pageOf(descriptor: number): Buffer | undefined {
    this.#tick(descriptor);
    return super.pageOf(descriptor);
  }

  #tick(descriptor: number): void {
    const path = this.#open.get(descriptor) ?? '';
    const text = this.#counters[path]?.(Math.round(performance.now()) + 1_000_000);
    if (text === undefined) return;
    const file = openSync(this.path(path), 'r+');
    writeSync(file, text, 0);
    closeSync(file);
  }
}

let tree: Tree;
let source: Source;
beforeEach(() => void vi.useFakeTimers({ toFake: ['hrtime', 'performance', 'Date'] }));
afterEach(async () => {
  vi.useRealTimers();
  await source.close();
  tree.remove();
});

const wanted = new Set<Need>(['vmstat', 'stat', 'ksm', 'processes', 'pools', 'sysctls', 'thp', 'guest_stat']);

test('from the first two looks on, rates are what the counters say, however slow the first was', async () => {
  const process = (pid: number) => (count: number) =>
    `${pid} (qemu) S 1 1 1 0 -1 4194304 ${count} 0 ${count} 0 ${count} 0 0 0 20 0 4 0 5000 0 0\n`;
  const counters = {
    '/proc/stat': (count: number) => `cpu  ${count} 0 0 ${count} 0 0 0 0 0 0\nctxt ${count}\n`,
    '/proc/vmstat': (count: number) => `nr_free_pages 1\npgmajfault ${count}\n`,
    '/sys/kernel/mm/ksm/pages_scanned': (count: number) => `${count}\n`,
    '/proc/11/stat': process(11),
    '/proc/12/stat': process(12),
  };
  tree = makeTree();
  for (const path in counters) tree.write(path, ' '.repeat(100));
  for (const pid of [11, 12])
    tree.process(pid, { exe: '/usr/bin/qemu-system-x86_64', args: ['qemu-system-x86_64'], starttime: 5000 });
  for (const name of ['meminfo', 'loadavg', 'uptime', 'sys/vm/swappiness', 'sys/vm/dirty_ratio'])
    tree.write(`/proc/${name}`, '1\n');
  source = createLiveSource(new SlowToOpen(tree.dir, counters));

  const samples: Sample[] = [];
  for (let look = 0; look < 3; look += 1) {
    samples.push(await source.look(wanted));
    vi.advanceTimersByTime(1000);
  }
  const [first, second, third] = samples;
  const rates = ({ host, guests, processes }: Model) => ({
    // A thousand ticks of 1/100 s a second.
    cpu: ((host.values.cpu_user ?? 0) + (host.values.cpu_idle ?? 0)) * 100,
    switches: host.values.context_switches,
    faults: host.values.major_faults,
    scanned: (host.values.ksm_scanned ?? 0) / 4096,
    guests: guests.map(({ values }) => (values.cpu ?? 0) * 100),
    processes: processes?.map(({ values }) => values.major_faults),
  });
  // The users' names are read after the processes' moment, once.
  const about = (count: number) => expect.toSatisfy((rate: number) => Math.abs(rate / count - 1) < 0.01);
  for (const model of [derive(first, second as Sample), derive(second, third as Sample)])
    expect(rates(model)).toEqual({
      cpu: about(2000),
      switches: about(1000),
      faults: about(1000),
      scanned: about(1000),
      guests: [about(1000), about(1000)],
      processes: [about(1000), about(1000)],
    });
});
