import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plan } from '../../src/actions/actions.ts';
import { createHostReader } from '../../src/collect/host/host.ts';
import { everything } from '../../src/fields/needs.ts';
import { derive, type Model } from '../../src/model.ts';
import { type AdvisorState, adviceNeeds, advise, startAdvising } from '../../src/policy/advisor.ts';
import type { Severity } from '../../src/policy/finding.ts';
import { strategies } from '../../src/policy/finding.ts';
import { rules } from '../../src/policy/rules.ts';
import { defaultThresholds } from '../../src/policy/thresholds.ts';
import { Root } from '../../src/root.ts';
import type { GuestSample, Numbers, PoolSample, Sample } from '../../src/sample.ts';
import { GiB, MiB } from '../../src/units.ts';
import { guest, sample } from '../samples.ts';
import { hostWith, idleHost, later, thrashes, well } from './findings/looks.ts';

const total = 24 * GiB;

/** A look at a host of which only meminfo is known. */
const look = (seconds: number, meminfo: Numbers, guests: readonly GuestSample[] = []): Model =>
  derive(
    undefined,
    sample({
      time: 1_800_000_000 + seconds,
      monotonic: seconds,
      host: { meminfo: { MemTotal: total, ...meminfo } },
      guests,
    }),
  );

/** What was told after each of these looks. */
const follow = (models: readonly Model[], state = startAdvising()): readonly AdvisorState[] => {
  const states: AdvisorState[] = [];
  for (const model of models) states.push(advise(states.at(-1) ?? state, model, defaultThresholds));
  return states;
};

const ids = ({ findings }: Pick<AdvisorState, 'findings'>): readonly string[] => findings.map(({ id }) => id);

const available = (shares: readonly number[], every = 1): readonly Model[] =>
  shares.map((share, index) => look(index * every, { MemAvailable: share * total }));

/** The pool of 2 MiB pages, with so many that nobody uses. */
const pool = (pools: readonly PoolSample[] = [], idle: number): readonly PoolSample[] =>
  pools.map(one =>
    one.pageSize === 2 * MiB ? { ...one, counts: { ...one.counts, nr_hugepages: 1024, free_hugepages: idle } } : one,
  );

/** Guests have reported and answered again since then. */
const fresh =
  (seconds: number) =>
  ({ guests }: Sample): Partial<Sample> => ({
    guests: guests.map(one => {
      const { balloon, time = 0 } = one.monitor;
      const stats = balloon?.stats && { ...balloon.stats, lastUpdate: balloon.stats.lastUpdate + seconds };
      const monitor = { ...one.monitor, time: time + seconds, balloon: { ...balloon!, stats: stats! } };
      return { ...one, monitor };
    }),
  });

