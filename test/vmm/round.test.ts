import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { MonitorSample } from '../../src/sample.ts';
import type { Answer, Answers } from '../../src/vmm/qemu/answer.ts';
import { digest, furtherQuestions, parseStats, questions, sameGuest } from '../../src/vmm/qemu/round.ts';
import { guestStats } from '../qmp/peer.ts';

const unasked: MonitorSample = { state: 'unasked' };
const heard = { time: 100, path: '/q', version: '7.2.22' };
const said = (values: Record<string, unknown>): Answers =>
  new Map(Object.entries(values).map(([id, value]): [string, Answer] => [id, { ok: true, value }]));
const refused = (errorClass: string): Answer => ({ ok: false, errorClass, message: 'no' });
const ids = (last: MonitorSample, fresh: boolean) => questions(last, fresh).map(({ id }) => id);

describe('statistics', () => {
  it('takes −1 and 2^64−1 for unknown, each by itself', () => {
    const values = { 'stat-free-memory': 2 ** 64, 'stat-total-memory': -1, 'stat-swap-in': 0 };
    expect(parseStats(guestStats(5, values))).toEqual({ lastUpdate: 5, values: { 'stat-swap-in': 0 } });
  });

  it('are absent until the guest reported once', () => {
    expect(parseStats(guestStats(0))).toBeUndefined();
  });

  const reported = (last: MonitorSample, lastUpdate: number) =>
    digest(last, said({ 'query-balloon': { actual: 1 }, 'guest-stats': guestStats(lastUpdate) }), heard);

  it('keep the report before, across rounds without news, and none across a clock set back', () => {
    const first = reported(unasked, 10);
    expect(first.balloon?.earlier).toBeUndefined();
    const second = reported(reported(reported(first, 10), 12), 12);
    expect(second.balloon?.stats?.lastUpdate).toBe(12);
    expect(second.balloon?.earlier?.lastUpdate).toBe(10);
    expect(reported(second, 3).balloon?.earlier).toBeUndefined();
  });
});

describe('balloon', () => {
  it('tells no device from no answer', () => {
    const one = (answer: Answer) => digest(unasked, new Map([['query-balloon', answer]]), heard).balloon;
    expect(one(refused('DeviceNotActive'))).toEqual({ device: false });
    expect(one(refused('KVMMissingCap'))).toBeUndefined();
    expect(one({ ok: true, value: { actual: 7 } })).toEqual({ device: true, actual: 7 });
  });

  it('is looked for among the nameless too, and again when it is gone from its place', () => {
    const answers = {
      'query-balloon': { actual: 7 },
      '/machine/peripheral': [{ name: 'net0', type: 'child<virtio-net-pci>' }],
      '/machine/peripheral-anon': [
        { name: 'type', type: 'string' },
        { name: 'device[3]', type: 'child<virtio-balloon-pci-non-transitional>' },
      ],
      'guest-stats': guestStats(9),
      'deflate-on-oom': true,
    };
    const found = digest(unasked, said(answers), heard);
    expect(found.balloon).toMatchObject({ path: '/machine/peripheral-anon/device[3]', deflateOnOom: true });
    expect(ids(found, false)).toContain('guest-stats');
    expect(ids(found, false)).not.toContain('/machine/peripheral');

    const gone = digest(
      found,
      new Map([...said({ 'query-balloon': { actual: 7 } }), ['guest-stats', refused('DeviceNotFound')]]),
      heard,
    );
    expect(gone.balloon).toEqual({ device: true, actual: 7, deflateOnOom: true });
    expect(ids(gone, false)).toContain('/machine/peripheral-anon');
  });

  it('is not looked for in every round of a guest that has none', () => {
    expect(ids({ state: 'ok', balloon: { device: false } }, false)).toEqual([
      'query-status',
      'query-balloon',
      'query-memory-size-summary',
    ]);
  });
});

/** As QEMU 7.2 answers of a virtio-mem. */
const virtioMem = (more: Record<string, unknown>) => ({
  type: 'virtio-mem',
  data: {
    memaddr: 2 ** 32,
    node: 0,
    'requested-size': 64,
    size: 32,
    'max-size': 128,
    'block-size': 2,
    memdev: '/objects/vmem0',
    ...more,
  },
});

