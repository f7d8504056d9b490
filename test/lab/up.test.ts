import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { borrowHost, openCell } from './lab.ts';

const number = (path: string): number => Number(readFileSync(path, 'utf8'));
const host = () => ({
  ksm: number('/sys/kernel/mm/ksm/run'),
  hugepages: number('/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages'),
});
/** The swap files of labs. */
const swaps = (): readonly string[] => readFileSync('/proc/swaps', 'utf8').match(/\S*kvmtop-lab-swap\S*/g) ?? [];

describeLab('a lab leaves nothing behind', () => {
  test('two loans at once add up, and the last puts KSM back', async () => {
    const before = host();
    const first = await borrowHost({ ksm: true, hugepages: 2 });
    const second = await borrowHost({ ksm: true, hugepages: 3 });
    expect(host()).toEqual({ ksm: 1, hugepages: before.hugepages + 5 });
    await first();
    expect(host()).toEqual({ ksm: 1, hugepages: before.hugepages + 3 });
    await second();
    expect(host()).toEqual(before);
  });

  test('a swap file and a cgroup are gone with what was in it', async () => {
    const before = swaps();
    const giveBack = await borrowHost({ swap: 16 });
    const file = swaps().find(path => !before.includes(path)) ?? '';
    expect(existsSync(file)).toBe(true);
    const cell = await openCell(64, { swap: true });
    const [command = '', ...words] = [...cell.enter, 'sleep', '600'];
    const inside = spawn(command, words);
    const ended = new Promise(resolve => inside.once('exit', (_code, signal) => resolve(signal)));
    await until(
      'it is in',
      10_000,
      () => readFileSync(join(cell.folder, 'cgroup.procs'), 'utf8') === `${inside.pid}\n`,
    );
    await cell.close();
    expect(await ended).toBe('SIGKILL');
    await giveBack();
    expect([cell.folder, file].filter(existsSync)).toEqual([]);
    expect(swaps()).not.toContain(file);
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)('ended by %s', async signal => {
    const before = host();
    const up = spawn(process.execPath, [join(import.meta.dirname, 'up.ts'), '--only', 'hugetlb,twinA'], {
      env: { ...process.env, FORCE_COLOR: '0' },
    });
    let text = '';
    up.stdout.setEncoding('utf8').on('data', chunk => {
      text += chunk;
    });
    try {
      await until('the lab is up', 60_000, () => text.includes('The lab is up'));
      expect(host()).toEqual({ ksm: 1, hugepages: before.hugepages + 64 });
      const pids = [...text.matchAll(/ (\d+) +│ '\S+qmp'/g)].map(([, pid]) => pid);
      expect(pids).toHaveLength(2);

      up.kill(signal);
      await until('the guests are gone', 10_000, () => pids.every(pid => !existsSync(`/proc/${pid}/exe`)));
      await until('the host is as before', 20_000, () => JSON.stringify(host()) === JSON.stringify(before));
    } finally {
      up.kill('SIGKILL');
    }
  });
});
