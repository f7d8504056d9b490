import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { describeLab } from '../describe.ts';
import { borrowHost, openCell } from '../lab.ts';
import { countOf, isShown, kilobytes, mib, sizesIn } from '../oracle.ts';
import { poolScene } from './pools.ts';
import { promisesScene } from './promises.ts';
import { sharingScene } from './sharing.ts';
import { createStage } from './stage.ts';
import { swapScene } from './swap.ts';
import { type Look, toldIn } from './watch.ts';

/** They wait for each other's guests, too. */
vi.setConfig({ testTimeout: 400_000 });

/** MiB of page cache that wait for the disk, and a third of it, where the line is drawn. */
const written = 768;

/** Bytes. */
const dirtyLimit = (): number => countOf('/proc/vmstat', 'nr_dirty_threshold') * 4096;
const dirty = (): number => {
  const own = kilobytes('/proc/meminfo');
  return (own.get('Dirty') ?? Number.NaN) + (own.get('Writeback') ?? Number.NaN);
};

/** Room is needed for guests, and for a ballast that makes the host short. */
const whyTooSmall = (): string | undefined =>
  (kilobytes('/proc/meminfo').get('MemAvailable') ?? 0) < 10 * 1024 * mib
    ? 'less than 10 GiB are available'
    : undefined;

describeLab(
  'findings on the host',
  () => {
    const stage = createStage();
    const { silent } = stage;
    beforeAll(async () => {
      stage.keep(await borrowHost({ ksm: true, hugepages: 64, swap: 768 }));
      const percent = (100 * (dirty() + (written / 3) * mib)) / dirtyLimit();
      // The lines are low, where a fast disk or a large host would not come to them; the numbers are the kernel's own.
      await stage.open(
        `[thresholds]\ndirty_near_percent = ${percent.toFixed(2)}\npressure_some_percent = 2\n[monitor]\ngreeting_seconds = 60\nround_seconds = 60\n`,
      );
    });
    afterAll(() => stage.close());

    test.concurrent('host-swapping, host-swapping-idle, guest-swapped and pressure-high', () => swapScene(stage));
    test.concurrent('ksm-idle, ksm-loss, ksm-slow and ksm-off', () => sharingScene(stage));
    test.concurrent('pool-exhausted, pool-idle, hugepages-unmerged and host-short', () => poolScene(stage));
    test.concurrent('overcommit-unmet and monitors-slow', () => promisesScene(stage));

    test.concurrent('oom-kill', async () => {
      const cell = await openCell(64, { swap: false });
      stage.keep(cell.close);
      await silent('oom-kill', 'host');
      const before = countOf('/proc/vmstat', 'oom_kill');
      const [command = '', ...words] = [...cell.enter, 'dd', 'if=/dev/zero', 'of=/dev/null', 'bs=200M', 'count=1'];
      const ended = new Promise(resolve => spawn(command, words).once('exit', (_code, signal) => resolve(signal)));
      expect(await ended).toBe('SIGKILL');
      const told = await stage.watch.tells('oom-kill', 'host');
      expect(countOf('/proc/vmstat', 'oom_kill')).toBe(before + 1);
      expect(told).toMatchObject({
        severity: 'critical',
        text: expect.stringMatching(/has killed a process for lack of/),
      });
      await stage.watch.ends('oom-kill', 'host');
    });

    test.concurrent('dirty-near', async () => {
      const file = `/var/tmp/kvmtop-lab-dirty-${process.pid}`;
      expect(toldIn(stage.watch.looks.at(-1) as Look, 'dirty-near', 'host')).toBeUndefined();
      // Again and again: somebody else may call sync.
      const words = ['if=/dev/zero', `of=${file}`, 'bs=1M', `count=${written}`, 'conv=notrunc'].join(' ');
      const script = [
        'setpriv',
        '--pdeathsig',
        'KILL',
        'sh',
        '-c',
        `while dd ${words}; do sleep 2; done 2>&1`,
      ] as const;
      const writer = spawn(script[0], script.slice(1), { stdio: 'ignore', detached: true });
      const ended = new Promise(resolve => writer.once('exit', resolve));
      try {
        const told = await stage.watch.tells('dirty-near', 'host');
        const [waits, limit] = sizesIn(told.text);
        expect(isShown(waits, dirty(), told.look.host['dirty'], 256 * mib), told.text).toBe(true);
        expect(isShown(limit, dirtyLimit(), dirtyLimit(), 512 * mib), told.text).toBe(true);
      } finally {
        // With the dd that it may have.
        process.kill(-(writer.pid as number), 'SIGKILL');
        await ended;
        rmSync(file, { force: true });
      }
      // What is gone need not be written.
      await stage.watch.ends('dirty-near', 'host');
    });
  },
  whyTooSmall,
);
