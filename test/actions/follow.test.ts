import { describe, expect, it } from 'vitest';
import type { Follow } from '../../src/actions/action.ts';
import {
  advance,
  contend,
  describeFollowing,
  type Following,
  type FollowState,
  isSameFollowed,
  progressOf,
  startFollowing,
} from '../../src/actions/follow.ts';
import { derive, type Model } from '../../src/model.ts';
import type { MigrationSample } from '../../src/sample.ts';
import { GiB, MiB } from '../../src/units.ts';
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

describe('a balloon that others ask for another size', () => {
  const rivals = [
    { target: 3 * GiB, by: 'ann (by kvmtop do)', after: false },
    { target: 3.5 * GiB, by: 'bob (by key)', after: true },
  ];
  const seen = (...sizes: readonly (readonly [number, number])[]): Following =>
    sizes.reduce(
      (one, [second, gib]) => contend(advance(one, at(second, gib * GiB)), rivals),
      startFollowing(follow, 0),
    );

  it('is theirs once it is where one of them wanted it, whoever came last to the journal', () => {
    expect(seen([1, 3.8])).toMatchObject({ state: 'moving' });
    const replaced = seen([1, 3.8], [2, 3]);
    expect(replaced.state).toBe('replaced');
    expect(describeFollowing(replaced)).toBe(
      'web-1: balloon at 3.00 GiB of 2.00 GiB: ann (by kvmtop do) asked for 3.00 GiB meanwhile',
    );
    expect(advance(replaced, at(3, 2 * GiB))).toBe(replaced);
  });

  it('or stands still elsewhere; and it is its own where it arrives', () => {
    expect(seen([1, 2.5], [14, 2.5])).toMatchObject({ state: 'replaced', rival: rivals[1] });
    expect(seen([1, 2.5], [2, 2])).toMatchObject({ state: 'arrived' });
    // Who may have asked before is no reason that it stands still elsewhere.
    const still = { ...advance(startFollowing(follow, 0), at(20, 2.5 * GiB)), state: 'stalled' } as const;
    expect(contend(still, rivals.slice(0, 1))).toBe(still);
  });

  it('by other means than kvmtop is told by what it does: it was nearer before', () => {
    const stalled = (...sizes: readonly number[]): string => {
      let following = startFollowing(follow, 0);
      for (const [index, gib] of sizes.entries()) following = advance(following, at(14 * (index + 1), gib * GiB));
      return describeFollowing(advance(following, at(14 * (sizes.length + 1), (sizes.at(-1) ?? 0) * GiB)));
    };
    expect(stalled(3, 2.5, 3.2)).toMatch(
      /stalled at 3\.20 GiB of 2\.00 GiB: it was nearer before: another client has asked/,
    );
    expect(stalled(3, 2.5)).toMatch(
      /stalled at 2\.50 GiB of 2\.00 GiB: the guest can give no more, its driver does not/,
    );
  });
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

it('is there within a MiB, and stuck after more than 12 seconds', () => {
  const following = startFollowing(follow, 0);
  const state = (time: number, actual: number) => advance(following, at(time, actual)).state;
  expect(state(1, 2 * GiB + MiB)).toBe('arrived');
  expect(state(1, 2 * GiB - MiB)).toBe('arrived');
  expect(state(1, 2 * GiB + MiB + 1)).toBe('moving');
  expect(state(12, 4 * GiB)).toBe('moving');
  expect(state(12.1, 4 * GiB)).toBe('stalled');
  // What says nothing new is no news; what was over stays so.
  expect(advance(following, at(5, 4 * GiB))).toBe(following);
  for (const over of ['arrived', 'gone', 'failed'] as const) {
    const ended: Following = { ...following, state: over };
    expect(advance(ended, at(5, 3 * GiB))).toBe(ended);
  }
});

it('is the same as another of that kind, guest and device', () => {
  const started = (change: Partial<Follow>): Following => startFollowing({ ...follow, ...change } as Follow, 0);
  const device = (name: string): Following => started({ kind: 'virtio-mem', device: name });
  expect(isSameFollowed(started({}), started({ target: GiB }))).toBe(true);
  expect(isSameFollowed(started({}), started({ guest: '7.1' }))).toBe(false);
  expect(isSameFollowed(started({}), device('vm0'))).toBe(false);
  expect(isSameFollowed(device('vm0'), device('vm0'))).toBe(true);
  expect(isSameFollowed(device('vm0'), device('vm1'))).toBe(false);
  expect(isSameFollowed(device('vm0'), started({}))).toBe(false);
});

it('knows how much of the way is done', () => {
  const progress = (actual: number, change = {}) =>
    progressOf({ ...startFollowing({ ...follow, ...change }, 0), actual });
  expect([4, 3.5, 2, 1, 5].map(gib => progress(gib * GiB))).toEqual([0, 0.25, 1, 1, 0]);
  expect(progress(3 * GiB, { target: 4 * GiB })).toBe(1);
  expect(progress(3 * GiB, { from: 2 * GiB, target: 4 * GiB })).toBe(0.5);
});

it.each<[FollowState, string, string]>([
  ['moving', 'balloon', 'web-1: balloon on its way, 3.00 GiB of 2.00 GiB'],
  [
    'failed',
    'balloon',
    'web-1: balloon stalled at 3.00 GiB of 2.00 GiB: the guest can give no more, its driver does not answer, or another client has asked for another size',
  ],
  ['gone', 'balloon', 'web-1: gone while its balloon moved'],
  [
    'stalled',
    'virtio-mem',
    'web-1: virtio-mem stalled at 3.00 GiB of 2.00 GiB: the guest can unplug no more of it; what it asks for stays asked',
  ],
])('that is %s, a %s, is told', (state, kind, told) => {
  const started = startFollowing({ ...follow, kind, device: 'vm0' } as Follow, 0);
  expect(describeFollowing({ ...started, state, actual: 3 * GiB })).toBe(told);
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

  it('whose size is not told stays as it was seen, and one that plugs no more is told', () => {
    const other = startFollowing({ ...follow, device: 'other', from: GiB, target: 2 * GiB }, 0);
    expect(advance(other, at(5, 2 * GiB))).toBe(other);
    expect(describeFollowing(advance(other, at(13, 2 * GiB)))).toBe(
      'db: virtio-mem stalled at 1.00 GiB of 2.00 GiB: its driver plugs no more, or is not loaded',
    );
    const blank = derive(undefined, sample({ time: 5, guests: [guest({})] }));
    expect(advance(other, blank)).toBe(other);
    const even = startFollowing({ ...follow, from: GiB }, 0);
    expect(describeFollowing({ ...even, state: 'stalled' })).toMatch(/: its driver plugs no more/);
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

  it.each<[FollowState, string, Record<string, number> | undefined, string]>([
    ['moving', '', undefined, 'migration asked for'],
    ['moving', 'setup', {}, 'migration: setup'],
    ['moving', 'active', { total: 4 * GiB }, 'migration: active'],
    ['moving', 'active', { remaining: GiB }, 'migration: active'],
    ['moving', 'postcopy-active', { total: 4 * GiB, remaining: GiB }, 'migration: postcopy-active'],
    ['moving', 'active', { total: 4 * GiB, remaining: GiB }, 'migrating, 1.00 GiB of 4.00 GiB left'],
    [
      'waiting',
      'active',
      { ...ram(1), 'dirty-pages-rate': 2560, 'page-size': 4096, 'dirty-sync-count': 3 },
      'migrating, 1.00 GiB of 4.00 GiB left at 0.98 GiB/s, dirty 10.0 MiB/s, 2s to go',
    ],
    ['arrived', 'completed', ram(1), 'migrated, 7.00 GiB sent; it stands still here and holds its RAM until quit'],
    ['stalled', '', undefined, 'migration stalled: nothing is sent any more; QEMU tells nothing of it'],
    [
      'stalled',
      'active',
      ram(1),
      'migration stalled: nothing is sent any more; migrating, 1.00 GiB of 4.00 GiB left at 0.98 GiB/s, 2s to go',
    ],
    ['failed', '', undefined, 'migration ended'],
    ['failed', 'failed', {}, 'migration failed'],
    ['gone', '', undefined, 'gone while it migrated'],
  ])('that is %s (%s) with %j is told', (state, status, numbers, told) => {
    const migration = numbers && { status, values: {}, ram: numbers };
    const following = { ...startFollowing(follow, 0), state, actual: 7 * GiB, ...(migration ? { migration } : {}) };
    expect(describeFollowing(following)).toBe(`web-1: ${told}`);
  });

  it('is told as libvirt ends it here, with what was sent where that is known', () => {
    const leaving = { ...startFollowing({ ...follow, leaves: true }, 0), state: 'arrived' } as const;
    expect([describeFollowing(leaving), describeFollowing({ ...leaving, actual: GiB })]).toEqual([
      'web-1: migrated; libvirt has ended it here',
      'web-1: migrated, 1.00 GiB sent; libvirt has ended it here',
    ]);
  });

  it('that libvirt ends here has arrived once that is told, and is waited for as long as for a move', () => {
    const leaving = startFollowing({ ...follow, leaves: true }, 10);
    const without = (time: number, migrated: readonly string[] = []): Model =>
      derive(undefined, sample({ time, guests: [], migrated }));
    expect(advance(leaving, without(22))).toBe(leaving);
    expect(advance(leaving, without(23)).state).toBe('gone');
    expect(advance(leaving, without(11, ['7.1'])).state).toBe('moving');
    expect(advance(leaving, without(99, ['7.1', '100.5000'])).state).toBe('arrived');
    expect(advance(startFollowing(follow, 10), without(11, ['100.5000'])).state).toBe('gone');
  });

  it('is done by what remains, unknown while nothing is sent', () => {
    const progress = (status: string, numbers: Record<string, number>) =>
      progressOf({ ...startFollowing(follow, 0), migration: { status, values: {}, ram: numbers } });
    expect(progress('active', { total: 4 * GiB, remaining: GiB })).toBe(0.75);
    expect(progress('active', { total: 4 * GiB, remaining: 0 })).toBe(1);
    expect(progress('active', { total: GiB, remaining: 2 * GiB })).toBe(0);
    for (const unknown of [
      progressOf(startFollowing(follow, 0)),
      progress('setup', { total: 4 * GiB, remaining: GiB }),
      progress('active', { remaining: GiB }),
      progress('active', { total: 0, remaining: 0 }),
      progress('active', { total: GiB }),
    ])
      expect(unknown).toBeUndefined();
  });

  it('keeps what it saw last while QEMU tells nothing new of it', () => {
    const begun = advance(startFollowing(follow, 10), at(11, 'active', { ram: ram(GiB) }));
    expect(begun).toMatchObject({ state: 'moving', actual: GiB, since: 10, moved: 11 });
    const silent = derive(undefined, sample({ time: 20, guests: [guest({ monitor: { state: 'ok', time: 20 } })] }));
    expect(advance(begun, silent)).toBe(begun);
    const { transferred: _, ...untold } = ram(0);
    expect(advance(begun, at(24, 'active', { ram: untold }))).toMatchObject({ state: 'stalled', actual: GiB });
    const failed = advance(begun, at(12, 'failed'));
    expect(advance(failed, at(13, 'active'))).toBe(failed);
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
