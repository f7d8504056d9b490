import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plan } from '../../src/actions/actions.ts';
import { givesNow } from '../../src/actions/balloon/gives.ts';
import { balloonFloor } from '../../src/actions/balloon/rails.ts';
import { defaultLimits } from '../../src/actions/limits.ts';
import { derive, type GuestModel, type Model } from '../../src/model.ts';
import type { Finding, Severity } from '../../src/policy/finding.ts';
import { rules } from '../../src/policy/rules.ts';
import { troublesOf, troubleWord } from '../../src/store/trouble.ts';
import { visibleGuests } from '../../src/store/view.ts';
import { troubledTabs } from '../../src/ui/panes/tabs.ts';
import { MiB } from '../../src/units.ts';
import { guest, sample } from '../samples.ts';

const finding = (id: string, severity: Severity, rule = 'guest-thrashing'): Finding => ({
  id: rule,
  strategy: 'repair',
  since: 0,
  subject: `guest ${id}`,
  guest: id,
  severity,
  text: 'x',
  numbers: {},
});

/** Guests `1.1`, `2.1`, …: the later the more each holds. */
const hosting = (count: number): Model =>
  derive(
    undefined,
    sample({
      guests: Array.from({ length: count }, (_, index) =>
        guest({
          id: `${index + 1}.1`,
          pid: index + 1,
          process: { status: { RssAnon: (index + 1) * MiB, RssFile: 0, RssShmem: 0 } },
        }),
      ),
    }),
  );

const listed = (model: Model, findings: readonly Finding[], reverse = false): string[] =>
  visibleGuests(
    model,
    '',
    { column: 'trouble', reverse },
    { troubles: troublesOf(findings), limits: defaultLimits },
  ).map(({ id }) => id);

describe('sorted by trouble', () => {
  test('guests in trouble come first, the worst at the top, then those that hold most', () => {
    const findings = [finding('2.1', 'critical'), finding('4.1', 'warning'), finding('1.1', 'notice')];
    expect(listed(hosting(5), findings)).toEqual(['2.1', '4.1', '1.1', '5.1', '3.1']);
  });

  test('the other way round the mildest comes first, and who has no trouble stays below', () => {
    const findings = [finding('2.1', 'critical'), finding('4.1', 'warning')];
    expect(listed(hosting(5), findings, true)).toEqual(['4.1', '2.1', '5.1', '3.1', '1.1']);
  });

  test('a guest counts by the worst that is found of it', () => {
    const findings = [finding('1.1', 'critical'), finding('1.1', 'notice'), finding('2.1', 'warning')];
    expect(listed(hosting(2), findings)).toEqual(['1.1', '2.1']);
  });

  test('what is found of the host moves nobody', () => {
    const { guest: _, ...host } = finding('1.1', 'critical');
    expect(listed(hosting(3), [host])).toEqual(['3.1', '2.1', '1.1']);
  });

  test('every guest is listed once, whatever is found', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.constantFrom<Severity>('critical', 'warning', 'notice'))),
        fc.boolean(),
        (told, reverse) => {
          const findings = told.map(([id, severity]) => finding(`${id}.1`, severity));
          expect(listed(hosting(6), findings, reverse).toSorted()).toEqual(['1.1', '2.1', '3.1', '4.1', '5.1', '6.1']);
        },
      ),
    );
  });
});

describe('every rule', () => {
  test.each(rules.map(({ id, word }) => [id, word]))('%s has a word of at most 10 characters: %s', (id, word) => {
    expect(word).toMatch(/^.{3,10}$/);
    expect(troubleWord({ id })).toBe(word);
  });

  test.each(rules.map(({ id }) => id))('%s marks the tab where its subject is looked into', id => {
    expect(troubledTabs.has(id)).toBe(true);
  });

  test('no tab is marked for a rule that is no more; a recording may have its findings', () => {
    expect([...troubledTabs.keys()].filter(id => !rules.some(rule => rule.id === id))).toEqual([]);
    expect(troubleWord({ id: 'a-rule-that-is-no-more' })).toBe('a-rule-tha');
  });
});

describe('what a guest gives', () => {
  const stats = {
    'stat-total-memory': 4096 * MiB,
    'stat-available-memory': 3000 * MiB,
    'stat-free-memory': 2900 * MiB,
  };
  const reporting = (changed: Parameters<typeof guest>[0] = {}): GuestModel => {
    const now = 1_700_000_000;
    const model = derive(
      undefined,
      sample({
        time: now,
        guests: [
          guest({
            launch: { size: 4096 * MiB, backend: 'anon' },
            monitor: {
              state: 'ok',
              status: 'running',
              memory: { 'base-memory': 4096 * MiB },
              balloon: {
                device: true,
                actual: 4096 * MiB,
                pollingInterval: 2,
                stats: { lastUpdate: now - 1, values: stats },
              },
            },
            ...changed,
          }),
        ],
      }),
    );
    return model.guests[0] as GuestModel;
  };

  test('is what lies above its floor, which a plan accepts, and a MiB more is refused', () => {
    const one = reporting();
    const gives = givesNow(one, defaultLimits) as number;
    expect(gives).toBeCloseTo(4096 * MiB - (balloonFloor(one) as number), -1);
    expect(gives).toBeGreaterThan(2 * 1024 * MiB);
    const model = { ...hosting(0), guests: [one] };
    const to = (taken: number) => plan(model, { action: 'balloon', words: [one.id, `${4096 * MiB - taken}B`] });
    const whole = Math.floor(gives / MiB) * MiB;
    expect(to(whole).refusal).toBeUndefined();
    expect(to(whole + MiB).refusal?.reason).toMatch(/^unsafe/);
  });

  test('is nothing of use where the host would get nothing back', () => {
    expect(givesNow(reporting({ launch: { size: 4096 * MiB, memLock: true } }), defaultLimits)).toBe('kept');
  });

  test('is unknown while what it uses is', () => {
    const { sample: before } = reporting();
    const { balloon } = before.monitor;
    if (!balloon) throw new Error('it has a balloon');
    const { stats: _, ...silent } = balloon;
    expect(givesNow(reporting({ monitor: { ...before.monitor, balloon: silent } }), defaultLimits)).toBe('unknown');
  });

  test('can’t be had of a guest that is paused, or has no balloon', () => {
    const { sample: before } = reporting();
    const { monitor } = before;
    expect(givesNow(reporting({ monitor: { ...monitor, status: 'paused' } }), defaultLimits)).toBe('unable');
    const { balloon: _, ...without } = monitor;
    expect(givesNow(reporting({ monitor: without }), defaultLimits)).toBe('unable');
  });
});
