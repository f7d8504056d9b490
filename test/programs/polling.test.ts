import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Control } from '../../src/actions/gate/control.ts';
import type { JournalEntry } from '../../src/actions/gate/journal.ts';
import type { Gate } from '../../src/actions/gate/perform.ts';
import { derive, type Model } from '../../src/model.ts';
import { ownProcess, type ProcessId, starttimeOf } from '../../src/process-id.ts';
import { type Loans, openLoans, parseNote } from '../../src/programs/loans.ts';
import { openPolling } from '../../src/programs/polling.ts';
import type { GuestSample } from '../../src/sample.ts';
import { guest, sample } from '../samples.ts';
import { until } from '../until.ts';

/** A gate that remembers the intervals that were set, as `guest=seconds`. */
const openedGate = (hands: Partial<Control> = {}) => {
  const set: string[] = [];
  const entries: JournalEntry[] = [];
  const never = (): never => {
    throw new Error('this is none of its business');
  };
  const control: Control = {
    async execute(id, _command, args) {
      set.push(`${id}=${args['value']}`);
    },
    write: never,
    virsh: never,
    call: never,
    run: never,
    file: never,
    noteTarget: never,
    ...hands,
  };
  const journal = {
    path: 'none',
    async append(entry: JournalEntry) {
      if (entry.outcome !== 'begun') entries.push(entry);
    },
    read: () => entries,
  };
  return { set, entries, gate: { control, journal } satisfies Gate };
};

const asking = (id: string, pollingInterval: number, parts: Partial<GuestSample> = {}): GuestSample =>
  guest({
    id,
    name: id,
    monitor: {
      state: 'ok',
      balloon: { device: true, actual: 2 ** 30, path: '/machine/peripheral/balloon0', pollingInterval },
    },
    ...parts,
  });
const modelOf = (...guests: GuestSample[]): Model => derive(undefined, sample({ guests }));

test('statistics are switched on where they are off, once, journalled as its own doing, and off again at the end', async () => {
  const { set, entries, gate } = openedGate();
  const polling = openPolling(gate, 2);
  const off = modelOf(asking('1.1', 0), asking('2.2', 5));
  polling.ensure(off);
  // The next look may come before the first has shown anything: it is not asked for again.
  polling.ensure(off);
  await until('it is switched on', 20_000, () => entries.length > 0);
  polling.ensure(off);
  await polling.putBack(async () => modelOf(asking('1.1', 2), asking('2.2', 5)));
  expect(set).toEqual(['1.1=2', '1.1=0']);
  expect(entries.map(({ by }) => by)).toEqual(['itself', 'itself']);
});

test('who leaves before a look has shown it switched on switches it off all the same', async () => {
  const { set, entries, gate } = openedGate();
  const polling = openPolling(gate, 2, { patience: { all: 5000, again: 1 } });
  const balloon = { device: true, actual: 2 ** 30, path: '/machine/peripheral/balloon0' };
  const saying = (pollingInterval: number, time: number) =>
    modelOf(asking('1.1', 0, { monitor: { state: 'ok', time, balloon: { ...balloon, pollingInterval } } }));
  const before = saying(0, Date.now() / 1000 - 1);
  polling.ensure(before);
  await until('it is switched on', 20_000, () => entries.length > 0);
  const looks = [before, saying(2, Date.now() / 1000 + 1)];
  await polling.putBack(async () => looks.shift() as Model);
  expect(set).toEqual(['1.1=2', '1.1=0']);
});

test('a guest where that fails is not tried again', async () => {
  let tries = 0;
  const { entries, gate } = openedGate({
    async execute() {
      tries += 1;
      throw new Error('it hangs');
    },
  });
  const polling = openPolling(gate, 2);
  polling.ensure(modelOf(asking('1.1', 0)));
  await until('it is journalled as failed', 20_000, () => entries[0]?.outcome === 'failed');
  polling.ensure(modelOf(asking('1.1', 0)));
  await polling.putBack(() => Promise.reject(new Error('there is nothing to put back')));
  expect(tries).toBe(1);
});

test('0 seconds leave them off, and so does a gate without hands', async () => {
  const { set, entries, gate } = openedGate();
  for (const [one, seconds] of [
    [gate, 0],
    [{ ...gate, control: undefined }, 2],
  ] as const) {
    const polling = openPolling(one, seconds);
    polling.ensure(modelOf(asking('1.1', 0)));
    await polling.putBack(() => Promise.reject(new Error('there is nothing to put back')));
  }
  expect([set, entries]).toEqual([[], []]);
});

test('nobody waits at the end for a migration of libvirt’s, and why the statistics stay on is told', async () => {
  const told: string[] = [];
  const { entries, gate } = openedGate({ virsh: async () => '' });
  const polling = openPolling(gate, 2, { tell: text => told.push(text), patience: { all: 30_000, again: 500 } });
  const of = (interval: number): GuestSample =>
    asking('1.1', interval, { manager: 'libvirt', launch: { uuid: '938d9d25-c83b-41ac-81db-984442040c70' } });
  polling.ensure(modelOf(of(0)));
  await until('it is switched on', 20_000, () => entries.length > 0);
  let looks = 0;
  const moving = of(2);
  const migration = { status: 'active', values: {}, ram: {} };
  await polling.putBack(async () => {
    looks += 1;
    return modelOf({ ...moving, monitor: { ...moving.monitor, migration } });
  });
  expect(looks).toBe(1);
  expect(told).toEqual([expect.stringMatching(/^statistics stay on for 1\.1: libvirt changes nothing of a guest/)]);
});

