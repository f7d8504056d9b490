import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { borrowHost } from './lab.ts';

const number = (path: string): number => Number(readFileSync(path, 'utf8'));
const host = () => ({
  ksm: number('/sys/kernel/mm/ksm/run'),
  hugepages: number('/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages'),
});

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
