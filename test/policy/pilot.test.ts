import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model.ts';
import {
  type Pilot,
  type PolicyEvent,
  type Round,
  readPolicyEvent,
  startPilot,
  steer,
} from '../../src/policy/pilot.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { GiB } from '../../src/units.ts';
import { look, settings } from './policies/world.ts';

/** Writes down the moments of what it is shown, and asks for one thing that can be done and one that can't. */
const watcher = (shown: number[][] = [], every = 5, window = 8): Policy => ({
  id: 'watcher',
  title: '',
  help: '',
  every,
  window,
  decide(models) {
    shown.push(models.map(({ sample }) => sample.monotonic));
    return {
      decisions: [
        { request: { action: 'balloon', words: ['100.5000', `${3 * GiB}B`] }, subject: 'web-1', why: 'to see' },
        { request: { action: 'balloon', words: ['100.5000', '32M'] }, subject: 'web-1', why: 'to see' },
      ],
      skipped: [{ subject: 'web-2', why: 'it is out' }],
    };
  },
});

const at = (second: number): Model => look({ guests: [{}] }, second);

/** Steers through moments of the monotonic clock. */
const steered = (policy: Policy, seconds: readonly number[]): { readonly pilot: Pilot; readonly rounds: Round[] } => {
  let pilot = startPilot(policy);
  const rounds: Round[] = [];
  for (const second of seconds) {
    const next = steer(pilot, at(second), settings);
    pilot = next.pilot;
    if (next.round) rounds.push(next.round);
  }
  return { pilot, rounds };
};

const upTo = (last: number, step = 1): number[] =>
  Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step);

describe('a policy at the helm', () => {
  it('decides first after one interval, then once in each', () => {
    const { rounds } = steered(watcher(), upTo(17));
    expect(rounds.map(({ time }) => time - at(0).time)).toEqual([5, 10, 15]);
  });

  it('decides late, and once, where looks come seldom', () => {
    expect(steered(watcher(), [0, 60, 61, 120]).rounds.map(({ time }) => time - at(0).time)).toEqual([60, 120]);
  });

  it('gives the plans of what it wants, by the guard rails, and whom it left out', () => {
    const { rounds } = steered(watcher(), upTo(5));
    const [possible, refused] = rounds[0]!.proposals;
    expect(possible?.plan.summary).toBe('Shrink web-1 from 4.00 GiB to 3.00 GiB');
    expect(possible?.plan.refusal).toBeUndefined();
    expect(refused?.plan.refusal?.reason).toMatch(/^unsafe: it uses/);
    expect(rounds[0]).toMatchObject({ policy: 'watcher', skipped: [{ subject: 'web-2', why: 'it is out' }] });
  });

  it('is shown the newest always, the oldest as far back as its window, and about one in two seconds', () => {
    const shown: number[][] = [];
    steered(watcher(shown), upTo(30));
    expect(shown.at(-1)).toEqual([16, 18, 20, 22, 24, 26, 28, 30]);
    const seldom: number[][] = [];
    steered(watcher(seldom), upTo(60, 10));
    expect(seldom.at(-1)).toEqual([0, 10, 20, 30, 40, 50, 60]);
  });

  it('begins anew when the clock goes back: another boot, or a recording that was wound back', () => {
    const shown: number[][] = [];
    const { pilot, rounds } = steered(watcher(shown), [...upTo(12), 2, 4, 6, 7]);
    expect(pilot.seen.map(({ sample }) => sample.monotonic)).toEqual([2, 4, 6, 7]);
    // Five seconds after the clock went back, not at once and not as late as the old clock says.
    expect(rounds.map(({ time }) => time - at(0).time)).toEqual([5, 10, 7]);
    expect(shown.at(-1)).toEqual([2, 4, 6, 7]);
  });

  it('keeps no processes, which are many', () => {
    const model = at(0);
    const heavy: Model = {
      ...model,
      processes: [],
      sample: { ...model.sample, host: { ...model.sample.host, processes: [] } },
    };
    const [kept] = steer(startPilot(watcher()), heavy, settings).pilot.seen;
    expect(kept?.processes).toBeUndefined();
    expect(kept?.sample.host.processes).toBeUndefined();
    expect(kept?.sample.host.meminfo).toEqual(model.sample.host.meminfo);
  });

  it('remembers no more than its window, in order, whatever the clock does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        (seconds, window) => {
          const shown: number[][] = [];
          const { pilot, rounds } = steered(watcher(shown, 5, window), seconds);
          expect(pilot.seen.length).toBeLessThanOrEqual(window);
          if (seconds.length > 0) expect(pilot.seen.at(-1)?.sample.monotonic).toBe(seconds.at(-1));
          expect(shown).toHaveLength(rounds.length);
          for (const moments of shown) expect(moments).toEqual(moments.toSorted((a, b) => a - b));
        },
      ),
    );
  });
});

describe('a policy event of a recording', () => {
  const event: PolicyEvent = { time: 1, policy: 'kvmtop', subject: 'web-1', outcome: 'asked', text: 'Shrink' };

  it('is taken as it is', () => {
    expect(readPolicyEvent(JSON.parse(JSON.stringify(event)))).toEqual(event);
    expect(readPolicyEvent({ ...event, guest: '1.2' })).toEqual({ ...event, guest: '1.2' });
  });

  it.each([
    ['no object', 'asked'],
    ['nothing', null],
    ['an unknown outcome', { ...event, outcome: 'constructor' }],
    ['no time', { ...event, time: '1' }],
    ['no text', { ...event, text: 5 }],
    ['a guest that is a number', { ...event, guest: 5 }],
  ])('is none with %s', (_what, value) => expect(readPolicyEvent(value)).toBeUndefined());

  it('is read from anything without failing', () => {
    fc.assert(
      fc.property(fc.anything(), value => {
        const read = readPolicyEvent(value);
        expect(read === undefined || typeof read.text === 'string').toBe(true);
      }),
    );
  });
});