describe('memory devices', () => {
  const devices = (last: MonitorSample, answers: Record<string, unknown>) =>
    digest(last, said(answers), heard).memoryDevices;

  it('keep every amount, with the path of those that can be resized', () => {
    const dimm = { type: 'dimm', data: { id: 'd0', size: 7, hotplugged: true, memdev: '/objects/m' } };
    expect(devices(unasked, { 'query-memory-devices': [virtioMem({ id: 'vm0' }), dimm] })).toEqual([
      {
        type: 'virtio-mem',
        id: 'vm0',
        memdev: '/objects/vmem0',
        path: '/machine/peripheral/vm0',
        values: { memaddr: 2 ** 32, node: 0, 'requested-size': 64, size: 32, 'max-size': 128, 'block-size': 2 },
      },
      { type: 'dimm', id: 'd0', memdev: '/objects/m', values: { size: 7 } },
    ]);
  });

  it('without a name are looked for, once, and only where there is no doubt', () => {
    const nameless = { 'query-memory-devices': [virtioMem({})] };
    expect(furtherQuestions(unasked, said(nameless)).map(({ id }) => id)).toEqual(['/machine/peripheral-anon']);
    const folder = (...names: string[]) => ({
      '/machine/peripheral-anon': names.map(name => ({ name, type: 'child<virtio-mem-pci>' })),
    });
    expect(devices(unasked, { ...nameless, ...folder('device[0]', 'device[1]') })?.[0]).not.toHaveProperty('path');
    const found = digest(unasked, said({ ...nameless, ...folder('device[3]') }), heard);
    expect(found.memoryDevices?.[0]?.path).toBe('/machine/peripheral-anon/device[3]');
    expect(furtherQuestions(found, said(nameless))).toEqual([]);
    expect(devices(found, nameless)?.[0]?.path).toBe('/machine/peripheral-anon/device[3]');
  });

  it('are asked for at first, now and then, and always where there is a virtio-mem', () => {
    const one = digest(unasked, said({ 'query-memory-devices': [virtioMem({ id: 'vm0' })] }), heard);
    const none = digest(unasked, said({ 'query-memory-devices': [] }), heard);
    expect(questions(unasked, true).map(({ id }) => id)).toContain('query-memory-devices');
    expect(ids(one, false)).toContain('query-memory-devices');
    expect(ids(none, false)).not.toContain('query-memory-devices');
    expect(questions(none, false, true).map(({ id }) => id)).toContain('query-memory-devices');
    const summary = (plugged: number) =>
      said({ 'query-memory-size-summary': { 'base-memory': 1, 'plugged-memory': plugged } });
    const plugged = digest(none, summary(7), heard);
    expect(furtherQuestions(none, summary(7)).map(({ id }) => id)).toEqual(['query-memory-devices']);
    expect(furtherQuestions(plugged, summary(7))).toEqual([]);
    expect(digest(one, new Map([['query-memory-devices', refused('CommandNotFound')]]), heard)).not.toHaveProperty(
      'memoryDevices',
    );
  });
});

describe('what limits a migration', () => {
  const limits = (answer: unknown, last: MonitorSample = unasked) =>
    digest(last, said({ 'query-migrate-parameters': answer }), heard).migrationLimits;

  it('is kept in bytes a second and seconds, and asked for now and then', () => {
    const told = { 'max-bandwidth': 2_097_152, 'downtime-limit': 300, 'tls-creds': '' };
    expect(limits(told)).toEqual({ bandwidth: 2_097_152, downtime: 0.3 });
    const one = digest(unasked, said({ 'query-migrate-parameters': told }), heard);
    expect(digest(one, said({}), heard).migrationLimits).toEqual({ bandwidth: 2_097_152, downtime: 0.3 });
    expect(questions(one, false, true).map(({ id }) => id)).toContain('query-migrate-parameters');
    expect(ids(one, false)).not.toContain('query-migrate-parameters');
  });

  it('is unknown where QEMU does not tell it', () => {
    expect(limits({ 'max-bandwidth': -1 })).toBeUndefined();
    expect(limits('much')).toBeUndefined();
  });
});

