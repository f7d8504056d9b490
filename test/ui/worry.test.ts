import { describe, expect, it } from 'vitest';
import { guestFields } from '../../src/fields/guest.ts';
import { known } from '../../src/known.ts';
import type { Model } from '../../src/model.ts';
import { defaultThresholds, type Thresholds } from '../../src/policy/thresholds.ts';
import type { MemoryPart } from '../../src/sample.ts';
import { glyphsFor } from '../../src/ui/glyphs.ts';
import { plain, type Tone } from '../../src/ui/line.ts';
import { detailPane } from '../../src/ui/panes/detail.ts';
import { guestsPane } from '../../src/ui/panes/guests.ts';
import { hugepagesPane } from '../../src/ui/panes/hugepages.ts';
import { ledgerBar } from '../../src/ui/panes/ledger.ts';
import { memoryPane, pressurePane, swapPane } from '../../src/ui/panes/memory.ts';
import { overcommitPane } from '../../src/ui/panes/overcommit.ts';
import { type Draw, drawPane } from '../../src/ui/panes/pane.ts';
import { processesPane } from '../../src/ui/panes/processes.ts';
import { stalledPane, stallPane } from '../../src/ui/panes/stall.ts';
import { vmstatPane } from '../../src/ui/panes/vmstat.ts';
import { GiB, KiB, MiB } from '../../src/units.ts';
import { demoModels, openStage } from './stage.tsx';

const models = await demoModels(3);
const last = models.at(-1) as Model;
const web = last.guests.find(({ name }) => name === 'web-1')!;

/** The last Model with these numbers of the host. */
const hostWith = (values: Model['host']['values']): Model => ({
  ...last,
  host: { ...last.host, values: { ...last.host.values, ...values } },
});

/** The last Model with one guest, that has these numbers. */
const guestWith = (values: Model['guests'][number]['values']): Model => ({
  ...last,
  guests: [{ ...web, values: { ...web.values, guest_swap_in: 0, stats_age: 1, ...values } }],
});

const linesOf = (draw: Draw, model: Model, thresholds: Partial<Thresholds>) => {
  const { app } = openStage(
    [...models.slice(0, -1), model],
    { selected: undefined },
    { thresholds: { ...defaultThresholds, ...thresholds } },
  );
  const state = { ...app.store.getState(), selected: web.id };
  return drawPane(draw, { state, model, width: 200, height: 30, glyphs: glyphsFor(false, false) });
};

/** The tones in which this text is in the pane, but for the row that is selected. */
const tonesOf = (draw: Draw, model: Model, text: string, thresholds: Partial<Thresholds> = {}): Tone[] =>
  linesOf(draw, model, thresholds)
    .flat()
    .filter(piece => piece.text.trim() === text)
    .map(piece => piece.tone);

const total = 100 * GiB;

