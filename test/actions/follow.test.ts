import { expect, it } from 'vitest';
import { advance, describeFollowing, startFollowing } from '../../src/actions/follow.ts';
import { derive, type Model } from '../../src/model.ts';
import { GiB } from '../../src/units.ts';
import { guest, sample } from '../samples.ts';

const at = (time: number, actual?: number): Model =>
  derive(
    undefined,
    sample({
      time,
      guests: actual === undefined ? [] : [guest({ monitor: { state: 'ok', balloon: { device: true, actual } } })],
    }),
  );
const follow = { kind: 'balloon', guest: '100.5000', name: 'web-1', from: 4 * GiB, target: 2 * GiB } as const;

it('follows a balloon until it arrives', () => {
  let following = startFollowing(follow, 0);
  for (const [second, gib] of [4, 3, 2.5, 2].entries()) following = advance(following, at(second, gib * GiB));
  expect(following.state).toBe('arrived');
  expect(describeFollowing(following)).toBe('web-1: balloon arrived at 2.00 GiB');
});

it('says that a balloon is stuck, and that it moves again', () => {
  let following = startFollowing(follow, 0);
  following = advance(following, at(5, 3 * GiB));
  following = advance(following, at(16, 3 * GiB));
  expect(following.state).toBe('moving');
  following = advance(following, at(18, 3 * GiB));
  expect(describeFollowing(following)).toMatch(/stalled at 3.00 GiB of 2.00 GiB/);
  expect(advance(following, at(19, 2.9 * GiB)).state).toBe('moving');
});

it('tells of a guest that ended meanwhile', () => {
  expect(advance(startFollowing(follow, 0), at(1)).state).toBe('gone');
});