describe('a finding', () => {
  it('is told once it has held for its time, and says since when it holds', () => {
    const states = follow(available([0.5, 0.08, 0.08, 0.08, 0.08, 0.08, 0.08]));
    expect(states.map(ids)).toEqual([[], [], [], [], [], [], ['host-short']]);
    expect(states.at(-1)?.findings[0]).toMatchObject({
      strategy: 'balloon',
      severity: 'warning',
      since: 1_800_000_001,
      subject: 'host',
    });
    expect(states.at(-1)?.began.map(({ id }) => id)).toEqual(['host-short']);
  });

  it('begins anew when it did not hold in between', () => {
    expect(follow(available([0.08, 0.08, 0.5, 0.08, 0.08, 0.08, 0.08])).flatMap(ids)).toEqual([]);
  });

  it('of many guests counts those alone that have held for its time each', () => {
    const guestsAt = (seconds: number): readonly GuestSample[] =>
      Array.from({ length: 4 }, (_, index) => {
        // The first hangs from the start; two more for the last five seconds.
        const hangs = index === 0 || (index < 3 && seconds > 115);
        const state = hangs ? 'busy' : 'ok';
        return well({ id: `${100 + index}.1`, name: `web-${index}`, monitor: { state } });
      });
    const states = follow(Array.from({ length: 25 }, (_, at) => look(at * 5, {}, guestsAt(at * 5))));
    const told = states.map(({ findings }) => findings.find(({ id }) => id === 'monitors-busy'));
    expect(told.findIndex(one => one !== undefined)).toBe(12);
    expect(told.at(-1)).toMatchObject({ severity: 'notice', subject: 'monitors', numbers: { busy: 1, guests: 4 } });
    // Told once, at its beginning, and ended once, when it is answered again.
    expect(states.flatMap(({ began }) => began).filter(({ id }) => id === 'monitors-busy')).toHaveLength(1);
    const later = Array.from({ length: 13 }, (_, at) =>
      look(
        125 + at * 5,
        {},
        guestsAt(125).map(one => well({ id: one.id })),
      ),
    );
    const after = follow([look(120, {}, guestsAt(120)), ...later], states.at(-1));
    expect(after.flatMap(({ ended }) => ended).filter(({ id }) => id === 'monitors-busy')).toHaveLength(1);
  });

  it('is forgotten once it has not held for its time', () => {
    const states = follow(available([0.08, ...Array(5).fill(0.08), 0.5, 0.5, 0.5, 0.5, 0.5]));
    expect(states.map(state => state.findings.length)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0]);
    expect(states.map(state => state.ended.map(({ id }) => id))).toEqual([...Array(10).fill([]), ['host-short']]);
    expect(states.flatMap(state => state.began)).toHaveLength(1);
  });

  it('is forgotten at once when its guest is gone', () => {
    const here = idleHost([well(thrashes)]);
    const states = follow([here, later(here, 5), later(here, 6, () => ({ guests: [] }))]);
    expect(states.map(ids)).toEqual([[], ['balloon-stuck'], []]);
    expect(states[2]?.ended).toMatchObject([{ id: 'balloon-stuck', guest: '100.5000' }]);
  });

  it('is one for each guest, though their names are alike', () => {
    const here = idleHost([well(thrashes), well({ ...thrashes, id: '7.1' })]);
    expect(
      follow([here, later(here, 5)])
        .at(-1)
        ?.findings.map(({ guest }) => guest),
    ).toEqual(['7.1', '100.5000']);
  });

  it('becomes worse at once, and milder after a while', () => {
    const states = follow(available([...Array(6).fill(0.08), 0.03, 0.05, ...Array(9).fill(0.05), 0.05]));
    const severities = states.slice(5).map(({ findings: [one] }) => one?.severity);
    expect(severities).toEqual(['warning', ...Array(11).fill('critical'), 'warning']);
    expect(states.flatMap(({ began, ended }) => [...began, ...ended])).toHaveLength(1);
  });
});

