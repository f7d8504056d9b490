import { defaultLimits } from '../../../src/actions/limits.ts';
import { derive, type Model } from '../../../src/model.ts';
import type { Decisions, PolicySettings } from '../../../src/policy/policy.ts';
import { defaultThresholds } from '../../../src/policy/thresholds.ts';
import type { GuestSample, HostSample, Numbers, Values } from '../../../src/sample.ts';
import { GiB } from '../../../src/units.ts';
import { guest, sample } from '../../samples.ts';

/** When the tests' worlds begin, seconds. */
const start = 1_800_000_000;

export const settings: PolicySettings = {
  reserve: 0.1,
  floorShare: 0.25,
  shares: {},
  pinned: new Map(),
  limits: defaultLimits,
  thresholds: defaultThresholds,
};

/** What a test says of a guest; bytes. Without more it is a healthy one of 4 GiB, half of it used. */
export interface Given {
  readonly name?: string;
  readonly pid?: number;
  readonly maximum?: number;
  readonly actual?: number;
  readonly free?: number;
  /** What it could have without swapping, page cache and all; what is free when absent. */
  readonly available?: number;
  readonly rss?: number;
  /** Seconds since it reported. */
  readonly age?: number;
  /** More of what it reports, and of what it reported a second before. */
  readonly stats?: Numbers;
  readonly earlier?: Numbers;
  readonly target?: number;
  readonly change?: Partial<GuestSample>;
}

export const guestOf = (given: Given = {}, time = start): GuestSample => {
  const { name = 'web-1', pid = 100, maximum = 4 * GiB, actual = maximum } = given;
  const { free = actual / 2, available = free, rss = actual, age = 1, target } = given;
  return guest({
    id: `${pid}.5000`,
    pid,
    name,
    launch: { size: maximum, backend: 'anon', memLock: false },
    process: { status: { RssAnon: rss, RssShmem: 0, VmRSS: rss } },
    monitor: {
      state: 'ok',
      status: 'running',
      time,
      memory: { 'base-memory': maximum, 'plugged-memory': 0 },
      balloon: {
        device: true,
        actual,
        pollingInterval: 2,
        stats: {
          lastUpdate: time - age,
          values: {
            'stat-total-memory': actual,
            'stat-free-memory': free,
            'stat-available-memory': available,
            ...given.stats,
          },
        },
        ...(given.earlier ? { earlier: { lastUpdate: time - age - 1, values: given.earlier } } : {}),
      },
    },
    ...(target === undefined ? {} : { balloonTarget: target }),
    ...given.change,
  });
};

export interface World {
  readonly total?: number;
  readonly available?: number;
  /** MemFree, buffers and cached; all available memory is free when absent. */
  readonly free?: readonly [free: number, buffers: number, cached: number];
  readonly ksm?: Values;
  readonly host?: Partial<HostSample>;
  readonly guests?: readonly Given[];
}

/** One look, `seconds` after the start. */
export const look = (world: World, seconds = 0): Model => {
  const { total = 16 * GiB, available = 8 * GiB, guests = [], ksm } = world;
  const [free, buffers, cached] = world.free ?? [available, 0, 0];
  return derive(
    undefined,
    sample({
      time: start + seconds,
      monotonic: seconds,
      guests: guests.map((given, index) => guestOf({ pid: 100 + index, ...given }, start + seconds)),
      host: {
        meminfo: { MemTotal: total, MemAvailable: available, MemFree: free, Buffers: buffers, Cached: cached },
        ...(ksm ? { ksm } : {}),
        ...world.host,
      },
    }),
  );
};

/** Who is to have how many bytes, by name. */
export const targets = ({ decisions }: Decisions): Readonly<Record<string, number>> =>
  Object.fromEntries(
    decisions
      .filter(({ request }) => request.action === 'balloon')
      .map(({ subject, request }) => [subject, Number.parseInt(request.words[1] ?? '', 10)]),
  );

/** Whom it left out and why, by name. */
export const reasons = ({ skipped }: Decisions): Readonly<Record<string, string>> =>
  Object.fromEntries(skipped.map(({ subject, why }) => [subject, why]));