describe('a number changes its colour where the operator says', () => {
  it('memory that is available', () => {
    const at = (share: number): Model =>
      hostWith({
        mem_total: 2 * total,
        mem_outside_pools: total,
        mem_available: share * total,
        mem_available_with_arc: share * total,
      });
    expect(tonesOf(memoryPane, at(0.1), '10.0G')).toEqual(['strong']);
    expect(tonesOf(memoryPane, at(0.09), '9.00G')).toEqual(['warn']);
    expect(tonesOf(memoryPane, at(0.03), '3.00G')).toEqual(['bad']);
    expect(tonesOf(memoryPane, at(0.09), '9.00G', { availableCritical: 0.1 })).toEqual(['bad']);
    expect(tonesOf(memoryPane, at(0.09), '9.00G', { availableLow: 0.05 })).toEqual(['strong']);
  });

  it('beside what is free only where it is little', () => {
    const text = (share: number): string =>
      plain(
        linesOf(ledgerBar, hostWith({ mem_outside_pools: total, mem_available_with_arc: share * total }), {})[1] ?? [],
      );
    expect(text(0.5)).not.toContain('available');
    expect(text(0.09)).toMatch(/free \S+ {2}available 9\.00G/);
    const { mem_available_with_arc: _, ...values } = last.host.values;
    const model = { ...last, host: { ...last.host, values } };
    expect(plain(linesOf(ledgerBar, model, {})[1] ?? [])).not.toContain('available');
  });

  it.each([
    ['of the memory pane', memoryPane],
    ['of the pressure pane', pressurePane],
    ['of the stall tab', stallPane],
  ])('pressure, %s', (_, draw) => {
    const none = { psi_mem_some_avg60: 0, psi_mem_some_avg300: 0, psi_mem_full_avg60: 0, psi_mem_full_avg300: 0 };
    const tones = (some: number, full: number, thresholds: Partial<Thresholds> = {}): Tone[] => {
      const model = hostWith({ ...none, psi_mem_some_avg10: some, psi_mem_full_avg10: full });
      return linesOf(draw, model, thresholds)
        .flatMap(row => row.filter((_piece, at) => /(some|full) $/.test(row[at - 1]?.text ?? '')))
        .map(piece => piece.tone);
    };
    expect(tones(0.1, 0.01)).toEqual(['text', 'text']);
    expect(tones(0.11, 0.01)).toEqual(['warn', 'warn']);
    expect(tones(0.11, 0.06)).toEqual(['bad', 'bad']);
    expect(tones(0.11, 0.06, { pressureSome: 0.2, pressureFull: 0.1 })).toEqual(['text', 'text']);
  });

  it.each([
    ['the memory pane', memoryPane, '123K'],
    ['the swap areas', swapPane, '123K'],
    ['the stall tab', stallPane, '123K/s'],
    ['vmstat', vmstatPane, '123K'],
  ])('swap that the host moves, in %s', (_, draw, text) => {
    const model = hostWith({ swap_in: 123 * KiB });
    expect(tonesOf(draw, model, text)).toEqual([draw === vmstatPane ? 'warn' : 'text']);
    expect(tonesOf(draw, model, text, { swapRate: 100 * KiB })).toEqual(['bad']);
  });

  it('dirty pages near the limit, those being written among them', () => {
    const at = (writeback: number): Model =>
      hostWith({ dirty: 800 * MiB, writeback: writeback * MiB, dirty_threshold: 1000 * MiB });
    expect(tonesOf(memoryPane, at(99), '800M')).toEqual(['text']);
    expect(tonesOf(memoryPane, at(100), '800M')).toEqual(['warn']);
    expect(tonesOf(memoryPane, at(0), '800M', { dirtyNear: 0.8 })).toEqual(['warn']);
  });

  it('what is promised, only where the kernel is strict', () => {
    const at = (mode: number): Model =>
      hostWith({ overcommit_memory: mode, committed_as: 96 * GiB, commit_limit: 100 * GiB });
    expect(tonesOf(overcommitPane, at(0), '96.0G')).toEqual(['text']);
    expect(tonesOf(overcommitPane, at(2), '96.0G')).toEqual(['bad']);
    expect(tonesOf(overcommitPane, at(2), '96.0G', { commitNear: 0.97 })).toEqual(['text']);
  });

  it('what guests may claim, where it is more than their part of RAM', () => {
    const at = (backend: 'anon' | 'hugetlb', most: number | undefined, parts?: readonly MemoryPart[]): string[] => {
      const one = guestWith(known({ mem_max: most })).guests[0]!;
      const { parts: _parts, ...launch } = one.sample.launch;
      const memory = { 'base-memory': most ?? 0, 'plugged-memory': 0 };
      const monitor = { ...one.sample.monitor, ...(parts ? { memory } : {}) };
      const sample = { ...one.sample, monitor, launch: { ...launch, backend, ...known({ parts }) } };
      const { mem_max: _, ...values } = one.values;
      const guests = [{ ...one, values: { ...values, ...known({ mem_max: most }) }, sample }];
      const host = hostWith({ mem_total: total, mem_outside_pools: 40 * GiB, hugetlb_total: 60 * GiB });
      return linesOf(overcommitPane, { ...host, guests }, {}).map(plain);
    };
    expect(at('anon', 39 * GiB)).toContain('all guests’ maximum fits in RAM');
    expect(at('anon', 41 * GiB)).toContain('guests could claim more than there is');
    expect(at('hugetlb', 41 * GiB)).toContain('all guests’ maximum fits in RAM');
    expect(at('hugetlb', 61 * GiB)).toContain('guests could claim more than there is');
    expect(at('anon', undefined)).toContain('what guests may claim is unknown');
    // Of 64 GiB, 30 are in hugepages: 34 fit beside the pools, and 46 do not.
    const halves = (size: number): readonly MemoryPart[] => [
      { use: 'base', kind: 'anon', size },
      { use: 'base', kind: 'hugetlb', size: 30 * GiB },
    ];
    expect(at('anon', 64 * GiB, halves(34 * GiB))).toContain('all guests’ maximum fits in RAM');
    expect(at('anon', 76 * GiB, halves(46 * GiB))).toContain('guests could claim more than there is');
  });

  it('a hugepage pool that is idle, or all in use', () => {
    const pool = (usable: number): Model => ({
      ...last,
      pools: [{ pageSize: 2 * MiB, values: { total: 4 * GiB, used: 4 * GiB - usable, free: usable, usable } }],
    });
    const tone = (usable: number, text: string, poolIdle = GiB): Tone[] =>
      tonesOf(hugepagesPane, pool(usable), text, { poolIdle });
    expect(tone(512 * MiB, '512M')).toEqual(['text']);
    expect(tone(GiB, '1.00G')).toEqual(['warn']);
    expect(tone(GiB, '1.00G', 2 * GiB)).toEqual(['text']);
    expect(tone(0, '0B')).toEqual(['warn']);
  });
});

