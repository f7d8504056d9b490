import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Answer } from '../../../src/collect/guests/monitors/qmp.ts';
import { type Answers, digest, parseStats, questions, sameGuest } from '../../../src/collect/guests/monitors/round.ts';
import type { MonitorSample } from '../../../src/sample.ts';
import { guestStats } from '../../qmp/peer.ts';

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
