import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/actions/action.ts';
import { balloon } from '../../../src/actions/balloon/balloon.ts';
import { balloonFloor } from '../../../src/actions/balloon/rails.ts';
import { defaultLimits } from '../../../src/actions/limits.ts';
import { derive, type Model } from '../../../src/model.ts';
import type { GuestSample } from '../../../src/sample.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { guest, sample } from '../../samples.ts';

const now = 1_800_000_000;
const request = { action: 'balloon', words: [] };

/** A healthy guest of 4 GiB that uses `used` bytes, with `change` on top. */
const healthy = (used: number, change: Partial<GuestSample> = {}): GuestSample =>
  guest({
    launch: { size: 4 * GiB, backend: 'anon', memLock: false },
    process: { status: { VmData: 4 * GiB, RssAnon: 3 * GiB, RssShmem: 0 } },
    monitor: {
      state: 'ok',
      status: 'running',
      time: now,
      memory: { 'base-memory': 4 * GiB, 'plugged-memory': 0 },
      balloon: {
        device: true,
        actual: 4 * GiB,
        path: '/machine/peripheral/balloon0',
        pollingInterval: 2,
        stats: {
          lastUpdate: now - 1,
          values: { 'stat-total-memory': 4 * GiB, 'stat-available-memory': 4 * GiB - used, 'stat-free-memory': 0 },
        },
      },
    },
    ...change,
  });

const modelOf = (...guests: GuestSample[]): Model =>
  derive(undefined, sample({ time: now, guests, host: { meminfo: { MemTotal: 16 * GiB, MemAvailable: 8 * GiB } } }));

const planned = (one: GuestSample, bytes: number): Plan =>
  balloon.plan(modelOf(one), { guest: one.id, bytes }, request);

/** Bytes that the plan would send. */
const sizeOf = ({ steps: [step] }: Plan): unknown => (step?.kind === 'qmp' ? step.arguments['value'] : undefined);

const withBalloon = (change: Partial<NonNullable<GuestSample['monitor']['balloon']>>): GuestSample => {
  const one = healthy(GiB);
  return { ...one, monitor: { ...one.monitor, balloon: { device: true, ...one.monitor.balloon, ...change } } };
};

/** It uses 1 GiB, and QEMU says so of it. */
const healthyAs = (status: string): GuestSample => {
  const one = healthy(GiB);
  return { ...one, monitor: { ...one.monitor, status } };
};

describe('the floor', () => {
  it('is a quarter of the maximum for a guest that uses little', () => {
    expect(balloonFloor(modelOf(healthy(100 * MiB)).guests[0]!)).toBe(GiB);
  });

  it('is what the guest uses and 128 MiB, or a tenth more where that is larger', () => {
    expect(balloonFloor(modelOf(healthy(GiB)).guests[0]!)).toBe(GiB + 128 * MiB);
    expect(balloonFloor(modelOf(healthy(2 * GiB)).guests[0]!)).toBe(2 * GiB + 0.1 * 2 * GiB);
  });

  it('moves with the limits that the operator set, and is the larger of them', () => {
    const [one] = modelOf(healthy(GiB)).guests;
    const floor = (floorShare: number, floorMargin: number) => balloonFloor(one!, { floorShare, floorMargin });
    expect(floor(0.5, 0)).toBe(2 * GiB);
    expect(floor(0, 0)).toBe(1.1 * GiB);
    expect(floor(0, GiB)).toBe(2 * GiB);
    expect(floor(1, 9 * GiB)).toBe(4 * GiB);
  });

  it('is unknown where one of its terms is', () => {
    const { actual: _, ...lost } = healthy(GiB).monitor.balloon!;
    const blind = (change: Partial<GuestSample>) => balloonFloor(modelOf(healthy(GiB, change)).guests[0]!);
    expect(blind({ monitor: { ...healthy(GiB).monitor, balloon: lost } })).toBeUndefined();
    expect(blind({ monitor: { state: 'ok', balloon: { device: true, actual: GiB } } })).toBeUndefined();
  });

  it('refuses a byte below it, and nothing at it; below 16 MiB none may overrule', () => {
    const at = (bytes: number) => planned(healthy(GiB), bytes).refusal?.forceable;
    expect([at(GiB + 128 * MiB), at(GiB + 128 * MiB - 1)]).toEqual([undefined, true]);
    expect([at(16 * MiB), at(16 * MiB - 1)]).toEqual([true, false]);
  });

  it('is told by the rule that it comes from', () => {
    const reason = (used: number, bytes: number) => planned(healthy(used), bytes).refusal?.reason;
    expect(reason(100 * MiB, GiB - MiB)).toBe(
      'unsafe: less than 25% of the 4.00 GiB that it can have: minimum 1.00 GiB',
    );
    expect(reason(GiB, GiB)).toBe('unsafe: it uses 1.00 GiB and needs a reserve: minimum 1.13 GiB');
  });

  it('never lies above the maximum', () => {
    expect(balloonFloor(modelOf(healthy(3.95 * GiB)).guests[0]!)).toBe(4 * GiB);
  });

  it('is never crossed by a plan without a refusal, whatever is asked', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 4, noNaN: true }), fc.integer({ min: 0, max: 5 * GiB }), (gib, bytes) => {
        const one = healthy(gib * GiB);
        const plan = planned(one, bytes);
        const to = sizeOf(plan);
        const floor = balloonFloor(modelOf(one).guests[0]!)!;
        if (plan.refusal === undefined) expect(to).toBeGreaterThanOrEqual(Math.min(floor, 4 * GiB) - 4096);
      }),
    );
  });
});

