import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ksmtuned } from '../../../src/policy/policies/ksmtuned.ts';
import type { Values } from '../../../src/sample.ts';
import { GiB, KiB } from '../../../src/units.ts';
import { guestOf, look, reasons, settings } from './world.ts';

/** A host of 100 GiB with `free` GiB free, and guests whose processes have `rss` GiB. The threshold is 20 GiB. */
const decide = (free: number, rss: readonly number[], ksm: Values = {}) =>
  ksmtuned.decide(
    [
      look({
        total: 100 * GiB,
        available: free * GiB,
        guests: rss.map(size => ({ rss: size * GiB })),
        ksm: { run: 0, pages_to_scan: 100, sleep_millisecs: 10, ...ksm },
      }),
    ],
    settings,
  );

const requests = (...args: Parameters<typeof decide>): string[] =>
  decide(...args).decisions.map(({ request }) => [request.action, ...request.words].join(' '));

describe('KSM is stopped', () => {
  it('where guests and threshold fit, and more than the threshold is free', () => {
    // 50 + 20 < 100, 30 > 20.
    expect(requests(30, [25, 25], { run: 1 })).toEqual(['ksm stop']);
    expect(requests(30, [25, 25])).toEqual([]);
  });

  it('not where they fill the host just so', () => {
    // 80 + 20 = 100; then 79.
    expect(requests(30, [40, 40], { run: 1 })).toEqual(['ksm-set pages_to_scan 64']);
    expect(requests(30, [40, 39], { run: 1 })).toEqual(['ksm stop']);
  });

  it('not where just the threshold is free', () => {
    // 20 is not more than 20, and not less: slower.
    expect(requests(20, [10], { run: 1, pages_to_scan: 500 })).toEqual(['ksm-set pages_to_scan 450']);
  });
});

describe('KSM runs', () => {
  it('faster while less than the threshold is free', () => {
    expect(requests(10, [50])).toEqual(['ksm run', 'ksm-set pages_to_scan 400']);
    expect(requests(10, [50], { run: 1, pages_to_scan: 1000 })).toEqual(['ksm-set pages_to_scan 1250']);
    expect(requests(10, [50], { run: 1, pages_to_scan: 1250 })).toEqual([]);
  });

  it('slower where only too much is promised', () => {
    expect(requests(30, [85], { run: 1, pages_to_scan: 400 })).toEqual(['ksm-set pages_to_scan 350']);
    expect(requests(30, [85], { run: 1, pages_to_scan: 64 })).toEqual([]);
  });

  it('with a sleep for the size of the host', () => {
    // 10·16777216/104857600 = 1.6 ms: no less than 10.
    expect(requests(10, [50], { run: 1, pages_to_scan: 1250, sleep_millisecs: 20 })).toEqual([
      'ksm-set sleep_millisecs 10',
    ]);
    // 4 GiB: 10·16777216/4194304 = 40 ms.
    const small = look({ total: 4 * GiB, available: KiB, ksm: { run: 1, pages_to_scan: 1250, sleep_millisecs: 20 } });
    expect(ksmtuned.decide([small], settings).decisions.map(({ request }) => request.words)).toEqual([
      ['sleep_millisecs', '40'],
    ]);
  });

  it('and leaves pages_to_scan to the kernel’s advisor', () => {
    const decisions = decide(10, [50], { advisor_mode: 'scan-time' });
    expect(decisions.decisions.map(({ request }) => request.words)).toEqual([['run']]);
    expect(reasons(decisions)['host']).toMatch(/advisor/);
  });
});

it('decides nothing while a guest’s process can’t be read', () => {
  const unread = { change: { process: {} } };
  const model = look({ available: 0, guests: [unread], ksm: { run: 0 } });
  expect(ksmtuned.decide([model], settings)).toEqual({
    decisions: [],
    skipped: [{ subject: 'host', why: 'the RSS of a guest is unknown: nothing is decided' }],
  });
});

it('decides nothing without KSM', () => {
  expect(reasons(ksmtuned.decide([look({ available: 0 })], settings))['host']).toMatch(/whether KSM runs/);
});

it('counts QEMU’s processes only', () => {
  const other = { rss: 90 * GiB, change: { vmm: 'firecracker' as const } };
  const model = look({ total: 100 * GiB, available: 30 * GiB, guests: [other], ksm: { run: 1 } });
  expect(guestOf(other).vmm).toBe('firecracker');
  expect(ksmtuned.decide([model], settings).decisions.map(({ request }) => request.words)).toEqual([['stop']]);
});

it('keeps pages_to_scan between 64 and 1250', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), fc.nat({ max: 100_000 }), (free, pages) => {
      const said = requests(free, [90], { run: 1, pages_to_scan: pages }).join();
      const next = Number(/pages_to_scan (\d+)/.exec(said)?.[1] ?? pages);
      if (next !== pages) {
        expect(next).toBeGreaterThanOrEqual(64);
        expect(next).toBeLessThanOrEqual(1250);
      } else expect([64, 1250]).toContain(pages);
    }),
  );
});
