import { describe, expect, it } from 'vitest';
import { type Candidate, candidatesOf, guarded, resize } from '../../../src/policy/policies/candidates.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { type Given, guestOf, look, settings } from './world.ts';

const page = 4096;
const candidate = (given: Given = {}): Candidate => candidatesOf(look({ guests: [given] }), settings).candidates[0]!;

/** It has 3 GiB of 4, uses 1, and 1152 MiB are safe. */
const one = candidate({ actual: 3 * GiB, free: 2 * GiB });

/** What is asked for, in pages beyond the second number. */
const asked = (bytes: number, beyond = 0): number | undefined => {
  const decision = resize(one, bytes, page, 'so');
  return decision && (Number.parseInt(decision.request.words[1] ?? '', 10) - beyond) / page;
};

describe('a new size', () => {
  it('is asked for by the guest’s id, with the reason', () => {
    expect(resize(one, 2 * GiB, page, 'so')).toEqual({
      request: { action: 'balloon', words: ['100.5000', `${2 * GiB}B`] },
      subject: 'web-1',
      guest: '100.5000',
      why: 'so',
    });
  });

  it('is one in whole pages: rounded up where it shrinks, and down where it grows', () => {
    expect([asked(2 * GiB + 1, 2 * GiB), asked(2 * GiB - 1, 2 * GiB)]).toEqual([1, 0]);
    expect([asked(3.5 * GiB + 1, 3.5 * GiB), asked(3.5 * GiB - 1, 3.5 * GiB)]).toEqual([0, -1]);
    // Less than a page is nothing to do.
    expect([asked(3 * GiB - 1), asked(3 * GiB), asked(3 * GiB + 1)]).toEqual([undefined, undefined, undefined]);
    expect([asked(3 * GiB - page, 3 * GiB), asked(3 * GiB + page, 3 * GiB)]).toEqual([-1, 1]);
  });

  it('is no less than is safe, and no more than its maximum', () => {
    expect(asked(0, 1152 * MiB)).toBe(0);
    expect(asked(9 * GiB, 4 * GiB)).toBe(0);
    const full = candidate({ actual: 1100 * MiB, free: 76 * MiB });
    expect(resize(full, GiB, page, 'so')).toBeUndefined();
    expect(guarded(full)).toEqual({
      subject: 'web-1',
      guest: '100.5000',
      why: 'it uses 1.00 GiB, and no less than 1.13 GiB is safe',
    });
  });
});

describe('who may be moved', () => {
  it('is told in the order of the guests, the others with their reason', () => {
    const model = look({ guests: [{ name: 'a' }, { name: 'b', age: 60 }, { name: 'c' }] });
    const { candidates, skipped } = candidatesOf(model, { ...settings, shares: { c: 5 } });
    expect(candidates.map(({ guest, shares }) => [guest.name, shares])).toEqual([
      ['a', 1000],
      ['c', 5],
    ]);
    expect(skipped.map(({ subject, guest }) => [subject, guest])).toEqual([['b', '101.5000']]);
  });

  it('is nobody with shares below 0 either', () => {
    const { candidates } = candidatesOf(look({ guests: [{}] }), { ...settings, shares: { 'web-1': -1 } });
    expect(candidates).toEqual([]);
  });

  it('says of a guest that nobody asks for statistics that a policy at work has them switched on', () => {
    const balloon = { device: true, actual: 4 * GiB, pollingInterval: 0, path: '/machine/peripheral/balloon0' };
    const why = (change: Given['change']): string | undefined =>
      candidatesOf(look({ guests: [{ change: change! }] }), settings).skipped[0]?.why;
    const monitor = { ...guestOf().monitor, balloon };
    expect(why({ monitor })).toBe(
      'nobody asks for its statistics (polling interval 0), so what it uses is unknown; a policy at work has them switched on',
    );
    expect(why({ monitor: { ...monitor, balloon: { ...balloon, pollingInterval: 2 } } })).toBe(
      'its balloon driver has never reported: not loaded, or still booting',
    );
  });

  it('is nobody whose size is not known, by its balloon or by its command line', () => {
    const why = (change: Given['change']): string | undefined =>
      candidatesOf(look({ guests: [{ change: change! }] }), settings).skipped[0]?.why;
    const { monitor } = guestOf();
    const { actual: _actual, ...balloon } = monitor.balloon!;
    expect(why({ monitor: { ...monitor, balloon } })).toBe('its size is not known yet: wait for its monitor');
    const { memory: _memory, ...rest } = monitor;
    expect(why({ monitor: rest, launch: {} })).toBe('its size is not known yet: wait for its monitor');
  });

  it('is nobody that does not tell what is free, or what is available', () => {
    const { monitor } = guestOf();
    const reporting = (...keys: readonly string[]): string | undefined => {
      const stats = monitor.balloon!.stats!;
      const values = Object.fromEntries(Object.entries(stats.values).filter(([key]) => keys.includes(key)));
      const balloon = { ...monitor.balloon!, stats: { ...stats, values } };
      return candidatesOf(look({ guests: [{ change: { monitor: { ...monitor, balloon } } }] }), settings).skipped[0]
        ?.why;
    };
    const all = ['stat-total-memory', 'stat-free-memory', 'stat-available-memory'];
    expect(reporting(...all)).toBeUndefined();
    for (const key of all)
      expect(reporting(...all.filter(one => one !== key))).toBe(
        'its driver does not report what it uses and what is free',
      );
  });
});