describe('a balloon plan', () => {
  it('tells the exact step, the effect, the way back and what to follow', () => {
    const plan = planned(healthy(GiB), 2 * GiB);
    expect(plan.refusal).toBeUndefined();
    expect(plan.summary).toBe('Shrink web-1 from 4.00 GiB to 2.00 GiB');
    expect(plan.steps).toEqual([
      {
        kind: 'qmp',
        guest: '100.5000',
        name: 'web-1',
        command: 'balloon',
        arguments: { value: 2 * GiB },
        purpose: { kind: 'balloon', target: 2 * GiB },
      },
    ]);
    expect(plan.effect).toEqual([
      'guest: uses 1.00 GiB; available falls from 3.00 GiB to about 1.00 GiB',
      // 3 GiB are resident: at least 1 GiB of them must go, at most the 2 GiB that are taken.
      'host: gets back 1.00 GiB to 2.00 GiB, as far as the guest had touched it',
    ]);
    expect(plan.undo).toEqual({ action: 'balloon', words: ['100.5000', '4294967296B'] });
    expect(plan.follow).toEqual([
      { kind: 'balloon', guest: '100.5000', name: 'web-1', from: 4 * GiB, target: 2 * GiB },
    ]);
  });

  it('grows with what the host has for it, the way back and what to follow', () => {
    const plan = planned(withBalloon({ actual: GiB }), 3 * GiB);
    expect(plan).toMatchObject({
      subject: 'web-1',
      summary: 'Grow web-1 from 1.00 GiB to 3.00 GiB',
      steps: [{ arguments: { value: 3 * GiB } }],
      effect: [
        'guest: 2.00 GiB more, at once available inside',
        'host: gives it as the guest touches it; 8.00 GiB available now',
      ],
      warnings: [],
      undo: { action: 'balloon', words: ['100.5000', `${GiB}B`] },
      follow: [{ kind: 'balloon', guest: '100.5000', name: 'web-1', from: GiB, target: 3 * GiB }],
    });
    expect(plan).not.toHaveProperty('refusal');
    expect(plan).not.toHaveProperty('unreported');
    const huge = { ...withBalloon({ actual: GiB }), launch: { size: 4 * GiB, backend: 'hugetlb' as const } };
    expect(planned(huge, 3 * GiB).effect[1]).toMatch(/^host: gives no RAM for it: .*hugepages/);
  });

  it('says of a guest that does not tell what it uses that nothing is known', () => {
    const mute = withBalloon({ stats: { lastUpdate: now - 1, values: {} } });
    const plan = planned(mute, 3 * GiB);
    expect(plan.effect[0]).toBe('guest: what stays available inside is unknown');
    expect(plan.refusal).toEqual({ reason: expect.stringMatching(/does not report what it uses/), forceable: true });
  });

  it.each<[string, GuestSample, number, readonly RegExp[]]>([
    [
      'a whole page less than was asked',
      withBalloon({ actual: 2 * GiB }),
      4 * GiB + 4096,
      [/^its maximum is 4\.00 GiB/],
    ],
    ['less than a page', withBalloon({ actual: 2 * GiB }), 4 * GiB + 4095, []],
    ['a guest that is paused', healthyAs('paused'), 3 * GiB, [/^the guest is paused/]],
    ['a process that is stopped', { ...healthy(GiB), process: { state: 'T' } }, 3 * GiB, [/^its process is stopped/]],
    [
      'memory that the host keeps anyway, however much',
      healthy(GiB, {
        launch: { size: 64 * GiB, backend: 'hugetlb' },
        monitor: {
          ...withBalloon({ actual: GiB }).monitor,
          memory: { 'base-memory': 64 * GiB, 'plugged-memory': 0 },
        },
      }),
      60 * GiB,
      [],
    ],
    [
      'a guest with some hugepages',
      {
        ...withBalloon({}),
        launch: {
          size: 4 * GiB,
          parts: [
            { use: 'base', kind: 'anon', size: 2 * GiB },
            { use: 'base', kind: 'hugetlb', size: 2 * GiB },
          ],
        },
      },
      3 * GiB,
      [/there is not the host’s$/],
    ],
  ])('is careful with %s', (_what, one, bytes, warnings) => {
    expect(planned(one, bytes).warnings).toEqual(warnings.map(warning => expect.stringMatching(warning)));
  });

  it('stays where it is on its way elsewhere, whatever the guest uses, and can go on', () => {
    const plan = planned(
      { ...withBalloon({ actual: 2 * GiB, stats: { lastUpdate: 0, values: {} } }), balloonTarget: GiB },
      2 * GiB,
    );
    expect(plan.summary).toBe('Stop the balloon of web-1 at 2.00 GiB, on its way to 1.00 GiB');
    expect(plan.refusal).toBeUndefined();
    expect(sizeOf(plan)).toBe(2 * GiB);
    expect(plan.undo).toEqual({ action: 'balloon', words: [expect.any(String), `${GiB}B`] });
    const arrived = planned({ ...withBalloon({ actual: 2 * GiB }), balloonTarget: 2 * GiB + MiB / 2 }, 2 * GiB);
    expect(arrived.refusal?.reason).toMatch(/already has/);
    expect(plan).toMatchObject({ subject: 'web-1', warnings: [], effect: [expect.stringMatching(/^guest: keeps/)] });
    expect(plan.follow).toEqual([
      { kind: 'balloon', guest: '100.5000', name: 'web-1', from: 2 * GiB, target: 2 * GiB },
    ]);
    // 1 MiB is as good as there; a byte more is on its way, to whichever side.
    for (const [aim, there] of [
      [2 * GiB - MiB, true],
      [2 * GiB + MiB, true],
      [2 * GiB - MiB - 1, false],
      [2 * GiB + MiB + 1, false],
    ] as const) {
      const { refusal, undo } = planned({ ...withBalloon({ actual: 2 * GiB }), balloonTarget: aim }, 2 * GiB);
      expect(refusal === undefined).toBe(!there);
      expect(undo?.words).toEqual(there ? undefined : ['100.5000', `${aim}B`]);
    }
  });

  it('is cut to the maximum, and says so', () => {
    const plan = planned(withBalloon({ actual: 2 * GiB }), 9 * GiB);
    expect(sizeOf(plan)).toBe(4 * GiB);
    expect(plan.warnings.join()).toMatch(/maximum is 4.00 GiB/);
  });

  it('warns when the host lacks what the guest could then take', () => {
    const one = withBalloon({ actual: GiB });
    const poor = derive(
      undefined,
      sample({ time: now, guests: [one], host: { meminfo: { MemTotal: 16 * GiB, MemAvailable: GiB } } }),
    );
    expect(balloon.plan(poor, { guest: one.id, bytes: 4 * GiB }, request).warnings.join()).toMatch(
      /only 1.00 GiB available/,
    );
  });

  it('warns of what is given, not of what the guest has then, and of no less than too much', () => {
    const rich = derive(
      undefined,
      sample({
        time: now,
        guests: [withBalloon({ actual: 3 * GiB })],
        host: { meminfo: { MemTotal: 16 * GiB, MemAvailable: GiB } },
      }),
    );
    const warningsOf = (model: Model): string =>
      balloon.plan(model, { guest: model.guests[0]!.id, bytes: 4 * GiB }, request).warnings.join();
    expect(warningsOf(rich)).toBe('');
    const { values } = rich.host;
    const host = { ...rich.host, values: { ...values, mem_available_with_arc: GiB - 1 } };
    expect(warningsOf({ ...rich, host })).toMatch(/it would swap/);
  });

  it.each<[string, GuestSample, number, RegExp, boolean]>([
    ['an unsafe size', healthy(3 * GiB), 2 * GiB, /uses 3.00 GiB and needs a reserve: minimum 3.30 GiB/, true],
    ['a deadly size', healthy(GiB), 1, /kills a guest/, false],
    ['hugepages', healthy(GiB, { launch: { size: 4 * GiB, backend: 'hugetlb' } }), 3 * GiB, /hugepages/, true],
    ['locked memory', healthy(GiB, { launch: { size: 4 * GiB, memLock: true } }), 3 * GiB, /locked/, true],
    ['stale statistics', withBalloon({ stats: { lastUpdate: now - 60, values: {} } }), 3 * GiB, /1m00 ago/, true],
    [
      'no device',
      healthy(GiB, { monitor: { state: 'ok', balloon: { device: false } } }),
      GiB,
      /no balloon device/,
      false,
    ],
    ['libvirt', healthy(GiB, { manager: 'libvirt', monitor: { state: 'libvirt' } }), GiB, /virsh setmem/, false],
    ['a busy monitor', healthy(GiB, { monitor: { state: 'busy' } }), GiB, /does not answer/, false],
    ['the size it has', healthy(GiB), 4 * GiB, /already has 4.00 GiB/, false],
  ])('refuses %s with the reason', (_what, one, bytes, reason, forceable) => {
    const { refusal } = planned(one, bytes);
    expect(refusal?.reason).toMatch(reason);
    expect(refusal?.forceable).toBe(forceable);
  });

  it('refuses a guest whose driver never reported, in both directions', () => {
    const { balloon: device, ...monitor } = healthy(GiB).monitor;
    const { stats: _none, ...silent } = device!;
    const one = healthy(GiB, { monitor: { ...monitor, balloon: { ...silent, actual: 2 * GiB } } });
    for (const bytes of [GiB, 3 * GiB]) expect(planned(one, bytes).refusal?.reason).toMatch(/never reported/);
  });

  it('does not say so of a driver that nobody asks to report: it may grow, and be shrunk by force', () => {
    const { balloon: device, ...monitor } = healthy(GiB).monitor;
    const { stats: _none, pollingInterval: __, ...silent } = device!;
    for (const interval of [{ pollingInterval: 0 }, {}]) {
      const one = healthy(GiB, { monitor: { ...monitor, balloon: { ...silent, ...interval, actual: 2 * GiB } } });
      expect(planned(one, 3 * GiB).refusal).toBeUndefined();
      expect(planned(one, GiB).refusal).toMatchObject({
        reason: expect.stringMatching(/: no size is known to be safe$/),
        forceable: true,
      });
    }
  });

  it('refuses a guest that is gone', () => {
    expect(balloon.plan(modelOf(), { guest: 'x', bytes: GiB }, request).refusal?.reason).toMatch(/gone/);
  });
});

