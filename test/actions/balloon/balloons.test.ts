import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/actions/action.ts';
import { plan, planStrictly } from '../../../src/actions/actions.ts';
import { balloons } from '../../../src/actions/balloon/balloons.ts';
import { balloonFloor } from '../../../src/actions/balloon/rails.ts';
import { derive, type Model } from '../../../src/model.ts';
import type { GuestSample } from '../../../src/sample.ts';
import { GiB, MiB } from '../../../src/units.ts';
import { guest, sample } from '../../samples.ts';

const now = 1_800_000_000;

/** A guest of 4 GiB at `actual` that uses `used`; bytes. */
const healthy = (pid: number, name: string, actual = 4 * GiB, used = GiB): GuestSample =>
  guest({
    id: `${pid}.1`,
    pid,
    name,
    launch: { size: 4 * GiB, backend: 'anon', memLock: false },
    monitor: {
      state: 'ok',
      status: 'running',
      time: now,
      memory: { 'base-memory': 4 * GiB, 'plugged-memory': 0 },
      balloon: {
        device: true,
        actual,
        path: '/machine/peripheral/balloon0',
        pollingInterval: 2,
        stats: {
          lastUpdate: now - 1,
          values: { 'stat-total-memory': 4 * GiB, 'stat-available-memory': 4 * GiB - used, 'stat-free-memory': 0 },
        },
      },
    },
  });

const modelOf = (guests: readonly GuestSample[], available = 16 * GiB): Model =>
  derive(undefined, sample({ time: now, guests, host: { meminfo: { MemTotal: 64 * GiB, MemAvailable: available } } }));

/** What each guest is told to have, by its id. */
const sizes = ({ steps }: Plan): Record<string, unknown> =>
  Object.fromEntries(
    steps.flatMap(step => (step.kind === 'qmp' ? [[step.guest, step.arguments['value']] as const] : [])),
  );

const asked = (model: Model, action: string, ...words: string[]): Plan => planStrictly(model, { action, words });