describe('a guest’s numbers', () => {
  const columns = [
    [
      'guest_available',
      { guest_available: 0.07 * 4 * GiB, balloon_actual: 4 * GiB },
      { guestAvailableLow: 0.05 },
      'warn',
    ],
    ['guest_swap_in', { guest_swap_in: 64 * KiB }, { guestSwapIn: 65 * KiB }, 'warn'],
    ['guest_major_faults', { guest_major_faults: 60 }, { guestMajorFaults: 61 }, 'warn'],
    ['host_major_faults', { swap: MiB, host_major_faults: 2 }, { hostMajorFaults: 3 }, 'bad'],
    ['host_major_faults', { swap: 0, host_major_faults: 60 }, { guestMajorFaults: 61 }, 'warn'],
  ] as const;

  it.each(columns)('%s in the table and in the detail view', (id, values, higher, tone) => {
    const model = guestWith(values);
    const tones = (thresholds: Partial<Thresholds>): (Tone | undefined)[] => {
      const setting = { thresholds: { ...defaultThresholds, ...thresholds } };
      const { app } = openStage([model], { columns: ['name', id] }, setting);
      const canvas = { model, width: 100, height: 20, glyphs: glyphsFor(false, false) };
      const [, row] = drawPane(guestsPane, { ...canvas, state: { ...app.store.getState(), selected: undefined } });
      const cells = drawPane(detailPane, { ...canvas, state: { ...app.store.getState(), selected: web.id } }).flat();
      const at = cells.findIndex(piece => piece.text.trim() === guestFields[id].title);
      return [row?.at(-1)?.tone, cells[at + 1]?.tone];
    };
    expect(tones({})).toEqual([tone, tone]);
    expect(tones(higher)).toEqual(['text', 'text']);
  });

  it('that are old are dim, however bad they are', () => {
    const model = guestWith({ guest_swap_in: GiB, stats_age: 600, stats_interval: 2 });
    expect(tonesOf(stalledPane, model, '1.00G').every(tone => tone === 'dim' || tone === 'selected')).toBe(true);
    const { app } = openStage([model], { columns: ['name', 'guest_swap_in', 'stats_age'] });
    const state = { ...app.store.getState(), selected: undefined };
    const canvas = { state, model, width: 100, height: 20, glyphs: glyphsFor(false, false) };
    const [, row = []] = drawPane(guestsPane, canvas);
    expect(row.filter(({ text }) => text.trim() !== '').map(({ tone }) => tone)).toEqual(['strong', 'dim', 'bad']);
  });
});

it('a process that reads much back is marked', () => {
  const [one] = last.processes?.filter(({ guest }) => guest === undefined) ?? [];
  if (!one) return expect.fail('no process');
  const model = { ...last, processes: [{ ...one, values: { ...one.values, swap: 0, major_faults: 2 } }] };
  expect(tonesOf(processesPane, model, '2')).toEqual(['warn']);
  expect(tonesOf(processesPane, model, '2', { hostMajorFaults: 3 })).toEqual(['text']);
});
