import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/actions/action.ts';
import { planStrictly } from '../../../src/actions/actions.ts';
import { advance, describeFollowing, progressOf, startFollowing } from '../../../src/actions/follow.ts';
import { derive, type Model } from '../../../src/model.ts';
import type { MonitorSample, Sample } from '../../../src/sample.ts';
import { GiB } from '../../../src/units.ts';
import { checkLibvirtUri } from '../../../src/vmm/libvirt/migrate.ts';
import { guest, sample } from '../../samples.ts';

const uuid = '938d9d25-c83b-41ac-81db-984442040c70';
const there = 'qemu+ssh://root@b.example:2222/system';
const modelOf = (monitor: Partial<MonitorSample> = {}, more: Partial<Sample> = {}): Model =>
  derive(
    undefined,
    sample({
      guests: [
        guest({
          manager: 'libvirt',
          launch: { uuid, size: 4 * GiB },
          monitor: { state: 'ok', status: 'running', time: 1, ...monitor },
        }),
      ],
      ...more,
    }),
  );
const asked = (monitor: Partial<MonitorSample>, action: string, ...words: string[]): Plan =>
  planStrictly(modelOf(monitor), { action, words: ['web-1', ...words] });

describe('where libvirt sends a guest', () => {
  it.each([
    there,
    'qemu://b/system',
    'qemu+tls://b.example/system',
    'qemu+tcp://[fe80::1]:16509/system',
    'qemu+ssh://b/system?keyfile=/root/.ssh/id&socket=/run/x',
    'qemu+unix:///system?socket=/run/other/libvirt-sock',
  ])('may be %s', uri => expect(() => checkLibvirtUri(uri)).not.toThrow());

  it.each([
    'qemu:///system',
    'qemu+unix:///system',
    'qemu+ext://b/system?command=/tmp/x',
    'qemu+ssh://b/system?command=/tmp/x',
    'qemu+ssh://b/system?socket=/x&netcat=/tmp/x',
    'qemu+ssh://-oProxyCommand=x/system',
    'tcp:b:4444',
    'b',
    '--help',
    '',
  ])('may not be %s', uri => expect(() => checkLibvirtUri(uri)).toThrow());

  it('is never a program', () => {
    const query = fc.array(fc.tuple(fc.constantFrom('socket', 'command', 'netcat', 'mode'), fc.webSegment()));
    fc.assert(
      fc.property(query, pairs => {
        const uri = `qemu+ssh://b/system?${pairs.map(pair => pair.join('=')).join('&')}`;
        if (pairs.some(([key]) => key === 'command' || key === 'netcat')) expect(() => checkLibvirtUri(uri)).toThrow();
      }),
    );
  });
});

describe('a guest of libvirt’s', () => {
  it('is sent from libvirt to libvirt, at most so fast and with so long a pause', () => {
    const plan = asked({}, 'migrate', there, '100M', '500ms');
    expect(plan.refusal).toBeUndefined();
    expect(plan.steps).toMatchObject([
      { kind: 'virsh', words: ['migrate-setmaxdowntime', uuid, '500'] },
      { kind: 'virsh', words: ['migrate', '--live', '--p2p', uuid, there, '--bandwidth', '100'] },
    ]);
    expect(plan.effect.join()).toMatch(/libvirt ends the guest here/);
    expect(plan.warnings.join()).toMatch(/disks.*not encrypted/);
    const stays = /a last pause of 0\.5s stays set for its next migration/;
    expect(plan.warnings.join()).toMatch(stays);
    expect(asked({}, 'migrate', there, '100M').warnings.join()).not.toMatch(/stays set/);
    expect(plan.follow).toMatchObject([{ kind: 'migration', target: 'completed', leaves: true }]);
    expect(asked({}, 'migrate', there).steps).toMatchObject([{ words: ['migrate', '--live', '--p2p', uuid, there] }]);
  });

  it('is sent to no QEMU, and not twice', () => {
    expect(() => asked({}, 'migrate', 'tcp:b:4444')).toThrow(/qemu\+ssh/);
    const migration = { status: 'active', values: {}, ram: {} };
    expect(asked({ migration }, 'migrate', there).refusal?.reason).toMatch(/migrating already/);
    expect(asked({ state: 'libvirt', reason: 'no virsh' }, 'migrate', there).refusal?.reason).toBe('no virsh');
  });

  it('is not changed meanwhile, since libvirt would hold up who asks for it', () => {
    const migration = { status: 'active', values: {}, ram: {} };
    for (const words of [
      ['balloon', '3G'],
      ['polling', '0'],
    ] as const) {
      const [action, word] = words;
      const { refusal, steps } = asked({ migration, balloon: { device: true, pollingInterval: 2 } }, action, word);
      expect([refusal?.reason, steps]).toEqual([expect.stringMatching(/nothing of a guest that it migrates/), []]);
    }
  });

  it('is kept by an abort', () => {
    const migration = { status: 'active', values: {}, ram: {} };
    const plan = asked({ migration }, 'migrate-cancel');
    expect(plan.steps).toMatchObject([{ kind: 'virsh', words: ['domjobabort', uuid] }]);
    expect(plan.follow).toMatchObject([{ target: 'cancelled' }]);
    expect(asked({}, 'migrate-cancel').refusal?.reason).toMatch(/no migration/);
  });

  it('has arrived when libvirt says so, though it is gone here; without that it is just gone', () => {
    const follow = { kind: 'migration', guest: '100.5000', name: 'web-1', target: 'completed', leaves: true } as const;
    const migration = { status: 'active', values: {}, ram: { total: 4 * GiB, remaining: GiB, transferred: 3 * GiB } };
    const moving = advance(startFollowing(follow, 0), modelOf({ migration }, { time: 1 }));
    expect(progressOf(moving)).toBe(0.75);
    const away = (time: number, more: Partial<Sample> = {}) => modelOf({}, { time, guests: [], ...more });
    const waiting = advance(moving, away(2));
    expect(waiting.state).toBe('moving');
    expect(describeFollowing(advance(waiting, away(3, { migrated: ['100.5000'] })))).toBe(
      'web-1: migrated, 3.00 GiB sent; libvirt has ended it here',
    );
    expect(advance(waiting, away(3, { migrated: ['7.7'] })).state).toBe('moving');
    expect(advance(waiting, away(60)).state).toBe('gone');
  });
});
