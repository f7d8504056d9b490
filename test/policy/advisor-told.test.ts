import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model.ts';
import { type AdvisorState, advise, startAdvising } from '../../src/policy/advisor.ts';
import { defaultThresholds } from '../../src/policy/thresholds.ts';
import type { GuestSample } from '../../src/sample.ts';
import { GiB } from '../../src/units.ts';
import { hostWith, idleHost, later, start, thrashes, well } from './findings/looks.ts';

const follow = (models: readonly Model[], state = startAdvising()): readonly AdvisorState[] => {
  const states: AdvisorState[] = [];
  for (const model of models) states.push(advise(states.at(-1) ?? state, model, defaultThresholds));
  return states;
};

const told = ({ findings }: AdvisorState): readonly string[] =>
  findings.map(({ id, subject, severity }) => `${severity} ${id} ${subject}`);

/** A host of which so many of 20 GiB are available: short below 2, critical below 0.8. */
const available = (gib: number, seconds: number): Model =>
  later(hostWith({ MemTotal: 20 * GiB, Hugetlb: 0, MemAvailable: gib * GiB }), seconds);

/** What is told of `host-short` after looks at these, one a second. */
const severities = (gibs: readonly number[]): readonly (string | undefined)[] =>
  follow(gibs.map(available)).map(({ findings }) => findings[0]?.severity);

describe('findings', () => {
  it('are in the order of their urgency, then of what operators do, of the rules, and of names', () => {
    const full = { balloon: { actual: 4 * GiB } };
    const guests = [
      well({ id: '1.1', name: 'z', launch: { backend: 'hugetlb' } }),
      well({ id: '2.1', name: 'y', age: 60, ...full }),
      well({ id: '3.1', name: 'b', age: 60, ...full }),
      well({ ...thrashes, id: '4.1', name: 'slow' }),
      well({ id: '5.1', name: 'unasked', balloon: { actual: 4 * GiB, pollingInterval: 0 } }),
      well({ id: '6.1', name: 'swapped', status: { VmSwap: GiB }, ...full }),
    ];
    const [now] = follow([hostWith({ MemAvailable: 4.5 * GiB }, guests)], startAdvising(false));
    expect(told(now!)).toEqual([
      'critical balloon-stuck slow',
      'warning balloon-in-vain z',
      'warning statistics-frozen b',
      'warning statistics-frozen y',
      'warning ksm-off KSM',
      'notice statistics-off unasked',
      'notice overcommit-unmet host',
      'notice guest-swapped swapped',
    ]);
  });
});

describe('the severity of a finding', () => {
  it('is that of now when it is told first, whatever it was before', () => {
    expect(severities([0.5, 0.5, 0.5, 0.5, 0.5, 1])).toEqual([...Array(5).fill(undefined), 'warning']);
  });

  it('becomes milder after ten seconds in which it was milder all the time', () => {
    const until = Array(6).fill(0.5);
    const last = (...more: readonly number[]) => severities([...until, ...more]).at(-1);
    expect(last(...Array(10).fill(1))).toBe('critical');
    expect(last(...Array(11).fill(1))).toBe('warning');
    // Six, and six more with one between them that was not.
    expect(last(...Array(6).fill(1), 0.5, ...Array(6).fill(1))).toBe('critical');
  });
});

describe('a finding', () => {
  it('is not one anew when the same moment is looked at twice', () => {
    const states = follow([...Array(6).fill(1).map(available), available(1, 5)]);
    expect(states.map(({ findings }) => findings.length)).toEqual([0, 0, 0, 0, 0, 1, 1]);
    expect(states.at(-1)?.ended).toEqual([]);
  });

  it('that gathers several guests has held since the first of them', () => {
    const guestsAt = (hanging: readonly string[]): readonly GuestSample[] =>
      ['a', 'b', 'c'].map((name, index) =>
        well({ id: `${index + 1}.1`, name, ...(hanging.includes(name) ? { monitor: { state: 'busy' } } : {}) }),
      );
    const at = (seconds: number, hanging: readonly string[]): Model => later(idleHost(guestsAt(hanging)), seconds);
    const states = follow([
      at(0, []),
      at(10, ['b']),
      at(40, ['a', 'b']),
      at(70, ['a', 'b']),
      at(100, ['a', 'b']),
      at(130, ['a', 'b']),
      at(160, ['a']),
      at(190, ['a']),
      at(220, []),
      at(250, []),
    ]);
    const busy = states.map(({ findings }) => findings.find(({ id }) => id === 'monitors-busy'));
    expect(busy.map(one => one?.numbers['busy'])).toEqual([
      undefined,
      undefined,
      undefined,
      1,
      2,
      2,
      2,
      1,
      1,
      undefined,
    ]);
    expect(busy.map(one => one && one.since - start)).toEqual([
      undefined,
      undefined,
      undefined,
      10,
      10,
      10,
      10,
      40,
      40,
      undefined,
    ]);
    expect(busy[4]).toMatchObject({ severity: 'warning', subject: 'monitors' });
    expect(states.flatMap(({ began }) => began).filter(({ id }) => id === 'monitors-busy')).toHaveLength(1);
  });
});
