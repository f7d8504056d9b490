import { describe, expect, it } from 'vitest';
import { ksmRequest, nextPages } from '../../../src/policy/policies/ksm-pages.ts';
import type { HostState } from '../../../src/policy/policies/kvmtop/host.ts';
import { decideKsm } from '../../../src/policy/policies/kvmtop/ksm.ts';
import type { Values } from '../../../src/sample.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { look } from './world.ts';

describe('a request for KSM’s settings', () => {
  const words = (ksm: Values | undefined, wanted: Readonly<Record<string, number>>) =>
    ksmRequest(look(ksm ? { ksm } : {}), wanted)?.words;

  it('has those that differ, and is none where all are right', () => {
    const now = { pages_to_scan: 100, sleep_millisecs: 20 };
    expect(words(now, { pages_to_scan: 200, sleep_millisecs: 10 })).toEqual([
      'pages_to_scan',
      '200',
      'sleep_millisecs',
      '10',
    ]);
    expect(words(now, { pages_to_scan: 100, sleep_millisecs: 10 })).toEqual(['sleep_millisecs', '10']);
    expect(words(now, now)).toBeUndefined();
  });

  it('leaves out what the kernel lacks, or would refuse now', () => {
    expect(words({ sleep_millisecs: 20 }, { pages_to_scan: 200 })).toBeUndefined();
    expect(words(undefined, { pages_to_scan: 200 })).toBeUndefined();
    expect(words({}, { toString: 1 })).toBeUndefined();
    const advised = { advisor_mode: 'scan-time', pages_to_scan: 100, sleep_millisecs: 20 };
    expect(words(advised, { pages_to_scan: 200, sleep_millisecs: 10 })).toEqual(['sleep_millisecs', '10']);
  });
});

it('ksmtuned’s next pages are 300 more or 50 less, from 64 to 1250', () => {
  expect([nextPages(100, true), nextPages(1000, true), nextPages(5000, false)]).toEqual([400, 1250, 1250]);
  expect([nextPages(200, false), nextPages(100, false), nextPages(0, false)]).toEqual([150, 64, 64]);
});

describe('kvmtop has KSM', () => {
  const GiB10 = 10 * GiB;
  /** What it asks of KSM where the reserve is 10 GiB. */
  const asked = (ksm: Values, host: Partial<HostState>): string | undefined =>
    decideKsm(look({ ksm: { pages_to_scan: 100, ...ksm } }), {
      pressure: 'calm',
      available: 30 * GiB,
      lowest: host.available ?? 30 * GiB,
      expected: 30 * GiB,
      reserve: GiB10,
      spendable: 0,
      spendStep: 0,
      shortfall: 0,
      ...host,
    })
      .map(({ request }) => [request.action, ...request.words].join(' '))
      .join();
  const vain = { full_scans: 2, general_profit: 0 };

  it('run below two reserves, and wherever the host is critical', () => {
    expect(asked({ run: 0 }, { available: 2 * GiB10 })).toBe('');
    expect(asked({ run: 0 }, { available: 2 * GiB10 - 1 })).toBe('ksm run');
    expect(asked({ run: 0 }, { available: 2 * GiB10, pressure: 'critical' })).toBe('ksm run');
    expect(asked({ run: 0, ...vain }, { available: GiB10 })).toBe('');
    expect(asked({ run: 0, ...vain }, { available: GiB10, pressure: 'critical' })).toBe('ksm run');
  });

  it('stop where two scans earned nothing, once 1.2 reserves have been there for a while', () => {
    const lowest = 1.2 * GiB10;
    expect(asked({ run: 1, ...vain }, { lowest })).toBe('ksm stop');
    expect(asked({ run: 1, ...vain }, { lowest: lowest - 1 })).toBe('');
    expect(asked({ run: 1, ...vain, general_profit: 1 }, { lowest })).toBe('');
    expect(asked({ run: 1, ...vain, full_scans: 1 }, { lowest })).toBe('');
    expect(asked({ run: 1, full_scans: 2 }, { lowest })).toBe('');
    // Before Linux 6.4 what it saves is known alone.
    expect(asked({ run: 1, full_scans: 2, pages_sharing: 0 }, { lowest })).toBe('ksm stop');
    expect(asked({ run: 1, full_scans: 2, pages_sharing: 1 }, { lowest })).toBe('');
  });

  it('scan fast below two reserves, unless it is fast already', () => {
    const available = 2 * GiB10 - 1;
    expect(asked({ run: 1 }, { available })).toBe('ksm-set pages_to_scan 1250');
    expect(asked({ run: 1, pages_to_scan: 624 }, { available })).toBe('ksm-set pages_to_scan 1250');
    expect(asked({ run: 1, pages_to_scan: 625 }, { available })).toBe('');
    expect(asked({ run: 1 }, { available: 2 * GiB10 })).toBe('');
    expect(asked({ run: 1, pages_to_scan: 'x' }, { available })).toBe('');
  });

  it('scan as usual again after 2.4 reserves, where it was kvmtop that made it fast', () => {
    const lowest = 2.4 * GiB10;
    expect(asked({ run: 1, pages_to_scan: 1250 }, { lowest })).toBe('ksm-set pages_to_scan 100');
    expect(asked({ run: 1, pages_to_scan: 1250 }, { lowest: lowest - MiB })).toBe('');
    expect(asked({ run: 1, pages_to_scan: 1249 }, { lowest })).toBe('');
  });

  it('left alone where it was unmerged, or is not there', () => {
    expect(asked({ run: 2 }, { available: 0, pressure: 'critical' })).toBe('');
    expect(decideKsm(look({}), { pressure: 'critical', available: 0 } as HostState)).toEqual([]);
  });
});