describe('the words of `do balloon`', () => {
  const model = modelOf(
    healthy(GiB),
    guest({ id: '7.1', pid: 7, name: 'twin' }),
    guest({ id: '8.1', pid: 8, name: 'twin' }),
  );

  it.each([
    ['2G', 2 * GiB],
    ['-25%', 3 * GiB],
    ['50%', 2 * GiB],
    ['+512M', 4.5 * GiB],
    ['max', 4 * GiB],
  ])('take %s', (size, bytes) => {
    expect(balloon.parse(model, ['web-1', size])).toEqual({ guest: '100.5000', bytes });
  });

  it('name a guest by PID where names are equal', () => {
    expect(balloon.parse(model, ['7', '1G']).guest).toBe('7.1');
    expect(() => balloon.parse(model, ['twin', '1G'])).toThrow(/2 guests are named 'twin': use a PID \(7, 8\)/);
  });

  it.each([
    [[], /takes GUEST SIZE/],
    [['web-1'], /takes GUEST SIZE/],
    [['web-1', '1G', 'now'], /takes GUEST SIZE/],
    [['web-1', 'much'], /Not a size: 'much'/],
    [['web-9', '1G'], /no guest 'web-9'/],
  ])('refuse %j', (words, reason) => {
    expect(() => balloon.parse(model, words)).toThrow(reason);
  });

  it('are helped with what the guest has, and how far it may go', () => {
    expect(balloon.hint?.(model, ['web-1'])).toBe('web-1: now 4.00 GiB, safe down to 1.13 GiB, at most 4.00 GiB');
    expect(balloon.hint?.(model, ['7'])).toBe('twin: now –, safe down to unknown, at most –');
    expect(balloon.hint?.(model, ['web-1'], { ...defaultLimits, floorShare: 0.5 })).toMatch(/safe down to 2\.00 GiB/);
    expect(() => balloon.hint?.(model, [])).toThrow(/no guest ''/);
  });
});