describe('an advisor', () => {
  it('that is not patient tells at once what holds', () => {
    expect(follow(available([0.08, 0.5]), startAdvising(false)).map(ids)).toEqual([['host-short'], []]);
  });

  it('begins anew when the clock goes back', () => {
    const [before] = follow(
      [...available(Array(7).fill(0.08))].slice(-1),
      follow(available(Array(6).fill(0.08))).at(-1),
    );
    expect(ids(before!)).toEqual(['host-short']);
    const wound = advise(before!, look(2, { MemAvailable: 0.08 * total }), defaultThresholds);
    expect(wound.findings).toEqual([]);
    expect(wound.ended.map(({ id }) => id)).toEqual(['host-short']);
    expect(wound.window).toHaveLength(1);
  });

  it('keeps a minute of Models, some seconds apart, of which only counters but for the newest', () => {
    const first = idleHost();
    const models = Array.from({ length: 300 }, (_, second) =>
      later(first, second, () => ({ guests: [well({ stat: { majflt: second } })] })),
    );
    const { window } = follow(models).at(-1)!;
    expect(window.map(one => one.sample.monotonic)).toEqual([
      240, 245, 250, 255, 260, 265, 270, 275, 280, 285, 290, 295, 299,
    ]);
    expect(window.at(-1)).toBe(models.at(-1));
    expect(window[0]?.guests[0]).toMatchObject({ id: '100.5000', totals: { host_major_faults: 240 } });
    expect(window[0]?.host.totals).toEqual(models[240]?.host.totals);
    expect(JSON.stringify(window[0]?.guests).length).toBeLessThan(JSON.stringify(models[240]?.guests).length / 3);
  });

  it('tells the most urgent first, then what operators do first', () => {
    const guests = [
      well(thrashes),
      well({ id: '8.1', name: 'unasked', balloon: { pollingInterval: 0 } }),
      well({ id: '7.1', name: 'frozen', age: 60, balloon: { actual: 4 * GiB } }),
    ];
    const here = hostWith({ MemAvailable: 4.5 * GiB }, guests);
    const { findings } = follow([here, later(here, 60), later(here, 400)]).at(-1)!;
    const ranks = findings.map(
      ({ severity, strategy }) =>
        ['critical', 'warning', 'notice'].indexOf(severity) * strategies.length + strategies.indexOf(strategy),
    );
    expect(ranks).toEqual([...ranks].sort((one, other) => one - other));
    expect(new Set(findings.map(({ severity }) => severity))).toEqual(new Set(['warning', 'notice', 'critical']));
  });

  it('tells a number that lies at its limit once, however it moves within the band', () => {
    // 10 %, and a fifth more while it stands.
    const near = fc.double({ min: 0.0901, max: 0.1199, noNaN: true });
    fc.assert(
      fc.property(fc.array(near, { minLength: 1, maxLength: 60 }), shares => {
        const states = follow(available([...Array(6).fill(0.09), ...shares]));
        expect(states.flatMap(({ began }) => began)).toHaveLength(1);
        expect(states.flatMap(({ ended }) => ended)).toEqual([]);
        expect(states.slice(5).every(({ findings }) => findings.length === 1)).toBe(true);
      }),
    );
  });

  it.each<readonly [string, (part: number) => Model]>([
    ['pressure-high', part => idleHost([], () => ({ pressure: { memory: { 'some avg10': 10 * part } } }))],
    ['dirty-near', part => hostWith({ Dirty: 0.9 * part * idleHost().host.values.dirty_threshold!, Writeback: 0 })],
    ['pool-idle', part => idleHost([], host => ({ pools: pool(host.pools, Math.round(512 * part)) }))],
    ['guest-swapped', part => idleHost([well({ status: { VmSwap: 128 * MiB * part } })])],
    [
      'balloon-stuck',
      // Little available is bad, so that the part is of the limit from below.
      part => idleHost([well({ stats: { 'stat-available-memory': (0.08 * 3 * GiB) / part } })]),
    ],
    [
      'commit-near',
      part =>
        idleHost([], host => ({
          sysctls: { ...host.sysctls, 'vm.overcommit_memory': 2 },
          meminfo: { ...host.meminfo, CommitLimit: GiB, Committed_AS: GiB * (0.95 + 0.05 * (part - 1)) },
        })),
    ],
  ])('tells %s once, however its number moves within the band', (id, modelOf) => {
    const sustain = rules.find(rule => rule.id === id)?.sustain ?? 0;
    // Parts of the limit: over it for long enough first, then anywhere down to where it would be forgotten.
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.85, max: 1.15, noNaN: true }), { minLength: 1, maxLength: 30 }),
        parts => {
          const looks = [1.1, 1.1, ...parts].map((part, index) => {
            const seconds = index * (sustain + 1);
            return later(modelOf(part), seconds, fresh(seconds));
          });
          const states = follow(looks);
          const of = (list: readonly { id: string }[]) => list.filter(one => one.id === id).length;
          expect(states.flatMap(({ began }) => began).filter(one => one.id === id)).toHaveLength(1);
          expect(states.slice(1).map(({ findings }) => of(findings))).toEqual(looks.slice(1).map(() => 1));
          // Well on the other side of it, it is forgotten.
          const end = states.at(-1)!;
          const seconds = looks.length * (sustain + 1);
          const calm = later(modelOf(0.5), seconds, fresh(seconds));
          const calmer = later(modelOf(0.5), seconds + sustain + 1, fresh(seconds + sustain + 1));
          expect(of(follow([calm, calmer], end).at(-1)!.findings)).toBe(0);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('does not let the severity flicker, however a number moves around the second limit', () => {
    const around = fc.array(fc.double({ min: 0.039, max: 0.041, noNaN: true }), { minLength: 12, maxLength: 60 });
    fc.assert(
      fc.property(around, shares => {
        const told = follow(available(shares)).flatMap(({ findings: [one] }): Severity[] =>
          one ? [one.severity] : [],
        );
        const changes = told.filter((severity, index) => index > 0 && severity !== told[index - 1]);
        // Worse, and milder again only after ten seconds of calm.
        expect(changes.length).toBeLessThanOrEqual(1 + Math.floor(shares.length / 10) * 2);
      }),
    );
  });
});

/** Numbers as no host has them, of any of the keys that rules look at. */
const odd = fc.oneof(
  fc.constantFrom(0, -1, 1, Number.MAX_SAFE_INTEGER, 2 ** 64, Number.NaN, Number.POSITIVE_INFINITY),
  fc.double(),
);
const some = (...keys: readonly string[]): fc.Arbitrary<Numbers> =>
  fc.dictionary(fc.constantFrom(...keys), odd, { maxKeys: keys.length });

