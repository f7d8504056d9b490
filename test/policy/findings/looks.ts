import { expect } from 'vitest';
import { planStrictly } from '../../../src/actions/actions.ts';
import { derive, type Model } from '../../../src/model.ts';
import type { Remark, Rule } from '../../../src/policy/finding.ts';
import { defaultThresholds } from '../../../src/policy/thresholds.ts';
import type { BalloonSample, GuestSample, HostSample, LaunchSample, Numbers, Sample } from '../../../src/sample.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { capturedModel } from '../../actions/hosts.ts';
import { guest } from '../../samples.ts';

export const start = 1_800_000_000;

interface Change {
  readonly id?: string;
  readonly name?: string;
  readonly launch?: LaunchSample;
  readonly status?: Numbers;
  readonly stat?: Numbers;
  readonly monitor?: Partial<GuestSample['monitor']>;
  readonly balloon?: Partial<BalloonSample>;
  /** The guest's own statistics. */
  readonly stats?: Numbers;
  /** Those of two seconds before. */
  readonly earlier?: Numbers;
  /** Seconds since the guest reported. */
  readonly age?: number;
}

/** A guest of 4 GiB that has 3 GiB of it (its balloon holds the rest), uses 1 GiB, and does well; with a change. */
export const well = (change: Change = {}): GuestSample => {
  const { id = '100.5000', name = 'web-1', age = 1 } = change;
  return guest({
    id,
    pid: Number.parseInt(id, 10),
    name,
    launch: { size: 4 * GiB, backend: 'anon', memLock: false, ...change.launch },
    process: {
      state: 'S',
      status: { VmData: 4 * GiB, VmRSS: 3 * GiB, RssAnon: 3 * GiB, RssShmem: 0, VmSwap: 0, ...change.status },
      stat: { majflt: 10, minflt: 1000, ...change.stat },
    },
    monitor: {
      state: 'ok',
      status: 'running',
      time: start,
      memory: { 'base-memory': 4 * GiB, 'plugged-memory': 0 },
      balloon: {
        device: true,
        actual: 3 * GiB,
        path: '/machine/peripheral/balloon0',
        pollingInterval: 2,
        stats: {
          lastUpdate: start - age,
          values: {
            'stat-total-memory': 3 * GiB,
            'stat-available-memory': 2 * GiB,
            'stat-free-memory': GiB,
            'stat-swap-in': 0,
            'stat-major-faults': 100,
            ...change.stats,
          },
        },
        earlier: {
          lastUpdate: start - age - 2,
          values: { 'stat-swap-in': 0, 'stat-major-faults': 100, ...change.earlier },
        },
        ...change.balloon,
      },
      ...change.monitor,
    },
  });
};

/** Of a guest that reads its swap: 2 MiB/s, and 200 MiB of 3 GiB are available. */
export const thrashes: Change = { stats: { 'stat-available-memory': 200 * MiB, 'stat-swap-in': 4 * MiB } };

/** Linux 6.18 of 23.5 GiB, nearly all of it available, with something else about it. */
export const idleHost = (
  guests: readonly GuestSample[] = [],
  change: (host: HostSample) => Partial<HostSample> = () => ({}),
): Model => capturedModel('debian12-1node', change, guests);

/** The same host with other lines of /proc/meminfo. */
export const hostWith = (meminfo: Numbers, guests: readonly GuestSample[] = []): Model =>
  idleHost(guests, host => ({ meminfo: { ...host.meminfo, ...meminfo } }));

/** The same look, some seconds later on both clocks; what guests reported is as fresh. */
export const later = (
  model: Model,
  seconds: number,
  change: (sample: Sample) => Partial<Sample> = () => ({}),
): Model => {
  const moved: Sample = {
    ...model.sample,
    time: model.sample.time + seconds,
    monotonic: model.sample.monotonic + seconds,
  };
  return derive(model.sample, { ...moved, ...change(moved) });
};

/** With counters of /proc/vmstat raised. */
export const raised =
  (counts: Numbers) =>
  (now: Sample): Partial<Sample> => ({
    host: {
      ...now.host,
      vmstat: {
        ...now.host.vmstat,
        ...Object.fromEntries(Object.entries(counts).map(([key, by]) => [key, (now.host.vmstat?.[key] ?? 0) + by])),
      },
    },
  });

/**
 * What a rule says of these looks, oldest first. Whatever it is must be fit to be shown, and its fix must be something
 * that `plan` understands and lets through.
 */
export const remarks = (
  rule: Rule,
  window: readonly Model[],
  { stands = false, thresholds = defaultThresholds } = {},
): readonly Remark[] => {
  const asked = new Set<string>();
  const held = rule.check(window, thresholds, subject => {
    asked.add(subject);
    return stands;
  });
  const last = window.at(-1);
  // As the advisor does once each has held for its time.
  const said = rule.gather && last && held.length > 0 ? [rule.gather(held, last)] : held;
  // Whether a finding stands is asked of the very subject that it is told of.
  if (asked.size > 0)
    expect([...asked]).toEqual(expect.arrayContaining(held.map(({ guest, subject: of }) => guest ?? of)));
  for (const { severity, text, advice = '', fix, numbers, subject } of said) {
    expect(rule.severities).toContain(severity);
    expect(subject).not.toBe('');
    expect(text).toMatch(/^[A-Z0-9].*\.$/);
    expect(`${text} ${advice}`).not.toMatch(/undefined|NaN|Infinity|–|\.\.|\n/);
    expect(Object.values(numbers).every(Number.isFinite)).toBe(true);
    const model = window.at(-1);
    const plan = fix && model && planStrictly(model, fix);
    expect(plan?.refusal).toBeUndefined();
    expect(plan?.steps).not.toEqual([]);
  }
  return said;
};

/** The same, where there is to be one remark. */
export const remark = (rule: Rule, window: readonly Model[], options?: Parameters<typeof remarks>[2]): Remark => {
  const said = remarks(rule, window, options);
  expect(said).toHaveLength(1);
  return said[0] as Remark;
};

/** A fix as a line of `kvmtop do`. */
export const line = ({ fix }: Remark): string | undefined => fix && [fix.action, ...fix.words].join(' ');
