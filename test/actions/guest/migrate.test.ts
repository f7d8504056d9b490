import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/actions/action.ts';
import { planStrictly } from '../../../src/actions/actions.ts';
import { derive, guestWord, type Model } from '../../../src/model.ts';
import type { GuestSample, MigrationSample, MonitorSample } from '../../../src/sample.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { checkUri } from '../../../src/vmm/qemu/migrate.ts';
import { guest, sample } from '../../samples.ts';

const running = (monitor: Partial<MonitorSample> = {}): GuestSample =>
  guest({
    name: 'web-1',
    process: { status: { RssAnon: GiB } },
    monitor: { state: 'ok', status: 'running', memory: { 'base-memory': 4 * GiB }, ...monitor },
  });
const under = (status: string, more: Partial<MigrationSample> = {}): MigrationSample => ({
  status,
  values: {},
  ram: {},
  ...more,
});
const modelOf = (...guests: GuestSample[]): Model => derive(undefined, sample({ guests, host: { ksm: {} } }));
const asked = (one: GuestSample, action: string, ...words: string[]): Plan =>
  planStrictly(modelOf(one), { action, words: ['web-1', ...words] });

describe('where a guest is sent', () => {
  it.each(['tcp:10.0.0.2:4444', 'tcp:host-2.example:1', 'tcp:[fe80::1%eth0]:65535', 'unix:/run/kvm/in.sock'])(
    'may be %s',
    uri => expect(() => checkUri(uri)).not.toThrow(),
  );

  it.each([
    'exec:cat >/tmp/x',
    'fd:3',
    'file:/tmp/x',
    'tcp:host',
    'tcp:host:0',
    'tcp:host:65536',
    'tcp:a:b:4',
    'unix:relative',
    `unix:/${'x'.repeat(120)}`,
    '10.0.0.2:4444',
    '',
  ])('may not be %s', uri => expect(() => checkUri(uri)).toThrow());

  it('is an address, and never a program or a descriptor', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map(rest => `exec:${rest}`),
          fc.string().map(rest => `tcp:${rest}`),
        ),
        uri => {
          try {
            checkUri(uri);
          } catch {
            return;
          }
          expect(uri).toMatch(/^(unix:\/|tcp:[^\s]+:\d+$)/);
        },
      ),
    );
  });
});

