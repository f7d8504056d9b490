import { describe, expect, it } from 'vitest';
import {
  columnsOf,
  type GuestGraphed,
  type GuestPoint,
  pointOf,
  shownZoom,
  zoomed,
} from '../../src/store/guest-history.ts';
import { guest, sample } from '../samples.ts';

const start = 1_800_000_000;
/** A point at so many seconds; `id` is its place among the looks, one a second. */
const at = (second: number, values: GuestPoint['values'], more: Partial<GuestPoint> = {}): GuestPoint => ({
  id: second + 1,
  time: start + second,
  steady: 500 + second,
  values,
  ...more,
});

const columns = (points: readonly GuestPoint[], id: GuestGraphed, to: number, step: number, count: number) =>
  columnsOf(points, id, { to: start + to, step, count }, 1);

describe('columns', () => {
  const held = (...values: readonly (number | undefined)[]) =>
    values.map((value, second) => at(second, value === undefined ? {} : { held: value }));

  it('are one look each, the newest last', () => {
    expect(columns(held(1, 2, 3), 'held', 2, 1, 5)).toEqual([undefined, undefined, 1, 2, 3]);
    expect(columns(held(1, 2, 3, 4), 'held', 3, 1, 2)).toEqual([3, 4]);
  });

  it('show the highest of several looks, at seconds that stay', () => {
    expect(columns(held(1, 9, 3, 4), 'held', 3, 2, 2)).toEqual([9, 4]);
    expect(columns(held(1, 9, 3, 4, 5), 'held', 4, 2, 3)).toEqual([9, 4, 5]);
  });

  it('leave a gap where nothing is known, and where no look was taken', () => {
    expect(columns(held(1, undefined, 3), 'held', 2, 1, 3)).toEqual([1, undefined, 3]);
    const late = at(9, { held: 4 }, { id: 3 });
    expect(columns([...held(1, 2), late], 'held', 9, 1, 10)).toEqual([
      1,
      2,
      ...Array.from({ length: 7 }, () => undefined),
      4,
    ]);
  });

  it('go on over looks that were not read', () => {
    expect(columns([at(0, { held: 1 }), at(4, { held: 5 })], 'held', 4, 1, 5)).toEqual([1, 1, 1, 1, 5]);
  });

  it('begin with what was before them', () => {
    expect(columns([at(0, { held: 1 }), at(4, { held: 5 })], 'held', 4, 1, 3)).toEqual([1, 1, 5]);
  });
});

describe('a rate', () => {
  it('is by the host’s clock where the host counts', () => {
    const points = [
      at(0, { host_major_faults: 10 }),
      at(1, { host_major_faults: 30 }, { steady: 502 }),
      at(2, { host_major_faults: 5 }, { steady: 503 }),
      at(3, { host_major_faults: 6 }),
    ];
    // 20 in 2 s; then the counter began anew; then the clock stood still.
    expect(columns(points, 'host_major_faults', 3, 1, 4)).toEqual([undefined, 10, undefined, undefined]);
  });

  it('is by the guest’s own reports, and stands until the next one', () => {
    const points = [
      at(0, { guest_swap_in: 0 }, { reported: 100 }),
      at(1, { guest_swap_in: 600 }, { reported: 102 }),
      at(2, { guest_swap_in: 600 }, { reported: 102 }),
      at(3, { guest_swap_in: 600 }, { reported: 104 }),
    ];
    expect(columns(points, 'guest_swap_in', 3, 1, 4)).toEqual([undefined, 300, 300, 0]);
  });
});

it('a point has what is known of the guest, and the most that is held where that is all that is known', () => {
  const status = { VmRSS: 100, VmPTE: 1, VmSwap: 7, HugetlbPages: 0 };
  const looked = sample({ guests: [guest({ process: { status } })], late: { guest_stat: 0.25 }, monotonic: 3 });
  expect(pointOf(4, looked, '100.5000')).toEqual({
    id: 4,
    time: 1_800_000_000,
    steady: 3.25,
    values: { held: 108, swap: 7 },
  });
  expect(pointOf(4, looked, 'another').values).toEqual({});
});

describe('zoom', () => {
  it('covers all that is kept, and no more', () => {
    expect(shownZoom(600, 20)).toBe(60);
    expect(shownZoom(600, 61)).toBe(120);
    expect(shownZoom(600, 4000)).toBe(600);
    expect(shownZoom(600, 1e9)).toBe(600);
  });

  it('goes from what is shown', () => {
    expect(zoomed(600, -1, 4000)).toBe(300);
    expect(zoomed(600, 1, 4000)).toBe(1800);
    expect(zoomed(600, -1, 100)).toBe(60);
    expect(zoomed(600, 1, 100)).toBe(600);
    expect(zoomed(60, -1, 4000)).toBe(60);
    expect(zoomed(604_800, 1, 1e9)).toBe(604_800);
  });
});
