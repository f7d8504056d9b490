import { describe, expect, it } from 'vitest';
import { planStrictly } from '../../../src/actions/actions.ts';
import { reportOf, whyNoReport } from '../../../src/actions/balloon/reports.ts';
import { defaultLimits } from '../../../src/actions/limits.ts';
import { derive, type GuestModel, type Model, whyUnknown } from '../../../src/model.ts';
import { candidatesOf } from '../../../src/policy/policies/candidates.ts';
import type { BalloonSample, GuestSample } from '../../../src/sample.ts';
import { GiB } from '../../../src/units.ts';
import { settings } from '../../policy/policies/world.ts';
import { guest, sample } from '../../samples.ts';

const now = 1_800_000_000;
const values = { 'stat-total-memory': 4 * GiB, 'stat-available-memory': 3 * GiB, 'stat-free-memory': 2 * GiB };

/** A guest of 4 GiB whose driver last reported at `at`, or never. */
const one = (at: number | undefined, interval?: number, more: Partial<GuestSample> = {}): GuestSample => {
  const balloon: BalloonSample = {
    device: true,
    actual: 4 * GiB,
    path: '/machine/peripheral/balloon0',
    ...(interval === undefined ? {} : { pollingInterval: interval }),
    ...(at === undefined ? {} : { stats: { lastUpdate: at, values } }),
  };
  const memory = { 'base-memory': 4 * GiB, 'plugged-memory': 0 };
  return guest({ monitor: { state: 'ok', status: 'running', time: now, memory, balloon }, ...more });
};

const modelOf = (own: GuestSample): Model => derive(undefined, sample({ time: now, guests: [own] }));
const seen = (...given: Parameters<typeof one>): GuestModel => modelOf(one(...given)).guests[0]!;
const asked = (own: GuestSample, line: string) => {
  const [action = '', ...words] = line.split(' ');
  return planStrictly(modelOf(own), { action, words });
};

const off = 'nobody asks for its statistics (polling interval 0)';

describe('what a guest reports is', () => {
  it.each<[string, GuestModel, string | undefined]>([
    ['fresh', seen(now - 5, 2), undefined],
    ['fresh', seen(now - 5, 0), undefined],
    ['fresh', seen(now + 2, 2), undefined],
    ['off', seen(undefined, 0), `${off}, so what it uses is unknown`],
    ['off', seen(now - 3600, 0), `${off}: what it uses was last reported 1h00 ago`],
    ['off', seen(now + 3600, 0), `${off}, so what it uses is unknown`],
    ['silent', seen(undefined, 2), 'its balloon driver has never reported: not loaded, or still booting'],
    [
      'stalled',
      seen(now - 60, 2),
      'what it uses was last reported 1m00 ago: a guest that stops reporting may be thrashing',
    ],
    [
      'ahead',
      seen(now + 7200, 2),
      'its last report is dated in the future, so its age is unknown: the clock was set back, or is wrong',
    ],
    [
      'stalled',
      seen(now - 60, 2, { process: { state: 'T' } }),
      'it is stopped, and reports nothing until it goes on: what it uses was last reported 1m00 ago',
    ],
    [
      'silent',
      seen(undefined, undefined, { vmm: 'cloud-hypervisor' }),
      'what it uses is unknown: Cloud Hypervisor has no statistics from inside a guest',
    ],
  ])('%s', (state, own, why) => {
    expect(reportOf(own, defaultLimits)).toBe(state);
    expect(whyNoReport(own, defaultLimits)).toBe(why);
  });

  it('decided on by nobody unless it is fresh', () => {
    for (const own of [one(undefined, 0), one(now - 3600, 0), one(undefined, 2), one(now - 60, 2), one(now + 60, 2)]) {
      const why = whyNoReport(modelOf(own).guests[0]!, defaultLimits) as string;
      expect(asked(own, 'balloon web-1 3G').refusal?.reason).toContain(why);
      expect(candidatesOf(modelOf(own), settings).skipped[0]?.why).toContain(why);
    }
  });
});

describe('a report from the future', () => {
  it('has no age', () => {
    const own = seen(now + 7200, 2);
    expect(own.values).not.toHaveProperty('stats_age');
    expect(whyUnknown(own, 'stats_age')).toBe(
      'its last report is dated in the future, so its age is unknown: the clock was set back, or is wrong',
    );
    expect(seen(now + 2, 2).values.stats_age).toBe(0);
  });

  it('nor has an answer of its monitor, or what was measured', () => {
    const later = now + 60;
    const own = one(now, 2, { process: { smaps_time: later, numa_time: later, smaps_rollup: {}, numa_maps: {} } });
    const [told] = modelOf({ ...own, monitor: { ...own.monitor, time: later } }).guests;
    for (const id of ['monitor_age', 'pss_age', 'numa_age'] as const) expect(told?.values).not.toHaveProperty(id);
  });
});

describe('a plan that lacks a report', () => {
  it('says whom to ask for one: only those whom nobody asks', () => {
    const lacking = (own: GuestSample, line = 'balloon web-1 3G') => asked(own, line).unreported;
    expect(lacking(one(undefined, 0))).toEqual(['100.5000']);
    expect(lacking(one(now - 3600, 0))).toEqual(['100.5000']);
    expect(lacking(one(undefined, 0), 'balloon-all 3G')).toEqual(['100.5000']);
    expect(lacking(one(now - 1, 0))).toBeUndefined();
    expect(lacking(one(now - 60, 2))).toBeUndefined();
    expect(lacking(one(undefined, 2))).toBeUndefined();
    expect(lacking(one(undefined, 0, { vmm: 'firecracker' }))).toBeUndefined();
    // What is refused for another reason is refused whatever it reports.
    expect(lacking(one(undefined, 0, { launch: { backend: 'hugetlb' } }))).toBeUndefined();
    expect(lacking(one(undefined, 0), 'balloon web-1 1M')).toBeUndefined();
  });
});

describe('a rate of the guest’s own counters', () => {
  it('is unknown for what kvmtop lacks, not for what the guest did', () => {
    const counted = { ...values, 'stat-swap-in': 5 };
    const told = (interval: number) => {
      const own = one(now - 1, interval);
      const stats = { lastUpdate: now - 1, values: counted };
      const balloon = { ...own.monitor.balloon!, stats };
      return whyUnknown(modelOf({ ...own, monitor: { ...own.monitor, balloon } }).guests[0]!, 'guest_swap_in');
    };
    expect(told(2)).toBe('a rate needs two reports, and kvmtop has seen one');
    expect(told(0)).toBe('a rate needs two reports, and nobody asks for another (polling interval 0)');
  });
});