describe('all balloons at once', () => {
  const bare = guest({ id: '9.1', pid: 9, name: 'bare', monitor: { state: 'ok', balloon: { device: false } } });
  const model = modelOf([
    healthy(1, 'web-1'),
    healthy(2, 'web-2', 3 * GiB),
    healthy(3, 'db', 4 * GiB, 3 * GiB),
    healthy(4, 'done', 2 * GiB),
    bare,
  ]);

  it('go to one size, a step each; who must not go there is left out with the reason, who is there is no news', () => {
    const all = asked(model, 'balloon-all', '50%');
    expect(sizes(all)).toEqual({ '1.1': 2 * GiB, '2.1': 2 * GiB });
    expect(all.independent).toBe(true);
    expect(all.leftOut).toEqual([
      'db: unsafe: it uses 3.00 GiB and needs a reserve: minimum 3.30 GiB',
      'bare: it has no balloon device: start it with -device virtio-balloon-pci',
    ]);
    expect(all.effect).toEqual(['host: gets back at most 3.00 GiB, as far as the guests had touched it']);
    expect(all.follow?.map(({ name }) => name)).toEqual(['web-1', 'web-2']);
    expect(all.summary).toBe('Set all balloons to 50%: 2 of 5 guests, 2 left out');
  });

  it('name whom they are for, and give as well as take', () => {
    const both = modelOf([healthy(1, 'web-1'), healthy(2, 'Web-2', GiB, 100 * MiB), healthy(3, 'db')], 16 * GiB);
    expect(asked(both, 'balloon-all', '3G', 'wEb')).toMatchObject({
      subject: '2 guests',
      summary: 'Set all balloons named *wEb* to 3G: 2 of 2 guests',
      effect: [
        'host: gets back at most 1.00 GiB, as far as the guests had touched it',
        'host: gives at most 2.00 GiB as the guests touch it; 16.0 GiB available now',
      ],
      warnings: [],
      undo: { action: 'balloons', words: ['1.1', `${4 * GiB}B`, '2.1', `${GiB}B`] },
      follow: [
        { guest: '1.1', from: 4 * GiB, target: 3 * GiB },
        { guest: '2.1', from: GiB, target: 3 * GiB },
      ],
    });
    const taken = asked(both, 'balloon-all', '3G', 'web-1');
    expect(taken.effect).toHaveLength(1);
    for (const key of ['leftOut', 'unreported', 'refusal']) expect(taken).not.toHaveProperty(key);
  });

  it('warn of each guest, and of the host only where it has less than all are given', () => {
    const paused = (pid: number): GuestSample => {
      const one = healthy(pid, `g${pid}`, 3 * GiB);
      return { ...one, monitor: { ...one.monitor, status: 'paused' } };
    };
    const warned = (available: number) =>
      asked(modelOf([paused(1), healthy(2, 'g2', 3 * GiB)], available), 'deflate-all').warnings;
    expect(warned(2 * GiB)).toEqual(['g1: the guest is paused: nothing moves until it continues']);
    expect(warned(2 * GiB - 1)).toHaveLength(2);
  });

  it('count no more than a guest has in RAM of its own', () => {
    const half = (pid: number, kept: 'hugetlb' | 'anon'): GuestSample => ({
      ...healthy(pid, `g${pid}`, GiB),
      launch: {
        size: 4 * GiB,
        parts: [
          { use: 'base', kind: 'anon', size: GiB },
          { use: 'base', kind: kept, size: 3 * GiB },
        ],
      },
    });
    const given = (...guests: GuestSample[]) => asked(modelOf(guests), 'deflate-all').effect;
    expect(given(half(1, 'hugetlb'))).toEqual([expect.stringMatching(/^host: gives at most 1\.00 GiB /)]);
    expect(given(half(1, 'anon'))).toEqual([expect.stringMatching(/^host: gives at most 3\.00 GiB /)]);
    expect(given({ ...healthy(1, 'g1', GiB), launch: { size: 4 * GiB, backend: 'hugetlb' } })).toEqual([]);
  });

  it('tell whom to ask for a report, also where nobody is left', () => {
    const unasked = (pid: number): GuestSample => {
      const one = healthy(pid, `g${pid}`);
      return {
        ...one,
        monitor: {
          ...one.monitor,
          balloon: { device: true, actual: 4 * GiB, path: '/machine/peripheral/balloon0', pollingInterval: 0 },
        },
      };
    };
    expect(asked(modelOf([healthy(1, 'a'), unasked(2)]), 'balloon-all', '3G')).toMatchObject({
      steps: [{ guest: '1.1' }],
      unreported: ['2.1'],
    });
    const none = asked(modelOf([unasked(1), unasked(2)]), 'balloon-all', '3G');
    expect([none.unreported, none.steps, none.refusal?.forceable]).toEqual([['1.1', '2.1'], [], false]);
    expect(none.refusal?.reason).toMatch(/^no guest is left: g1: .*; g2: /);
  });

  it('each go to a size of their own, and a name that two have is told', () => {
    expect(sizes(asked(model, 'balloons', 'web-1', '3G', 'web-2', '-25%'))).toEqual({
      '1.1': 3 * GiB,
      '2.1': 2.25 * GiB,
    });
    const twins = modelOf([healthy(1, 'twin'), healthy(2, 'twin')]);
    expect(() => asked(twins, 'balloons', 'twin', '1G')).toThrow(/2 guests are named 'twin'/);
    const { refusal } = asked(model, 'balloons', 'done', '2G', 'nobody', '1G');
    expect(refusal?.reason).toBe('no guest is left: nobody: no such guest here (any more)');
    // One that ended between reading the words and planning.
    const { steps, summary } = balloons.plan(
      model,
      { sizes: ['1.1', '99.1'].map(id => ({ guest: id, bytes: 3 * GiB })), gone: [] },
      { action: 'balloons', words: [] },
    );
    expect([steps.length, summary]).toEqual([1, 'Set balloons: 1 of 1 guests']);
  });

  it('take a size of each guest’s own', () => {
    expect(sizes(asked(model, 'balloon-all', '-25%', 'WEB'))).toEqual({ '1.1': 3 * GiB, '2.1': 2.25 * GiB });
  });

  it('go back each to where it was, by one request', () => {
    const { undo } = asked(model, 'balloon-all', '50%', 'web');
    expect(undo).toEqual({ action: 'balloons', words: ['1.1', `${4 * GiB}B`, '2.1', `${3 * GiB}B`] });
    const moved = modelOf([healthy(1, 'web-1', 2 * GiB), healthy(2, 'web-2', 2 * GiB)]);
    expect(sizes(plan(moved, undo!))).toEqual({ '1.1': 4 * GiB, '2.1': 3 * GiB });
  });

  it('go back without those that have ended, and not at all when all have', () => {
    const { undo } = asked(model, 'balloon-all', '50%', 'web');
    const back = plan(modelOf([healthy(2, 'web-2', 2 * GiB)]), undo!);
    expect(sizes(back)).toEqual({ '2.1': 3 * GiB });
    expect(back.leftOut).toEqual(['1.1: no such guest here (any more)']);
    expect(plan(modelOf([]), undo!).refusal?.reason).toMatch(/no guest '2.1' here/);
  });

  it('are refused when nobody is left, with everybody’s reason', () => {
    const { refusal, steps } = asked(modelOf([bare]), 'balloon-all', '50%');
    expect(refusal).toEqual({
      reason: expect.stringMatching(/^no guest is left: bare: .*no balloon device/),
      forceable: false,
    });
    expect(steps).toEqual([]);
    expect(asked(model, 'balloon-all', '50%', 'nobody').refusal?.reason).toMatch(/no such guest/);
    expect(asked(modelOf([healthy(1, 'web')]), 'balloon-all', 'max').refusal?.reason).toMatch(/size already/);
  });

  it('are deflated at once, with the host’s lack of memory told', () => {
    const poor = modelOf([healthy(1, 'a', 2 * GiB), healthy(2, 'b', 3 * GiB)], 2 * GiB);
    const all = asked(poor, 'deflate-all');
    expect(sizes(all)).toEqual({ '1.1': 4 * GiB, '2.1': 4 * GiB });
    expect(all.warnings[0]).toMatch(/only 2.00 GiB available/);
  });

  it('never cross a floor, whatever is asked', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 4, noNaN: true }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 0, max: 5000 }),
        (used, mib) => {
          const guests = used.map((gib, index) => healthy(index + 1, `g${index}`, 4 * GiB, gib * GiB));
          const some = modelOf(guests);
          for (const [id, size] of Object.entries(sizes(asked(some, 'balloon-all', `${mib}M`)))) {
            const floor = balloonFloor(some.guests.find(one => one.id === id)!)!;
            expect(size).toBeGreaterThanOrEqual(Math.min(floor, 4 * GiB) - 4096);
          }
        },
      ),
    );
  });

  it.each<[RegExp, string, ...string[]]>([
    [/takes SIZE \[FILTER\]/, 'balloon-all'],
    [/takes SIZE \[FILTER\]/, 'balloon-all', '1G', 'web', 'now'],
    [/Not a size: 'much'/, 'balloon-all', 'much'],
    [/takes no words/, 'deflate-all', '1G'],
    [/takes GUEST SIZE/, 'balloons'],
    [/takes GUEST SIZE/, 'balloons', 'web-1'],
    [/takes GUEST SIZE/, 'balloons', 'web-1', '1G', 'web-2'],
    [/Not a size: 'much'/, 'balloons', 'web-1', 'much'],
    [/no guest 'nobody'/, 'balloons', 'nobody', '1G'],
  ])('refuse with %s the words %s %s %s', (reason, action, ...words) => {
    expect(() => planStrictly(model, { action, words })).toThrow(reason);
  });
});

describe('a balloon of another VMM', () => {
  const other = (vmm: GuestSample['vmm'], bytes: string) => {
    const one = { ...healthy(1, 'fn', 4 * GiB, 100 * MiB), vmm };
    return asked(modelOf([one]), 'balloon', 'fn', bytes).steps;
  };

  it('is told the balloon’s size, not the guest’s', () => {
    expect(other('firecracker', '3G')).toEqual([
      {
        kind: 'api',
        guest: '1.1',
        name: 'fn',
        method: 'PATCH',
        path: '/balloon',
        body: { amount_mib: 1024 },
        purpose: { kind: 'balloon', target: 3 * GiB },
      },
    ]);
    expect(other('firecracker', `${4 * GiB - MiB - 4096}B`)).toMatchObject([{ body: { amount_mib: 1 } }]);
    expect(other('cloud-hypervisor', '3G')).toMatchObject([
      { method: 'PUT', path: '/api/v1/vm.resize', body: { desired_balloon: GiB } },
    ]);
  });
});
