import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../src/actions/gate/journal.ts';
import { type Model, whyUnknown } from '../../src/model.ts';
import type { State } from '../../src/store/store.ts';
import { glyphsFor } from '../../src/ui/glyphs.ts';
import { plain } from '../../src/ui/line.ts';
import { detailPane } from '../../src/ui/panes/detail.ts';
import { drawPane } from '../../src/ui/panes/pane.ts';
import { GiB } from '../../src/units.ts';
import { demoModels, openStage } from './stage.tsx';

const models = await demoModels(5);
const last = models.at(-1)!;
const idOf = (name: string): string => last.guests.find(guest => guest.name === name)!.id;
const [web, other] = [idOf('web-1'), idOf('web-2')];

/** All of a guest's detail, on a screen of any height. */
const told = (change: Partial<State>, guest = web, model: Model = last, width = 100): string => {
  const { store } = openStage(models, { selected: guest, detail: { scroll: 0 } });
  store.setState(change);
  const canvas = { state: store.getState(), model, width, height: 200, glyphs: glyphsFor(false, false) };
  return drawPane(detailPane, canvas).map(plain).join('\n');
};

const balloonStep = (guest: string, name: string, target: number) =>
  ({
    kind: 'qmp',
    guest,
    name,
    command: 'balloon',
    arguments: { value: target },
    purpose: { kind: 'balloon', target },
  }) as const;

const entry: JournalEntry = {
  time: new Date((last.time - 60) * 1000).toISOString(),
  user: 'anna',
  by: 'do',
  request: { action: 'balloon', words: ['web-1', '3G'] },
  summary: 'Shrink the balloon of web-1 from 4.00 GiB to 3.00 GiB',
  steps: [balloonStep(web, 'web-1', 3 * GiB)],
  forced: false,
  outcome: 'done',
};

describe('the changes of a guest', () => {
  it('tell when, by whom, from what to what, and what came of it', () => {
    const outcomes = [
      { time: last.time - 40, kind: 'outcome', subject: 'web-1', text: 'web-1: balloon arrived' },
    ] as const;
    const text = told({ journal: [entry], guestHistory: { guest: web, points: [], unread: 0, kept: 0, outcomes } });
    const at = text.indexOf('balloon arrived');
    expect(at).toBeGreaterThan(text.indexOf('Changes'));
    expect(text.slice(at)).toMatch(
      /\d\d:\d\d:\d\d +anna, do +Shrink the balloon of web-1 from 4.00 GiB to 3.00 GiB: done/,
    );
  });

  it('tell of many guests at once what it was to this one', () => {
    const many: JournalEntry = {
      ...entry,
      by: 'policy',
      why: 'the host is short',
      summary: 'Balloon 80%: 2 of 2 guests',
      steps: [balloonStep(other, 'web-2', GiB), balloonStep(web, 'web-1', 3 * GiB)],
      undo: { action: 'balloons', words: [other, `${2 * GiB}B`, web, `${4 * GiB}B`] },
      outcome: 'failed',
      error: 'no answer',
      forced: true,
    };
    const text = told({ journal: [many] }).replaceAll(/\n {20,}/g, ' ');
    expect(text).toContain(
      'Balloon 80%: 2 of 2 guests: 4.00 GiB to 3.00 GiB: failed, guard rail overruled; the host is short; no answer',
    );
    expect(told({ journal: [{ ...many, undo: { action: 'balloons', words: [] } }] })).toContain(
      'guests: 3.00 GiB: failed',
    );
  });

  it('are its own, and those of an earlier guest of its name, until then', () => {
    const none = 'none that kvmtop made';
    expect(told({})).toContain(none);
    expect(told({ journal: [entry] }, other)).toContain(none);
    expect(told({ journal: [{ ...entry, steps: [] }] })).toContain(none);
    expect(told({ journal: [{ ...entry, time: new Date((last.time + 60) * 1000).toISOString() }] })).toContain(none);
    expect(told({ journal: [{ ...entry, steps: [balloonStep('1.1', 'web-1', GiB)] }] })).toContain('Shrink');
    // Two guests may have one name.
    expect(told({ journal: [{ ...entry, steps: [balloonStep(other, 'web-1', GiB)] }] })).toContain(none);
  });
});

it('every number of a guest is there, or why it is not', () => {
  for (const guest of last.guests) {
    const text = told({}, guest.id).replaceAll(/\n {2}(?=\S)/g, ' ');
    const reasons = text.slice(text.indexOf('Unknown ─'));
    for (const id of ['guest_used', 'pss', 'balloon_target'] as const)
      if (guest.values[id] === undefined) expect(reasons).toContain(whyUnknown(guest, id));
  }
});

it('how it was started is told, as far as that is about memory', () => {
  const [one] = last.guests.filter(({ id }) => id === web);
  const launch = {
    ...one!.sample.launch,
    memLock: true,
    pinnedBy: 'vfio-pci',
    prealloc: true,
    accelerator: 'kvm',
    parts: [
      { use: 'base', kind: 'anon', size: 2 * GiB, merge: false },
      { use: 'virtio-mem', id: 'vmem0', kind: 'hugetlb', size: 2 * GiB },
    ],
  } as const;
  const monitor = { ...one!.sample.monitor, memtune: { hard_limit: 5 * GiB } };
  const process = { ...one!.sample.process, numa_maps: { N0: GiB, N1: 2 * GiB }, smaps_rollup: { AnonHugePages: GiB } };
  const changed = { ...one!, sample: { ...one!.sample, launch, monitor, process } };
  const text = told({}, web, { ...last, guests: [changed] }).replaceAll(/\n {5,}/g, ' ');
  for (const fact of [
    'allocated at the start (prealloc)',
    'boot memory 2.00 GiB not offered to KSM; virtio-mem vmem0 2.00 GiB',
    'locked (mem-lock), pinned for a device (vfio-pci)',
    'frees nothing on the host: its memory is locked (mem-lock)',
    'it has 1.00 GiB',
    'node 0 1.00 GiB, node 1 2.00 GiB',
    'hard_limit 5.00 GiB',
  ])
    expect(text).toContain(fact);
});

it('the chain from its size to what the host holds is whole on narrow screens, too', () => {
  for (const width of [60, 80, 200])
    expect(told({}, web, last, width).replaceAll(/\n(?=→)/g, ' ')).toMatch(
      /SIZE \S+ → TARGET \S+ → BALLOON \S+ → USED \S+ → HELD \S+\s+AGE \S+/,
    );
});
