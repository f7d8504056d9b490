import { expect, it } from 'vitest';
import { watchedGuests } from '../../src/store/needs.ts';
import type { State } from '../../src/store/store.ts';
import { type Tab, tabs, tabTable } from '../../src/store/tabs.ts';
import { demoModels, frameOf, openStage } from '../ui/stage.tsx';

const models = await demoModels(3);
const all = models.at(-1)!.guests;
const guestTabs = tabs.filter(tab => tabTable[tab].mode === 'main');

/** Who is watched, and whose row is on the screen. */
const seen = async (tab: Tab, columns: number, rows: number, state: Partial<State> = {}) => {
  const { store, app } = openStage(models);
  store.setState({ tab, size: { columns, rows }, ...state });
  const frame = await frameOf(app, columns, rows);
  const shown = all
    .filter(({ name }) => frame.split('\n').some(row => row.slice(2).startsWith(name.slice(0, 12))))
    .map(({ id }) => id);
  return { watched: watchedGuests(store.getState()), shown };
};

it.each(guestTabs)('all guests that are on the screen are watched: %s', async tab => {
  for (const selected of [undefined, all[5]!.id, all.at(-1)!.id]) {
    const { watched, shown } = await seen(tab, 80, 16, { selected });
    // So short a screen has the ledger alone in the memory tab.
    if (tab !== 'memory') expect(shown).not.toEqual([]);
    expect(shown.filter(id => !watched?.has(id))).toEqual([]);
    if (selected !== undefined) expect(watched).toContain(selected);
    if (selected === undefined) expect(watched!.size).toBeLessThan(all.length);
  }
});

it('one that is found by the filter is watched, and no other', async () => {
  const { watched, shown } = await seen('guests', 80, 24, { filter: 'db-main' });
  expect([...watched!]).toEqual(shown);
  expect(shown).toHaveLength(1);
});

it('where no guests are shown, the selected one alone is watched', async () => {
  expect((await seen('meminfo', 80, 24, { selected: all[3]!.id })).watched).toEqual(new Set([all[3]!.id]));
});

it.each<[string, (state: State) => Partial<State>]>([
  [
    'something is planned',
    () => ({ dialog: { kind: 'palette', text: '', cursor: 0 } as unknown as State['dialog'] & object }),
  ],
  ['a policy decides', ({ pilot }) => ({ pilot: { ...pilot, mode: 'shadow' } })],
  ['it is recorded', () => ({ recorded: { path: '/x', seconds: 1, size: 1 } })],
])('all are watched while %s', (_when, change) => {
  const { store } = openStage(models);
  store.setState(change(store.getState()));
  expect(watchedGuests(store.getState())).toBeUndefined();
});
