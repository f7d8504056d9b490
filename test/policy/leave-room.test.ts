import { expect, it } from 'vitest';
import { defaultLimits } from '../../src/actions/limits.ts';
import { leaveSafe } from '../../src/policy/leave.ts';
import { GiB, MiB } from '../../src/units.ts';
import { type Given, look } from './policies/world.ts';

/** The host of these has 2 % of 16 GiB for itself. */
const reserve = 0.02 * 16 * GiB;
/** A page. */
const page = 4096;

/** Who gets what, in MiB and pages beyond, where the host has so much beyond its reserve. */
const left = (room: number, ...guests: readonly Given[]): readonly string[] => {
  const model = look({
    available: reserve + room,
    guests: guests.map((one, index) => ({ name: `g${index}`, ...one })),
  });
  return leaveSafe(model, new Set(model.guests.map(({ id }) => id)), defaultLimits).map(({ subject, request }) => {
    const bytes = Number.parseInt(request.words[1] ?? '', 10);
    return `${subject} ${Math.floor(bytes / MiB)}${bytes % MiB === 0 ? '' : `+${(bytes % MiB) / page}`}`;
  });
};

/** Uses 1 GiB: 1536 MiB are safe. */
const using1G = (actual: number, more: Given = {}): Given => ({
  actual: actual * MiB,
  free: actual * MiB - GiB,
  ...more,
});

it('the first gets all that it should have, the next what is left in whole pages, the last nothing', () => {
  const guests = [using1G(1280), using1G(1152), using1G(1344)];
  expect(left(2 * GiB, ...guests)).toEqual(['g1 1536', 'g0 1536', 'g2 1536']);
  expect(left(384 * MiB + 100 * MiB + 3 * page + 1, ...guests)).toEqual(['g1 1536', 'g0 1380+3']);
  expect(left(page, ...guests)).toEqual(['g1 1152+1']);
  expect(left(page - 1, ...guests)).toEqual([]);
});

it('a guest that is on its way to less counts as what it would have', () => {
  // By what they have g0 would be first.
  const guests = [using1G(1280), using1G(1344, { target: 1100 * MiB })];
  expect(left(100 * MiB, ...guests)).toEqual(['g1 1444']);
  // Without room it is stopped where it is, at least.
  expect(left(0, ...guests)).toEqual(['g1 1344']);
  // One that is on its way to more is left to go there.
  expect(left(0, using1G(1344, { target: 1600 * MiB }))).toEqual([]);
});

it('a guest is never given more than all', () => {
  expect(left(4 * GiB, { maximum: 1400 * MiB, ...using1G(1200) })).toEqual(['g0 1400']);
});

it('what a guest’s kernel kept for itself is left to it, too', () => {
  // Its total is 64 MiB less than its balloon leaves it.
  const given = using1G(1280, { free: 192 * MiB, stats: { 'stat-total-memory': 1216 * MiB } });
  expect(left(4 * GiB, given)).toEqual(['g0 1600']);
});