describe('a migration', () => {
  const active = {
    status: 'active',
    'total-time': 1500,
    'expected-downtime': 300,
    'cpu-throttle-percentage': 20,
    ram: { total: 100, remaining: 40, transferred: 60, mbps: 8.5, 'dirty-pages-rate': 3, normal: -1 },
  };
  const seen = (answer: unknown, last: MonitorSample = unasked) =>
    digest(last, said({ 'query-migrate': answer }), heard);

  it('is kept with its times in seconds', () => {
    expect(seen(active).migration).toEqual({
      status: 'active',
      values: { 'total-time': 1.5, 'expected-downtime': 0.3, 'cpu-throttle-percentage': 20 },
      ram: { total: 100, remaining: 40, transferred: 60, mbps: 8.5, 'dirty-pages-rate': 3 },
    });
  });

  it('that never was is absent, but what forbids one is told', () => {
    expect(seen({})).not.toHaveProperty('migration');
    expect(seen({ 'blocked-reasons': ['a device', 7] }).migration).toEqual({
      status: 'none',
      blocked: ['a device'],
      values: {},
      ram: {},
    });
  });

  it('is asked for while it is under way or the guest has gone, and not for ever after', () => {
    const asks = (last: MonitorSample) => ids(last, false).includes('query-migrate');
    expect(asks(seen(active))).toBe(true);
    expect(asks(seen({ status: 'failed', 'error-desc': 'no such file' }, seen(active)))).toBe(false);
    expect(asks({ state: 'ok', status: 'postmigrate' })).toBe(true);
    expect(asks({ state: 'ok', status: 'running' })).toBe(false);
    expect(seen({ status: 'failed', 'error-desc': 'no such file' }).migration?.error).toBe('no such file');
  });
});

test.each([
  [{}, {}, true],
  [{ name: 'a' }, {}, true],
  [{ name: 'a' }, { name: 'a' }, true],
  [{ name: 'a' }, { name: 'b' }, false],
  [{ name: 'a', uuid: '1' }, { name: 'a', uuid: '2' }, false],
  [{ name: 'a\ufffd' }, { name: 'a\ufffd\ufffd' }, true],
])('expecting %j and finding %j: %s', (expected, found, same) => expect(sameGuest(expected, found)).toBe(same));

/** Every number of a value, at any depth. */
const numbers = (value: unknown): number[] =>
  typeof value === 'number'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(numbers)
      : [];

it('makes a sound sample of any answers', () => {
  const asked = [
    'query-status',
    'query-balloon',
    'query-memory-size-summary',
    'query-memdev',
    'guest-stats',
    'guest-stats-polling-interval',
    'deflate-on-oom',
    'query-memory-devices',
    'query-migrate',
    'query-migrate-parameters',
    '/machine/peripheral',
    '/machine/peripheral-anon',
  ];
  const odd = fc.constantFrom(-1, 2 ** 64, 2 ** 63, 0, null, 1e300);
  const inner = fc.oneof(odd, fc.jsonValue());
  const shaped = fc.record(
    {
      actual: inner,
      status: inner,
      size: inner,
      name: inner,
      type: inner,
      'last-update': inner,
      stats: fc.dictionary(fc.string(), odd),
      data: fc.oneof(inner, fc.record({ id: inner, memdev: inner, size: odd, memaddr: odd }, { requiredKeys: [] })),
      ram: fc.dictionary(fc.string(), odd),
      'error-desc': inner,
      'blocked-reasons': inner,
      'total-time': odd,
    },
    { requiredKeys: [] },
  );
  const value = fc.oneof(fc.jsonValue(), shaped, fc.array(shaped), odd);
  const answer: fc.Arbitrary<Answer> = fc.oneof(
    value.map((value): Answer => ({ ok: true, value })),
    fc.string().map((errorClass): Answer => ({ ok: false, errorClass, message: '' })),
  );
  const answers = fc.array(fc.tuple(fc.constantFrom(...asked), answer)).map(entries => new Map(entries));
  fc.assert(
    fc.property(answers, answers, (one, two) => {
      const sample = digest(digest(unasked, one, heard), two, heard);
      expect(sample.state).toBe('ok');
      for (const number of numbers(sample)) {
        expect(number).toBeGreaterThanOrEqual(0);
        expect(number).toBeLessThan(2 ** 63);
      }
      expect(sample.balloon?.stats?.lastUpdate).not.toBe(0);
      expect(JSON.parse(JSON.stringify(sample))).toEqual(sample);
    }),
  );
});
