import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { until } from '../../until.ts';
import { aloneWithHost } from '../lab.ts';
import { isShown, kilobytes, knob, mib, sizesIn } from '../oracle.ts';
import type { Stage } from './stage.ts';
import { carryOut, perform, snapshot, type Told, toldIn } from './watch.ts';

const ksm = (name: string): number => knob(`/sys/kernel/mm/ksm/${name}`);
const anonymous = (pid: number): number => kilobytes(`/proc/${pid}/status`).get('RssAnon') ?? Number.NaN;

/** What holds at this moment. */
const toldNow = async ({ desk }: Stage, id: string): Promise<Told> => {
  const found = toldIn(await snapshot(desk), id, 'KSM');
  expect(found, id).toBeDefined();
  return found as Told;
};

/** Bytes of which no two pages are alike. */
const writeRandom = (path: string, megabytes: number): void => {
  const source = openSync('/dev/urandom', 'r');
  const bytes = Buffer.alloc(megabytes * mib);
  for (let at = 0; at < bytes.length; ) at += readSync(source, bytes, at, bytes.length - at, null);
  closeSync(source);
  writeFileSync(path, bytes);
};

const nobodyOffers = async (stage: Stage): Promise<void> => {
  // Another lab on this host may have guests that share.
  await until('nobody shares pages', 100_000, () => ksm('pages_sharing') === 0);
  const idle = await toldNow(stage, 'ksm-idle');
  expect(idle.text).toMatch(/^KSM runs, but no guest has memory that it could merge \(/);
  await carryOut(stage.desk, idle);
  expect(ksm('run')).toBe(0);
  await stage.silent('ksm-idle', 'KSM');
  await perform(stage.desk, 'ksm', 'run');
};

const nothingIsAlike = async (stage: Stage): Promise<void> => {
  const { desk, watch, silent } = stage;
  // It never runs: its memory is as if it had written it.
  const random = join(stage.folder, 'random');
  writeRandom(random, 256);
  await silent('ksm-loss', 'KSM');
  const extra = ['-S', '-device', `loader,file=${random},addr=0x2000000,force-raw=on`];
  const differs = await stage.start('differs', { memory: 320, merge: true, balloon: 'none', extra });
  const scans = ksm('full_scans');
  await until('all of it was looked at', 60_000, () => ksm('full_scans') > scans + 1 && ksm('general_profit') < 0);
  await silent('ksm-slow', 'KSM');
  if (/\[scan-time\]/.test(readFileSync('/sys/kernel/mm/ksm/advisor_mode', 'utf8')))
    await perform(desk, 'ksm-set', 'advisor_mode', 'none');
  await perform(desk, 'ksm-set', 'pages_to_scan', '1');
  await perform(desk, 'ksm-set', 'sleep_millisecs', '1000');

  const loss = await watch.tells('ksm-loss', 'KSM');
  expect(loss).toMatchObject({ severity: 'warning', fix: ['ksm', 'unmerge'] });
  const [cost, saved] = sizesIn(loss.text);
  expect(isShown(cost, -ksm('general_profit'), -ksm('general_profit'), mib), loss.text).toBe(true);
  const saves = (ksm('pages_sharing') + ksm('ksm_zero_pages')) * 4096;
  expect(isShown(saved ?? '0B', saves, saves, mib), loss.text).toBe(true);
  const slow = await watch.tells('ksm-slow', 'KSM');
  expect(slow.text).toMatch(/^KSM scans at most 4\.00 KiB\/s, and guests offer /);
  // QEMU itself holds as much again, for the loader: that is not offered.
  expect(anonymous(differs.pid)).toBeGreaterThan(differs.size);
  expect(isShown(sizesIn(slow.text)[1], differs.size, differs.size), slow.text).toBe(true);

  await carryOut(desk, slow);
  await silent('ksm-slow', 'KSM');
  await perform(desk, 'ksm-set', 'advisor_mode', 'none');
  await carryOut(desk, loss);
  expect([ksm('run'), ksm('general_profit')]).toEqual([2, 0]);
  await silent('ksm-loss', 'KSM');
};

const offThoughAlike = async (stage: Stage): Promise<void> => {
  await perform(stage.desk, 'ksm', 'stop');
  await stage.silent('ksm-off', 'KSM');
  const backend = 'memory-backend-ram,id=all,size=1280M,prealloc=on';
  const twins = await Promise.all(
    ['alike-a', 'alike-b'].map(key =>
      stage.start(key, {
        memory: 1280,
        merge: true,
        balloon: 'none',
        extra: ['-S', '-object', backend, '-machine', 'memory-backend=all'],
      }),
    ),
  );
  const off = await toldNow(stage, 'ksm-off');
  for (const { name } of twins) expect(off.text).toContain(name);
  // All of one of them, since all of both is there.
  for (const { pid, size } of twins) expect(anonymous(pid)).toBeGreaterThanOrEqual(size);
  expect(sizesIn(off.text)).toEqual(['1.25G']);
  await carryOut(stage.desk, off);
  expect(ksm('run')).toBe(1);
  await stage.silent('ksm-off', 'KSM');
  await Promise.all(twins.map(twin => twin.stop()));
};

/** KSM while nobody offers memory, while nothing of what is offered is alike, and while it is off for guests that are. */
export const sharingScene = async (stage: Stage): Promise<void> => {
  await nobodyOffers(stage);
  await nothingIsAlike(stage);
  // No other lab may start KSM meanwhile.
  await aloneWithHost(() => offThoughAlike(stage));
};