const oddGuest = (index: number): fc.Arbitrary<GuestSample> =>
  fc
    .record({
      name: fc.string(),
      vmm: fc.constantFrom('qemu', 'firecracker', 'cloud-hypervisor', 'other'),
      launch: fc.record({ size: odd, backend: fc.constantFrom('anon', 'shared', 'hugetlb') }, { requiredKeys: [] }),
      status: some('RssAnon', 'RssShmem', 'VmSwap', 'HugetlbPages', 'VmRSS'),
      stat: some('majflt'),
      state: fc.constantFrom('ok', 'busy', 'bug', 'none', 'libvirt', 'denied', 'unasked'),
      word: fc.constantFrom('running', 'paused', 'postmigrate', 'x'),
      memory: some('base-memory', 'plugged-memory'),
      balloon: fc.record({ actual: odd, pollingInterval: odd }, { requiredKeys: [] }),
      lastUpdate: odd,
      stats: some(
        'stat-total-memory',
        'stat-available-memory',
        'stat-free-memory',
        'stat-swap-in',
        'stat-major-faults',
      ),
    })
    .map(({ name, vmm, launch, status, stat, state, word, memory, balloon, lastUpdate, stats }) =>
      guest({
        id: `${index}.1`,
        pid: index,
        name,
        vmm,
        launch,
        process: { status, stat },
        monitor: {
          state,
          status: word,
          time: lastUpdate,
          memory,
          balloon: {
            device: true,
            path: '/x',
            ...balloon,
            stats: { lastUpdate, values: stats },
            earlier: { lastUpdate: lastUpdate - 1, values: stats },
          },
        },
      }),
    ) as fc.Arbitrary<GuestSample>;

const oddModel: fc.Arbitrary<Model> = fc
  .record({
    monotonic: fc.double({ min: 0, max: 1000, noNaN: true }),
    meminfo: some(
      'MemTotal',
      'MemAvailable',
      'SwapTotal',
      'SwapFree',
      'Dirty',
      'CommitLimit',
      'Committed_AS',
      'Hugetlb',
    ),
    vmstat: some('pswpin', 'pswpout', 'oom_kill', 'nr_dirty_threshold'),
    ksm: some('run', 'pages_sharing', 'general_profit', 'full_scans', 'pages_to_scan', 'sleep_millisecs'),
    sysctls: some('vm.overcommit_memory', 'vm.overcommit_ratio', 'vm.min_free_kbytes'),
    memory: some('some avg10', 'full avg10'),
    pools: fc.array(
      fc.record({
        pageSize: fc.constantFrom(2 * MiB, GiB),
        counts: some('nr_hugepages', 'free_hugepages', 'resv_hugepages', 'surplus_hugepages'),
      }),
      { maxLength: 3 },
    ),
    guests: fc.tuple(oddGuest(1), oddGuest(2)),
  })
  .map(({ monotonic, guests, memory, ...host }) =>
    derive(undefined, sample({ monotonic, guests, host: { ...host, pressure: { memory } } })),
  );

describe('whatever it sees', () => {
  it('it throws nothing, tells each subject once, and offers only what means something', () => {
    fc.assert(
      fc.property(fc.array(oddModel, { minLength: 1, maxLength: 4 }), models => {
        let state = startAdvising(false);
        for (const model of models) {
          state = advise(state, model, defaultThresholds);
          const keys = state.findings.map(({ id, guest: whose, subject }) => `${id} ${whose ?? subject}`);
          expect(new Set(keys).size).toBe(keys.length);
          for (const { fix, text, severity, id } of state.findings) {
            expect(text).not.toMatch(/undefined|NaN/);
            expect(rules.find(rule => rule.id === id)?.severities).toContain(severity);
            if (fix) expect(plan(model, fix).refusal).toBeUndefined();
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each(['debian12-1node', 'debian12-busy', 'two-nodes', 'linux-4.18'])(
    'of %s it needs no more than it says',
    name => {
      const told = [adviceNeeds, everything].map(needs => {
        const reader = createHostReader(new Root(join(import.meta.dirname, '../hosts', name)));
        try {
          const host = reader.read(needs);
          const short = { ...host.meminfo, MemAvailable: GiB, Dirty: 64 * GiB };
          const guests = [well(thrashes), well({ id: '7.1', launch: { backend: 'hugetlb' }, status: { VmSwap: GiB } })];
          const model = derive(undefined, sample({ host: { ...host, meminfo: short }, guests }));
          return advise(startAdvising(false), model, defaultThresholds).findings;
        } finally {
          reader.close();
        }
      });
      expect(told[0]).toEqual(told[1]);
      expect(told[0]?.length).toBeGreaterThan(4);
    },
  );

  it('hosts that do well have no findings', () => {
    for (const model of [idleHost(), idleHost([well({ balloon: { actual: 4 * GiB } })])])
      expect(advise(startAdvising(false), model, defaultThresholds).findings).toEqual([]);
  });
});

describe('the rules', () => {
  it('have ids of their own, and say what they do', () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    for (const { id, title, help, severities } of rules) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(title).toMatch(/^[A-Z].*[^.]$/);
      expect(help).toMatch(/\.$/);
      expect(severities.length).toBeGreaterThan(0);
    }
  });
});
