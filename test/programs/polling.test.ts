import { expect, test } from 'vitest';
import type { Control } from '../../src/actions/gate/control.ts';
import type { JournalEntry } from '../../src/actions/gate/journal.ts';
import type { Gate } from '../../src/actions/gate/perform.ts';
import { derive, type Model } from '../../src/model.ts';
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
  await until('it is switched on', 2000, () => entries.length > 0);
  polling.ensure(off);
  await polling.putBack(async () => modelOf(asking('1.1', 2), asking('2.2', 5)));
  expect(set).toEqual(['1.1=2', '1.1=0']);
  expect(entries.map(({ by }) => by)).toEqual(['itself', 'itself']);
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
  await until('it is journalled as failed', 2000, () => entries[0]?.outcome === 'failed');
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
  await until('it is switched on', 2000, () => entries.length > 0);
  expect(set).toEqual(['1.1=2']);
});
