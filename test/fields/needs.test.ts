import { expect, test } from 'vitest';
import { guestFields } from '../../src/fields/guest.ts';
import { hostFields } from '../../src/fields/host.ts';
import { everything, neededBy, recordable } from '../../src/fields/needs.ts';
import { nodeFields } from '../../src/fields/node.ts';
import { poolFields } from '../../src/fields/pool.ts';
import { derive } from '../../src/model.ts';
import { needsOfView } from '../../src/store/needs.ts';
import { initialState, type Setting, type State } from '../../src/store/store.ts';
import { tabs } from '../../src/store/tabs.ts';
import { samples } from '../export/models.ts';

test('the needs of the tables that are asked about, each once', () => {
  expect(neededBy()).toEqual(new Set());
  expect(neededBy(nodeFields, nodeFields, poolFields)).toEqual(new Set(['nodes', 'pools']));
});

test('what is costly to read is in no table’s needs', () => {
  expect(guestFields.pss.cost).toBe('high');
  expect([...neededBy(guestFields)].filter(need => need.startsWith('guest_smaps'))).toEqual([]);
});

/** A field that forgets to say what it needs would be unknown without anybody noticing. */
test('reading everything makes every field of a busy host known', () => {
  const { host, nodes, pools } = derive(...samples());
  expect(everything).toContain('vmstat');
  // It has no ZFS, and was captured without zoneinfo. One of the guests does not tell what KSM merged of it.
  const unknown = ['arc_size', 'arc_min', 'pcp_free', 'guests_held'];
  expect(Object.keys(hostFields).filter(id => !(id in host.values))).toEqual(unknown);
  expect(Object.keys(nodeFields).filter(id => !(id in (nodes[0]?.values ?? {})))).toEqual([]);
  expect(Object.keys(poolFields).filter(id => !(id in (pools[0]?.values ?? {})))).toEqual([]);
});

test('a recording has what any tab shows and any plan is told from, and nothing that is costly', () => {
  const state = initialState({} as Setting);
  const dialogs = [undefined, { kind: 'confirm' }, { kind: 'detail' }] as State['dialog'][];
  for (const tab of tabs)
    for (const dialog of dialogs)
      expect([...needsOfView({ ...state, tab, dialog })].filter(need => !recordable.has(need))).toEqual([]);
  expect([...recordable].filter(need => need.includes(':'))).toEqual([]);
});