describe('migrate', () => {
  it('sets the limits that were given, then begins; the way back is to cancel', () => {
    const plan = asked(running(), 'migrate', 'unix:/in', '100M/s', '500ms');
    expect(plan.steps).toMatchObject([
      { command: 'migrate-set-parameters', arguments: { 'max-bandwidth': 100 * MiB, 'downtime-limit': 500 } },
      { command: 'migrate', arguments: { uri: 'unix:/in' } },
    ]);
    expect(plan.effect[0]).toMatch(/up to 4.00 GiB at 100 MiB\/s: at most 41s/);
    expect(plan.undo).toEqual({ action: 'migrate-cancel', words: ['100.5000'] });
    expect(plan.follow).toMatchObject([{ kind: 'migration', target: 'completed' }]);
    expect(asked(running(), 'migrate', 'unix:/in').steps).toMatchObject([{ command: 'migrate' }]);
  });

  it('tells that what goes over the network is in the clear', () => {
    expect(asked(running(), 'migrate', 'tcp:h:4').warnings.join()).toMatch(/not encrypted/);
    expect(asked(running(), 'migrate', 'unix:/in').warnings.join()).not.toMatch(/encrypted/);
  });

  it.each<[string, Partial<MonitorSample>, RegExp]>([
    ['that is on its way', { migration: under('active') }, /migrating already/],
    ['that has gone', { status: 'postmigrate' }, /stands still here/],
    ['that is arriving', { status: 'inmigrate' }, /destination/],
    ['that can’t move', { migration: under('none', { blocked: ['VFIO'] }) }, /QEMU can't migrate it: VFIO/],
  ])('refuses a guest %s', (_what, monitor, reason) => {
    expect(asked(running(monitor), 'migrate', 'unix:/in').refusal).toEqual({
      reason: expect.stringMatching(reason),
      forceable: false,
    });
  });

  it('leaves a guest of libvirt to libvirt', () => {
    const held = { ...running({ state: 'libvirt' }), manager: 'libvirt' as const };
    expect(asked(held, 'migrate', 'qemu+ssh://b/system').refusal).toEqual({
      reason: expect.stringMatching(/virsh migrate/),
      forceable: false,
    });
  });

  it('is allowed again after one that failed or was cancelled', () => {
    for (const status of ['failed', 'cancelled'])
      expect(asked(running({ migration: under(status) }), 'migrate', 'unix:/in').refusal).toBeUndefined();
  });

  it.each([[], ['exec:sh'], ['unix:/in', 'fast'], ['unix:/in', '1G', '1h'], ['unix:/in', '1G', '1s', 'x']])(
    'refuses the words %s %s %s',
    (...words) => expect(() => asked(running(), 'migrate', ...words)).toThrow(),
  );
});

describe('migrate-cancel', () => {
  it('stops what is under way', () => {
    const plan = asked(running({ migration: under('active') }), 'migrate-cancel');
    expect(plan.steps).toMatchObject([{ command: 'migrate_cancel' }]);
    expect(plan.follow).toMatchObject([{ target: 'cancelled' }]);
  });

  it.each<[Partial<MonitorSample>, RegExp]>([
    [{}, /no migration is under way$/],
    [{ migration: under('failed') }, /the last one failed/],
    [{ status: 'postmigrate', migration: under('completed') }, /runs at its destination/],
    [{ migration: under('postcopy-active') }, /postcopy/],
  ])('refuses %j', (monitor, reason) => {
    expect(asked(running(monitor), 'migrate-cancel').refusal).toEqual({
      reason: expect.stringMatching(reason),
      forceable: false,
    });
  });
});

describe('quit', () => {
  it.each(['postmigrate', 'shutdown'])('ends a guest that is %s, and tells what comes back', status => {
    const plan = asked(running({ status }), 'quit');
    expect(plan.refusal).toBeUndefined();
    expect(plan.steps).toMatchObject([{ command: 'quit' }]);
    expect(plan.effect).toEqual(['host: gets back 1.00 GiB, at once']);
  });

  it('ends a running guest by force only', () => {
    expect(asked(running(), 'quit').refusal).toMatchObject({
      reason: expect.stringMatching(/it is running/),
      forceable: true,
    });
    expect(asked(running({ state: 'busy' }), 'quit').refusal?.forceable).toBe(false);
  });

  // All other words of QEMU's RunState: such a guest may go on, and what it has not written would be lost.
  it.each([
    'colo',
    'debug',
    'finish-migrate',
    'guest-panicked',
    'inmigrate',
    'internal-error',
    'io-error',
    'paused',
    'prelaunch',
    'restore-vm',
    'running',
    'save-vm',
    'suspended',
    'watchdog',
  ])('ends a guest that is %s by force only', status => {
    expect(asked(running({ status }), 'quit').refusal).toMatchObject({
      reason: expect.stringContaining(`it is ${status}: quit is pulling the plug`),
      forceable: true,
    });
  });
});

it('a guest on its way is called so, and its numbers are gone with the migration', () => {
  const ram = { total: 100, remaining: 40, mbps: 8, 'dirty-pages-rate': 3, 'dirty-sync-count': 2, 'page-size': 4096 };
  const [moving] = modelOf(running({ migration: under('active', { ram }) })).guests;
  expect(guestWord(moving!)).toBe('migrating');
  expect(moving?.values).toMatchObject({
    migration_remaining: 40,
    migration_rate: 1e6,
    migration_dirty_rate: 3 * 4096,
  });
  const [gone] = modelOf(running({ status: 'postmigrate', migration: under('completed', { ram }) })).guests;
  expect(guestWord(gone!)).toBe('postmigrate');
  expect(gone?.values).not.toHaveProperty('migration_rate');
});

describe('how long it takes', () => {
  const network = (monitor: Partial<MonitorSample>, ...words: string[]) =>
    asked(running({ memory: { 'base-memory': 256 * MiB }, ...monitor }), 'migrate', 'tcp:10.0.0.2:4444', ...words)
      .effect[0];

  it('is told by the bandwidth that is in force', () => {
    expect(network({})).toMatch(/at 128 MiB\/s \(QEMU’s own limit, unless another was set\): at most 2s,/);
    const slow = { migrationLimits: { bandwidth: 2 * MiB } };
    expect(network(slow)).toMatch(/at 2\.00 MiB\/s \(the limit that is set\): at most 2m08,/);
    expect(network(slow, '64M')).toMatch(/at 64\.0 MiB\/s: at most 4s,/);
    expect(network({ migrationLimits: { bandwidth: 0 } })).toBe('network: up to 256 MiB, as fast as it goes');
  });

  it('and the last pause by its own', () => {
    const paused = asked(running({ migrationLimits: { downtime: 2 } }), 'migrate', 'tcp:10.0.0.2:4444').effect[1];
    expect(paused).toBe('guest: runs on here until the last 2s, then there');
  });
});