test('a guest that does not answer, or whose device was not found, is left alone until it does', async () => {
  const { set, entries, gate } = openedGate();
  const polling = openPolling(gate, 2);
  const found = asking('1.1', 0);
  const { path: _, ...unfound } = found.monitor.balloon!;
  polling.ensure(modelOf({ ...found, monitor: { ...found.monitor, state: 'busy' } }));
  polling.ensure(modelOf({ ...found, monitor: { ...found.monitor, balloon: unfound } }));
  polling.ensure(modelOf(guest({ id: '1.1', monitor: { state: 'ok' } })));
  expect(set).toEqual([]);
  polling.ensure(modelOf(found));
  await until('it is switched on', 20_000, () => entries.length > 0);
  expect(set).toEqual(['1.1=2']);
});

describe('what is borrowed', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kvmtop-loans-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const patience = { all: 60, again: 10 };
  /** The process of another kvmtop: the one that runs these tests, or one that is gone. */
  const parent: ProcessId = { ...ownProcess(), pid: process.ppid, starttime: starttimeOf(process.ppid)! };
  const gone: ProcessId = { ...ownProcess(), pid: 4_000_000, starttime: 5 };
  const loansOf = (self: ProcessId): Loans => openLoans(folder, self);

  /** A guest whose interval is what its monitor was told last. */
  const world = (interval = 0) => {
    const now = { interval, busy: false };
    const opened = openedGate({
      async execute(_id, _command, args) {
        if (now.busy) throw new Error('its monitor does not answer');
        now.interval = Number(args['value']);
      },
    });
    const look = (): Model => {
      const found = asking('1.1', now.interval);
      return modelOf(now.busy ? { ...found, monitor: { ...found.monitor, state: 'busy' } } : found);
    };
    return { ...opened, now, look };
  };

  const switchedOn = async (
    gate: Gate,
    look: () => Model,
    self: ProcessId,
    how: Parameters<typeof openPolling>[2] = {},
  ) => {
    const polling = openPolling(gate, 2, { loans: loansOf(self), patience, ...how });
    polling.ensure(look());
    await until('it is on', 2000, () => look().guests[0]?.sample.monitor.balloon?.pollingInterval === 2);
    return polling;
  };

  test('by two kvmtops is put back by the last one, whichever began', async () => {
    for (const firstLeaves of [0, 1]) {
      const { gate, now, look } = world();
      const both = [await switchedOn(gate, look, ownProcess()), await switchedOn(gate, look, parent)];
      const order = firstLeaves === 0 ? both : both.toReversed();
      await order[0]!.putBack(async () => look());
      expect(now.interval).toBe(2);
      await order[1]!.putBack(async () => look());
      expect([now.interval, readdirSync(folder)]).toEqual([0, []]);
    }
  });

  test('by two that leave at once is put back all the same', async () => {
    const { gate, now, look } = world();
    const both = [await switchedOn(gate, look, ownProcess()), await switchedOn(gate, look, parent)];
    await Promise.all(both.map(one => one.putBack(async () => look())));
    expect([now.interval, readdirSync(folder)]).toEqual([0, []]);
  });

  test('by one that was killed is put back by the next', async () => {
    const { gate, now, look } = world();
    await switchedOn(gate, look, gone);
    expect(now.interval).toBe(2);
    const next = await switchedOn(gate, look, ownProcess());
    await next.putBack(async () => look());
    expect([now.interval, readdirSync(folder)]).toEqual([0, []]);
  });

  test('and could not be put back is told, and put back by the next', async () => {
    const told: string[] = [];
    const { gate, now, look } = world();
    const polling = await switchedOn(gate, look, ownProcess(), { tell: text => told.push(text) });
    now.busy = true;
    await polling.putBack(async () => look());
    expect(told).toEqual([
      'statistics stay on for 1.1: the monitor does not answer; the next kvmtop switches them off again',
    ]);
    now.busy = false;
    const next = await switchedOn(gate, look, parent);
    await next.putBack(async () => look());
    expect([now.interval, readdirSync(folder)]).toEqual([0, []]);
  });

  test('is tried again while the monitor is busy', async () => {
    const { gate, now, look } = world();
    const polling = await switchedOn(gate, look, ownProcess(), { patience: { all: 20_000, again: 10 } });
    let looks = 0;
    now.busy = true;
    await polling.putBack(async () => {
      looks += 1;
      now.busy = looks < 3;
      return look();
    });
    expect([looks, now.interval, readdirSync(folder)]).toEqual([3, 0, []]);
  });

  test.each([
    ['somebody sets another interval', 5],
    ['somebody switches them off', 0],
  ])('is nobody’s any more where %s', async (_name, interval) => {
    const { gate, now, look, set } = world();
    const polling = await switchedOn(gate, look, ownProcess());
    now.interval = interval;
    await polling.putBack(async () => look());
    expect([now.interval, set, readdirSync(folder)]).toEqual([interval, [], []]);
  });

  test('an interval that others have set is left alone, and so is one of another boot', async () => {
    for (const boot of [ownProcess().boot, 'another']) {
      const { gate, now, look } = world(2);
      if (boot === 'another') loansOf({ ...gone, boot }).take({ guest: '1.1', was: 0, set: 2 });
      const polling = openPolling(gate, 2, { loans: loansOf(ownProcess()), patience });
      polling.ensure(look());
      await polling.putBack(() => Promise.reject(new Error('there is nothing to put back')));
      expect(now.interval).toBe(2);
    }
  });

  test('what is no note is passed over', async () => {
    for (const [index, text] of ['', '{', 'null', '[]', '{"guest":"1.1"}'].entries())
      writeFileSync(join(folder, `1.1.${index}.1`), text);
    expect(loansOf(ownProcess()).of('1.1')).toBeUndefined();
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), text => {
        const note = parseNote(text);
        expect(note === undefined || typeof note.guest === 'string').toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
