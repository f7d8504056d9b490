import { afterAll, beforeAll, expect, test } from 'vitest';
import { balloonFloor } from '../../src/actions/balloon/rails.ts';
import { derive, type GuestModel } from '../../src/model.ts';
import { Root } from '../../src/root.ts';
import { createLiveSource } from '../../src/source/live.ts';
import type { Source } from '../../src/source/source.ts';
import { until } from '../until.ts';
import { describeLab } from './describe.ts';
import { type Guest, startGuest } from './lab.ts';
import { mib, prefix, setInterval } from './oracle.ts';

describeLab('a balloon with deflate-on-oom', () => {
  let source: Source;
  let guest: Guest;
  beforeAll(async () => {
    source = createLiveSource(new Root('/'));
    guest = await startGuest({ name: `${prefix}deflate`, memory: 256, deflateOnOom: true });
    await guest.ready();
    await setInterval(guest, 1);
  });
  afterAll(async () => {
    await source?.close();
    await guest?.stop();
  });

  /** The guest once it is as `wants` says. */
  const seen = async (what: string, wants: (one: GuestModel) => boolean): Promise<GuestModel> => {
    let found: GuestModel | undefined;
    await until(what, 30_000, async () => {
      found = derive(undefined, await source.look(new Set())).guests.find(({ pid }) => pid === guest.pid);
      return found !== undefined && wants(found);
    });
    return found as GuestModel;
  };

  test('takes nothing that the guest uses, though the guest’s total stays', async () => {
    const full = await seen('it reports', ({ values }) => values.guest_used !== undefined);
    const before = full.sample.monitor.balloon?.stats?.lastUpdate ?? 0;
    await guest.qmp('balloon', { value: 160 * mib });
    const taken = 96 * mib;
    const small = await seen(
      'it reports from its new size',
      ({ values, sample }) =>
        values.balloon_actual === 160 * mib &&
        (sample.monitor.balloon?.stats?.lastUpdate ?? 0) > before + 1 &&
        sample.monitor.balloon?.stats?.actual === undefined,
    );
    expect(small.sample.monitor.balloon?.deflateOnOom).toBe(true);
    expect(small.values.guest_total).toBe(full.values.guest_total);
    // Counted as use, all that the balloon took would show. What the guest itself needs moves by some MiB, more on a slow host.
    const moved = (small.values.guest_used ?? Number.NaN) - (full.values.guest_used ?? Number.NaN);
    expect(Math.abs(moved)).toBeLessThan(taken / 4);
    const floors = [balloonFloor(full), balloonFloor(small)].map(floor => floor ?? Number.NaN);
    expect(Math.abs((floors[1] ?? 0) - (floors[0] ?? 0))).toBeLessThan(taken / 2);
  });
});
