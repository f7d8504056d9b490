import type { Headline } from '../../src/recording/headline.ts';
import type { TapeEvent } from '../../src/recording/tape.ts';
import type { Sample } from '../../src/sample.ts';
import { guest, sample } from '../samples.ts';

/** What test/recording/v1.kvmtop holds. It was written once, by `node v1.ts FILE`, and must be read by all that come after. */

const MiB = 1024 ** 2;
const stats = (lastUpdate: number, free: number) => ({
  lastUpdate,
  values: { 'stat-free-memory': free, 'stat-major-faults': 3 },
});

const look = (number: number, guests: Sample['guests']): Sample =>
  sample({
    time: 1_800_000_000.25 + number,
    monotonic: 5000.123456789 + number * 1.0000001,
    host: {
      hostname: 'host-1',
      kernel: '6.1.0-18-amd64',
      meminfo: { MemTotal: 131_072 * MiB, MemFree: 4096 * MiB - number * 4096, HugePages_Total: 16 },
      pressure: { memory: { 'some avg10': 0.12 + number / 100, 'some total': 12.345678 + number / 1e6 } },
      ksm: { run: 1, pages_sharing: 1000 + number, advisor_mode: number < 3 ? 'none' : 'scan-time' },
    },
    guests,
    problems: number === 2 ? [{ source: 'guest web-2', message: 'it does not answer' }] : [],
  });

const web = (id: number, number: number) =>
  guest({
    id: `${id}.5000`,
    pid: id,
    name: `web-${id} \u001b[31m✓`,
    process: { status: { VmRSS: (512 + number) * MiB, VmSwap: 0 } },
    monitor: {
      state: 'ok',
      balloon: { device: true, actual: 1024 * MiB, stats: stats(number + 1, 5 * MiB), earlier: stats(number, 5 * MiB) },
    },
  });

export const samples: readonly Sample[] = [
  look(0, [web(1, 0), web(2, 0)]),
  look(1, [web(1, 1), web(2, 1)]),
  look(2, [web(1, 2), web(2, 2), web(3, 2)]),
  look(3, [web(1, 3), web(3, 3)]),
  look(4, []),
  look(5, [web(4, 5)]),
];

export const headlines: readonly Headline[] = samples.map(({ time, guests }, index) => ({
  time,
  mem_total: 131_072 * MiB,
  psi_mem_some_avg10: 0.12 + index / 100,
  ...(index > 2 && { swap_in: 4096.5 }),
  guests: guests.length,
}));

export const events: readonly TapeEvent[] = [
  {
    time: 1_800_000_001,
    kind: 'action',
    subject: 'web-1',
    text: 'balloon of web-1 to 1 GiB',
    data: { by: 'key', bytes: 1024 * MiB },
  },
  { time: 1_800_000_003, kind: 'finding', subject: 'host', text: 'swaps “much”' },
];

if (import.meta.main) {
  const { openWriter } = await import('../../src/recording/write.ts');
  const writer = openWriter(process.argv[2]!, { program: 'kvmtop 0.1.0', delay: 1, boot: 'boot-1' });
  for (const [index, one] of samples.entries()) writer.append(one, headlines[index]!);
  for (const event of events) writer.note(event);
  writer.close();
}
