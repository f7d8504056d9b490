import { describe, expect, it } from 'vitest';
import { advance, describeFollowing, startFollowing } from '../../src/actions/follow.ts';
import { derive, type Model } from '../../src/model.ts';
import type { MigrationSample } from '../../src/sample.ts';
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

describe('of a guest that stands still', () => {
  const standing = (time: number, actual: number, status: string, state = 'S'): Model =>
    derive(
      undefined,
      sample({
        time,
        guests: [guest({ process: { state }, monitor: { state: 'ok', status, balloon: { device: true, actual } } })],
      }),
    );

  it('a balloon waits until it goes on, however long, and is not called stuck', () => {
    let following = startFollowing(follow, 0);
    for (const second of [1, 20, 40]) following = advance(following, standing(second, 4 * GiB, 'paused'));
    expect(describeFollowing(following)).toBe(
      'web-1: balloon waits at 4.00 GiB of 2.00 GiB: the guest is paused, and moves it when it goes on',
    );
    expect(advance(following, standing(41, 4 * GiB, 'paused'))).toBe(following);
    // From then on it has its time.
    following = advance(following, standing(45, 4 * GiB, 'running'));
    expect(following.state).toBe('moving');
    expect(advance(following, standing(56, 4 * GiB, 'running')).state).toBe('moving');
    expect(advance(following, standing(58, 4 * GiB, 'running')).state).toBe('stalled');
    expect(advance(following, standing(46, 2 * GiB, 'running')).state).toBe('arrived');
  });

  it('nor where its process is stopped', () => {
    const following = advance(startFollowing(follow, 0), standing(30, 4 * GiB, 'running', 'T'));
    expect(describeFollowing(following)).toMatch(/the guest is stopped, and moves it when it goes on$/);
  });
});

it('tells of a guest that ended meanwhile', () => {
  expect(advance(startFollowing(follow, 0), at(1)).state).toBe('gone');
});

describe('a virtio-mem', () => {
  const follow = {
    kind: 'virtio-mem',
    guest: '100.5000',
    name: 'db',
    device: '/machine/peripheral/vm0',
    from: 4 * GiB,
    target: GiB,
  } as const;
  const at = (time: number, size: number): Model =>
    derive(
      undefined,
      sample({
        time,
        guests: [
          guest({
            monitor: {
              state: 'ok',
              memoryDevices: [{ type: 'virtio-mem', path: follow.device, values: { size } }],
            },
          }),
        ],
      }),
    );

  it('is followed until it arrives', () => {
    let following = startFollowing(follow, 0);
    for (const [second, gib] of [4, 3, 1].entries()) following = advance(following, at(second, gib * GiB));
    expect(describeFollowing(following)).toBe('db: virtio-mem arrived at 1.00 GiB');
  });

  it('that stops short is told', () => {
    let following = startFollowing(follow, 0);
    for (const second of [2, 9, 16]) following = advance(following, at(second, 2 * GiB));
    expect(following.state).toBe('stalled');
    expect(describeFollowing(following)).toMatch(/stalled at 2.00 GiB of 1.00 GiB: the guest can unplug no more/);
  });
});

describe('a migration', () => {
  const follow = { kind: 'migration', guest: '100.5000', name: 'web-1', target: 'completed' } as const;
  const ram = (transferred: number, more: Record<string, number> = {}) => ({
    total: 4 * GiB,
    remaining: GiB,
    transferred,
    mbps: 8388.608,
    ...more,
  });
  const at = (time: number, status: string, more: Partial<MigrationSample> = {}): Model =>
    derive(
      undefined,
      sample({
        time,
        guests: [guest({ monitor: { state: 'ok', time, migration: { status, values: {}, ram: ram(time), ...more } } })],
      }),
    );

  it('is followed with what is left, the rate and the time', () => {
    const following = advance(startFollowing(follow, 10), at(11, 'active'));
    expect(describeFollowing(following)).toBe('web-1: migrating, 1.00 GiB of 4.00 GiB left at 0.98 GiB/s, 2s to go');
    expect(advance(following, at(12, 'completed')).state).toBe('arrived');
  });

  it('is told as soon as QEMU tells of it, though nothing was sent yet', () => {
    const asked = startFollowing(follow, 10);
    const begun = advance(asked, at(11, 'active', { ram: ram(0) }));
    expect(describeFollowing(begun)).toMatch(/^web-1: migrating, 1\.00 GiB of 4\.00 GiB left/);
    // What says nothing new is no news.
    expect(advance(begun, at(12, 'active', { ram: ram(0) }))).toBe(begun);
  });

  it('does not take an earlier one for its own', () => {
    const following = startFollowing(follow, 10);
    expect(advance(following, at(10, 'failed')).state).toBe('moving');
    expect(advance(following, at(11, 'failed')).state).toBe('failed');
  });

  it('that does not converge is told', () => {
    const busy = ram(1, { 'dirty-sync-count': 3, 'dirty-pages-rate': 512_000, 'page-size': 4096 });
    expect(describeFollowing(advance(startFollowing(follow, 0), at(1, 'active', { ram: busy })))).toMatch(
      /does not converge: the guest writes 1.95 GiB\/s/,
    );
  });

  it('that fails is told with QEMU’s reason, and one that sends nothing is stalled', () => {
    const failed = advance(startFollowing(follow, 0), at(1, 'failed', { error: 'No such file' }));
    expect(describeFollowing(failed)).toBe('web-1: migration failed: No such file');
    let stuck = advance(startFollowing(follow, 0), at(1, 'active', { ram: ram(7) }));
    stuck = advance(stuck, at(14, 'active', { ram: ram(7) }));
    expect(stuck.state).toBe('stalled');
  });

  it('may be meant to be cancelled', () => {
    const cancel = startFollowing({ ...follow, target: 'cancelled' }, 0);
    expect(describeFollowing(advance(cancel, at(1, 'cancelled')))).toMatch(/cancelled, it runs on here/);
    expect(advance(cancel, at(1, 'completed')).state).toBe('failed');
    expect(advance(cancel, at(1, 'cancelling')).state).toBe('moving');
  });
});
