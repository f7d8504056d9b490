import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultLimits } from '../../src/actions/limits.ts';
import { spare } from '../../src/actions/reserve.ts';
import type { Model } from '../../src/model.ts';
import { leaveSafe } from '../../src/policy/leave.ts';
import type { Decision } from '../../src/policy/policy.ts';
import { GiB, MiB } from '../../src/units.ts';
import { balloonMaximum } from '../../src/vmm/memory.ts';
import { type Given, look } from './policies/world.ts';

const asked = ({ request }: Decision): number => Number.parseInt(request.words[1] ?? '', 10);
const allOf = ({ guests }: Model): ReadonlySet<string> => new Set(guests.map(({ id }) => id));
const actualOf = (model: Model, id: string | undefined): number =>
  model.guests.find(guest => guest.id === id)?.values.balloon_actual ?? Number.NaN;

/** Uses 1 GiB of a balloon of this size: safe is 1.25 GiB and 256 MiB, or 1.5 GiB. */
const using1G = (actual: number, more: Partial<Given> = {}): Given => ({
  actual,
  free: actual - GiB,
  ...more,
});
const safe = 1.5 * GiB;

describe('guests that a policy moved', () => {
  it('get what they use, a quarter more, and twice the margin', () => {
    const model = look({ guests: [using1G(1.25 * GiB)] });
    const [decision] = leaveSafe(model, allOf(model), defaultLimits);
    expect(decision?.request).toEqual({ action: 'balloon', words: ['100.5000', `${safe}B`] });
    expect(decision).toMatchObject({ subject: 'web-1', guest: '100.5000' });
    expect(decision?.why).toBe('no policy watches it any more, and it uses 1.00 GiB of 1.25 GiB');
  });

  it('are left as they are with enough, and where nobody moved them', () => {
    const model = look({ guests: [using1G(safe), using1G(1.25 * GiB)] });
    expect(leaveSafe(model, new Set([model.guests[0]!.id]), defaultLimits)).toEqual([]);
    expect(leaveSafe(model, new Set(['gone.1']), defaultLimits)).toEqual([]);
  });

  it.each([
    ['stale', { age: 60 }],
    [
      'of a guest that has never reported',
      { change: { monitor: { state: 'ok' as const, balloon: { device: true, actual: GiB, pollingInterval: 0 } } } },
    ],
  ])('get all of their size where statistics are %s', (_what, more) => {
    const model = look({ guests: [using1G(1.875 * GiB, { maximum: 4 * GiB, ...more })] });
    expect(leaveSafe(model, allOf(model), defaultLimits).map(asked)).toEqual([4 * GiB]);
  });

  it('are kept from shrinking on, below what is safe', () => {
    const model = look({ guests: [using1G(2 * GiB, { target: 1.25 * GiB })] });
    expect(leaveSafe(model, allOf(model), defaultLimits).map(asked)).toEqual([2 * GiB]);
    const enough = look({ guests: [using1G(2 * GiB, { target: safe })] });
    expect(leaveSafe(enough, allOf(enough), defaultLimits)).toEqual([]);
  });

  it('come in the order of what they lack', () => {
    const guests = [using1G(1.375 * GiB), using1G(1.125 * GiB), using1G(1.25 * GiB)];
    const model = look({ guests: guests.map((one, index) => ({ ...one, name: `g${index}` })) });
    expect(leaveSafe(model, allOf(model), defaultLimits).map(({ subject }) => subject)).toEqual(['g1', 'g2', 'g0']);
  });

  it('get nothing where nothing is known of the host, or it has no room', () => {
    const short = look({ available: 100 * MiB, guests: [using1G(1.25 * GiB)] });
    expect(leaveSafe(short, allOf(short), defaultLimits)).toEqual([]);
    const unknown = look({ host: { meminfo: {} }, guests: [using1G(1.25 * GiB)] });
    expect(leaveSafe(unknown, allOf(unknown), defaultLimits)).toEqual([]);
  });
});

const bytes = (least: number, most: number): fc.Arbitrary<number> =>
  fc.integer({ min: Math.ceil(least / 4096), max: Math.floor(most / 4096) }).map(pages => pages * 4096);

const anyGuest: fc.Arbitrary<Given> = fc
  .record({ maximum: bytes(GiB, 16 * GiB), part: fc.double({ min: 0.1, max: 1, noNaN: true }) })
  .chain(({ maximum, part }) => {
    const actual = Math.max(4096, Math.floor((part * maximum) / 4096) * 4096);
    return fc.record(
      {
        maximum: fc.constant(maximum),
        actual: fc.constant(actual),
        free: bytes(0, actual),
        age: fc.constantFrom(1, 100),
        target: bytes(0, maximum),
      },
      { requiredKeys: ['maximum', 'actual', 'free', 'age'] },
    );
  });

const anyHost = fc.record({
  available: bytes(0, 16 * GiB),
  guests: fc.array(anyGuest, { minLength: 1, maxLength: 6 }),
  moved: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
});

describe('whatever the host and its guests are like', () => {
  const each = (check: (model: Model, moved: ReadonlySet<string>, decisions: readonly Decision[]) => void): void =>
    fc.assert(
      fc.property(anyHost, ({ available, guests, moved }) => {
        const model = look({ available, guests });
        const ids = new Set(model.guests.flatMap(({ id }, index) => (moved[index] ? [id] : [])));
        check(model, ids, leaveSafe(model, ids, defaultLimits));
      }),
    );

  it('no more is given than the host has beyond its reserve', () =>
    each((model, _moved, decisions) => {
      const given = decisions.reduce((sum, one) => sum + asked(one) - actualOf(model, one.guest), 0);
      expect(given).toBeLessThanOrEqual(Math.max(0, spare(model) ?? 0));
    }));

  it('only guests that were moved are, once each, and none shrinks or gets more than it can have', () =>
    each((model, moved, decisions) => {
      const ids = decisions.map(({ guest }) => guest ?? '');
      expect(new Set(ids).size).toBe(ids.length);
      for (const decision of decisions) {
        const guest = model.guests.find(({ id }) => id === decision.guest)!;
        expect(moved.has(guest.id)).toBe(true);
        expect(asked(decision)).toBeGreaterThanOrEqual(guest.values.balloon_actual!);
        expect(asked(decision)).toBeLessThanOrEqual(balloonMaximum(guest.sample)!);
        expect(asked(decision) % 4096).toBe(0);
      }
    }));

  it('who has less of what it should have does not wait for who has more', () =>
    each((model, _moved, decisions) => {
      // Whoever is cut short leaves nothing for those after it but a page.
      const room = spare(model) ?? 0;
      const given = decisions.reduce((sum, one) => sum + asked(one) - actualOf(model, one.guest), 0);
      const wanted = ({ values, sample }: Model['guests'][number]): number => {
        const maximum = sample.launch.size ?? 0;
        return (values.stats_age ?? 0) > 10 ? maximum : Math.min(maximum, 1.25 * values.guest_used! + 256 * MiB);
      };
      const cut = decisions.findIndex(one => {
        const guest = model.guests.find(({ id }) => id === one.guest)!;
        return asked(one) < Math.floor(Math.max(wanted(guest), guest.values.balloon_actual!) / 4096) * 4096 - 4096;
      });
      if (cut >= 0) expect(room - given).toBeLessThan(4096 * (decisions.length + 1));
    }));
});
