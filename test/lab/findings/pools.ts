import { expect } from 'vitest';
import { aloneWithHost, borrowHost, holdMemory } from '../lab.ts';
import { isShown, kilobytes, knob, mib, sizesIn } from '../oracle.ts';
import type { Stage } from './stage.ts';
import { carryOut, type Look, perform, toldIn } from './watch.ts';

const pool = 'pool of 2M pages';
const pages = (name: string): number => knob(`/sys/kernel/mm/hugepages/hugepages-2048kB/${name}_hugepages`);
const of = (name: string): number => kilobytes('/proc/meminfo').get(name) ?? Number.NaN;

/**
 * What of the memory that is available is taken, or set aside, and where of it the line is drawn: with a fifth more than that,
 * the host is out of danger again.
 */
const ballast = 0.35;
const line = 0.72;

/** A pool that one guest fills; a ballast beside the pools that makes the host short; one in the pool that lies idle. */
export const poolScene = async (stage: Stage): Promise<void> => {
  const { desk, watch, silent } = stage;
  await silent('pool-exhausted', pool);
  await silent('hugepages-unmerged', 'KSM');
  const filler = await stage.start('filler', { memory: 128, backend: 'hugetlb' });
  const full = await watch.tells('pool-exhausted', pool);
  expect(full.severity).toBe('notice');
  expect(isShown(sizesIn(full.text)[0], pages('nr') * 2 * mib, pages('nr') * 2 * mib), full.text).toBe(true);
  expect(pages('free') - pages('resv')).toBe(0);

  const outside = (): number => of('MemTotal') - of('Hugetlb');
  const before = of('MemAvailable');
  const percent = (100 * line * before) / outside();
  const tight = await stage.openWatch(`[thresholds]\navailable_low_percent = ${percent.toFixed(2)}\n`);
  expect(toldIn(tight.looks.at(-1) as Look, 'host-short', 'host')).toBeUndefined();
  const release = stage.keep(await holdMemory(ballast * before));
  const short = await tight.tells('host-short', 'host');
  expect(short.severity).toBe('warning');
  const [available, total] = sizesIn(short.text);
  expect(isShown(available, of('MemAvailable'), short.look.host['mem_available'], 512 * mib), short.text).toBe(true);
  expect(isShown(total, outside(), outside(), 16 * mib), short.text).toBe(true);
  await release();
  await tight.ends('host-short', 'host');

  await silent('pool-idle', pool);
  const giveBack = stage.keep(await borrowHost({ hugepages: Math.ceil((ballast * before) / (2 * mib)) }));
  await watch.ends('pool-exhausted', pool);

  const unmerged = await watch.tells('hugepages-unmerged', 'KSM');
  expect(unmerged.text).toContain(filler.name);
  const idle = await watch.tells('pool-idle', pool);
  // What is set aside on purpose makes nobody short: what is left is as free as before.
  expect(toldIn(tight.looks.at(-1) as Look, 'host-short', 'host')).toBeUndefined();
  const usable = (pages('free') - pages('resv')) * 2 * mib;
  expect(isShown(sizesIn(idle.text)[0], usable, usable), idle.text).toBe(true);
  await aloneWithHost(async () => {
    const count = pages('nr');
    await carryOut(desk, idle);
    expect([pages('nr'), pages('free')]).toEqual([count - usable / (2 * mib), 0]);
    await silent('pool-idle', pool);
    // So that it can be given back by those who borrowed it.
    await perform(desk, 'hugepages', '2M', String(count));
  });
  await giveBack();
};
