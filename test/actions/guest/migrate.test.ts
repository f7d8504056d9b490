import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/actions/action.ts';
import { planStrictly } from '../../../src/actions/actions.ts';
import { migrate, migrateCancel } from '../../../src/actions/guest/migrate.ts';
import { quit } from '../../../src/actions/guest/quit.ts';
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

  it.each<[RegExp, ...string[]]>([
    [/takes GUEST URI/],
    [/takes GUEST URI/, 'unix:/in', '1G', '1s', 'x'],
    [/exec:/, 'exec:sh'],
    [/Not a bandwidth: 'fast'/, 'unix:/in', 'fast'],
    [/Not a bandwidth: '0'/, 'unix:/in', '0'],
    [/Not a bandwidth: '1G\/s\/s'/, 'unix:/in', '1G/s/s'],
    [/Not a downtime: 'soon'/, 'unix:/in', '1G', 'soon'],
    [/Not a downtime: '0'/, 'unix:/in', '1G', '0'],
    [/Not a downtime: '0.9ms'/, 'unix:/in', '1G', '0.9ms'],
    [/Not a downtime: '2001s'/, 'unix:/in', '1G', '2001s'],
  ])('refuses with %s the words %s %s %s', (reason, ...words) => {
    expect(() => asked(running(), 'migrate', ...words)).toThrow(reason);
  });

  it.each([
    ['1ms', 1],
    ['2000s', 2_000_000],
  ])('takes a last pause of %s', (word, ms) => {
    expect(asked(running(), 'migrate', 'unix:/in', '1G', word).steps[0]).toMatchObject({
      arguments: { 'downtime-limit': ms },
    });
  });

  it('is planned whole, with what is careful to know', () => {
    const plan = asked(running({ status: 'paused' }), 'migrate', 'tcp:h:4');
    expect(plan).toMatchObject({
      subject: 'web-1',
      summary: 'Migrate web-1 to tcp:h:4',
      effect: [
        'network: up to 4.00 GiB at 128 MiB/s (QEMU’s own limit, unless another was set): at most 32s, and what the guest writes meanwhile once more',
        'guest: runs on here until the last 0.3s, then there',
        expect.any(String),
      ],
    });
    expect(plan.follow).toEqual([{ kind: 'migration', guest: '100.5000', name: 'web-1', target: 'completed' }]);
    const careful = [/not encrypted/, /^the guest is paused, and will be there too$/].map(one =>
      expect.stringMatching(one),
    );
    expect(plan.warnings.slice(-2)).toEqual(careful);
    const calm = asked(running(), 'migrate', 'unix:/in').warnings;
    expect(plan.warnings.slice(0, -2)).toEqual(calm);
  });

  it('is of a guest that is there, by a monitor that answers', () => {
    const plan = (one: GuestSample) => asked(one, 'migrate', 'unix:/in').refusal?.reason;
    expect(plan(running({ state: 'busy' }))).toMatch(/does not answer/);
    expect(plan({ ...running(), vmm: 'crosvm' })).toMatch(/no QEMU/);
    const input = { guest: '9.9', uri: 'unix:/in' };
    const request = { action: 'migrate', words: [] };
    expect(migrate.plan(modelOf(), input, request).refusal?.reason).toMatch(/gone/);
    expect(migrateCancel.plan(modelOf(), '9.9', request).refusal?.reason).toMatch(/gone/);
    expect(quit.plan(modelOf(), '9.9', request).refusal?.reason).toMatch(/gone/);
  });

  it('is helped with where a guest can be sent', () => {
    expect(migrate.hint?.(modelOf(running()), ['web-1'])).toMatch(/^web-1: .*tcp:/);
    expect(migrate.hint?.(modelOf({ ...running(), vmm: 'crosvm' }), ['web-1'])).toMatch(/^web-1: this is no QEMU/);
    expect(() => migrate.hint?.(modelOf(), [])).toThrow(/no guest ''/);
  });
});

describe('migrate-cancel', () => {
  it('stops what is under way', () => {
    const plan = asked(running({ migration: under('active') }), 'migrate-cancel');
    expect(plan.steps).toMatchObject([{ command: 'migrate_cancel' }]);
    expect(plan).toMatchObject({ subject: 'web-1', summary: 'Cancel the migration of web-1', warnings: [] });
    expect(plan.follow).toEqual([{ kind: 'migration', guest: '100.5000', name: 'web-1', target: 'cancelled' }]);
    expect(plan).not.toHaveProperty('undo');
  });

  it('is asked of a guest alone, by a monitor that answers', () => {
    expect(() => planStrictly(modelOf(), { action: 'migrate-cancel', words: [] })).toThrow(/takes GUEST/);
    expect(() => asked(running(), 'migrate-cancel', 'now')).toThrow(/takes GUEST/);
    const reason = (one: GuestSample) => asked(one, 'migrate-cancel').refusal?.reason;
    expect(reason(running({ state: 'busy', migration: under('active') }))).toMatch(/does not answer/);
    expect(reason({ ...running({ migration: under('active') }), vmm: 'crosvm' })).toMatch(/no QEMU/);
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

  it('tells what it knows of what comes back, and that there is no way back', () => {
    const away = { ...running({ status: 'postmigrate' }), process: {} };
    expect(asked(away, 'quit')).toMatchObject({
      subject: 'web-1',
      summary: 'End the QEMU of web-1, which was migrated away',
      effect: ['host: gets back all it holds for the guest, at once'],
      warnings: [expect.stringMatching(/look first that the guest runs at its destination/)],
    });
    const off = asked(running({ status: 'shutdown' }), 'quit');
    expect([off.summary, off.warnings, off.undo]).toEqual([
      'End the QEMU of web-1',
      ['this can’t be undone'],
      undefined,
    ]);
  });

  it('is asked of a guest alone, whose QEMU can be asked', () => {
    expect(() => planStrictly(modelOf(), { action: 'quit', words: [] })).toThrow(/takes GUEST/);
    expect(() => asked(running(), 'quit', 'now')).toThrow(/takes GUEST/);
    expect(asked({ ...running(), vmm: 'crosvm' }, 'quit').refusal).toMatchObject({ forceable: false });
    const { status: _, ...unknown } = running().monitor;
    expect(asked({ ...running(), monitor: unknown }, 'quit').refusal).toEqual({
      reason: expect.stringMatching(/^it is in an unknown state/),
      forceable: true,
    });
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
