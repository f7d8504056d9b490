import { describe, expect, it } from 'vitest';
import { balloonFloor } from '../../src/actions/balloon/rails.ts';
import { derive } from '../../src/model.ts';
import type { BalloonSample, MonitorSample } from '../../src/sample.ts';
import { MiB } from '../../src/units.ts';
import { guest, sample } from '../samples.ts';

/** As a real guest of 256 MiB said it with deflate-on-oom=on, after its balloon had taken 96 MiB (Linux 6.1). */
const inflated = (balloon: Partial<BalloonSample> = {}, monitor: Partial<MonitorSample> = {}) => {
  const values = {
    'stat-total-memory': 218.4 * MiB,
    'stat-free-memory': 94.7 * MiB,
    'stat-available-memory': 97.8 * MiB,
  };
  const one = guest({
    monitor: {
      state: 'ok',
      memory: { 'base-memory': 256 * MiB, 'plugged-memory': 0 },
      balloon: {
        device: true,
        actual: 160 * MiB,
        deflateOnOom: true,
        stats: { lastUpdate: 1_799_999_999, values },
        ...balloon,
      },
      ...monitor,
    },
  });
  return derive(undefined, sample({ guests: [one] })).guests[0]!;
};
const usedMiB = (...change: Parameters<typeof inflated>): number | undefined => {
  const { guest_used: used } = inflated(...change).values;
  return used === undefined ? undefined : Math.round((used / MiB) * 10) / 10;
};

describe('with deflate-on-oom', () => {
  it('what the balloon holds is not used by the guest, though its total counts it', () => {
    expect(usedMiB()).toBe(24.6);
    expect(inflated().values.guest_used_cache! / MiB).toBeCloseTo(27.7, 5);
    expect(inflated().values.guest_total! / MiB).toBeCloseTo(218.4, 5);
  });

  it('the floor follows: of what the balloon leaves it, what is not available, and a margin', () => {
    expect(balloonFloor(inflated())! / MiB).toBeCloseTo(160 - 97.8 + 128, 5);
  });

  it('the size of the balloon is that of the report', () => {
    // The balloon has moved on since: what it holds now was not taken from the guest when it reported.
    const stats = { ...inflated().sample.monitor.balloon!.stats!, actual: 160 * MiB };
    expect(usedMiB({ actual: 100 * MiB, stats })).toBe(24.6);
  });

  it('a driver that lowers its total all the same is not believed to use less', () => {
    const { stats } = inflated().sample.monitor.balloon!;
    const values = { ...stats!.values, 'stat-total-memory': 122.4 * MiB };
    expect(usedMiB({ stats: { ...stats!, values } })).toBe(24.6);
  });

  it('what is plugged counts: DIMMs for the balloon, virtio-mem beside it', () => {
    const plugged = (type: string, actual: number) => {
      const { stats } = inflated().sample.monitor.balloon!;
      const values = { ...stats!.values, 'stat-total-memory': 346.4 * MiB, 'stat-available-memory': 225.8 * MiB };
      return usedMiB(
        { actual, stats: { ...stats!, values } },
        {
          memory: { 'base-memory': 256 * MiB, 'plugged-memory': 128 * MiB },
          memoryDevices: [{ type, values: { size: 128 * MiB } }],
        },
      );
    };
    expect(plugged('virtio-mem', 160 * MiB)).toBe(24.6);
    expect(plugged('dimm', 288 * MiB)).toBe(24.6);
  });

  it('where the size of guest or balloon is unknown, so is what it uses', () => {
    expect(usedMiB({}, { memory: {} })).toBeUndefined();
    const { actual: _gone, ...rest } = inflated().sample.monitor.balloon!;
    expect(usedMiB({}, { balloon: rest })).toBeUndefined();
  });
});

it('without it, the total is the guest’s own', () => {
  expect(usedMiB({ deflateOnOom: false })).toBe(120.6);
  const { deflateOnOom: _gone, ...rest } = inflated().sample.monitor.balloon!;
  expect(usedMiB({}, { balloon: rest })).toBe(120.6);
});
