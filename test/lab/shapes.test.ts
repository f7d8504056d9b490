import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openDesk } from '../pty/kvmtop.ts';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { type Guest, startGuest } from './lab.ts';
import { balloonOf, insideOf, mib, prefix, setInterval } from './oracle.ts';

/** Guests of which a balloon could take what they need, were it judged by their sizes. */
describeLab('a balloon of a guest of another shape', () => {
  const desk = openDesk();
  const dimmWords = ['-object', 'memory-backend-ram,id=d0,size=128M', '-device', 'pc-dimm,id=dimm0,memdev=d0'];
  let dimm: Guest;
  let crash: Guest;
  beforeAll(async () => {
    [dimm, crash] = (await Promise.all([
      startGuest({ name: `${prefix}dimm`, memory: 256, maxmem: 1024, extra: dimmWords }),
      startGuest({ name: `${prefix}crash`, memory: 384, kernel: 'crashkernel=192M' }),
    ])) as [Guest, Guest];
    for (const guest of [dimm, crash]) {
      await guest.ready();
      await setInterval(guest, 1);
      await until(`${guest.name} reports`, 20_000, async () => (await insideOf(guest)) !== undefined);
    }
  });
  afterEach(() => desk.tidy());
  afterAll(async () => {
    await desk.close();
    await Promise.all([dimm, crash].map(guest => guest?.stop()));
  });

  test('with a DIMM gives all of it back, and takes none', async () => {
    expect(await balloonOf(dimm)).toBe(384 * mib);
    const kept = await desk.run(['do', 'balloon', dimm.name, 'max', '--yes']);
    expect([kept.code, kept.stderr]).toEqual([3, expect.stringMatching(/it already has 384 MiB; nothing was changed/)]);
    await dimm.qmp('balloon', { value: 360 * mib });
    await until('the balloon has come to 360 MiB', 10_000, async () => (await balloonOf(dimm)) === 360 * mib);
    const grown = await desk.run(['do', 'balloon', dimm.name, 'max', '--yes']);
    expect([grown.stderr, grown.code]).toEqual(['', 0]);
    expect(grown.stdout).toContain(`Grow ${dimm.name} from 360 MiB to 384 MiB\n`);
    expect(await balloonOf(dimm)).toBe(384 * mib);
  });

  test('that keeps half of it for a crash kernel is not shrunk by what it has not available', async () => {
    const { available } = (await insideOf(crash)) ?? { available: Number.NaN };
    expect(available).toBeLessThan(150 * mib);
    const shrunk = await desk.run(['do', 'balloon', crash.name, '180M', '--yes']);
    expect([shrunk.code, shrunk.stderr]).toEqual([
      3,
      expect.stringMatching(/unsafe: leaves 0 B of 1\d\d MiB available inside: minimum 3\d\d MiB/),
    ]);
    expect(await balloonOf(crash)).toBe(384 * mib);
  });
});
