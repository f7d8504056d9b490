import type { Need } from '../fields/field.ts';
import { guestFields } from '../fields/guest.ts';
import { everything, planNeeds } from '../fields/needs.ts';
import { guestById } from '../guests.ts';
import type { Model } from '../model.ts';
import type { GuestId } from '../sample.ts';
import { listedGuests } from './listed.ts';
import type { State } from './store.ts';
import { tabTable } from './tabs.ts';
import type { ColumnId } from './view.ts';

const columnNeeds = (column: ColumnId): readonly Need[] => {
  if (!(column in guestFields)) return [];
  const field: (typeof guestFields)[keyof typeof guestFields] = guestFields[column as keyof typeof guestFields];
  return 'cost' in field || !('needs' in field) ? [] : field.needs;
};

/** Seconds after which a measurement that brings nothing (no privilege) is given up. */
const measureSeconds = 3;

/** What is still being measured, once this Model is there. */
export const stillMeasuring = ({ measuring }: State, model: Model): State['measuring'] => {
  if (!measuring || model.time - measuring.since > measureSeconds) return undefined;
  const values = guestById(model, measuring.guest)?.values;
  const age = measuring.what === 'pss' ? values?.pss_age : values?.numa_age;
  return age !== undefined && model.time - age >= measuring.since ? undefined : measuring;
};

/** A plan may be told from anything, and of any guest. */
const isPlanning = ({ dialog }: State): boolean =>
  dialog !== undefined && ['enter', 'palette', 'confirm', 'settings'].includes(dialog.kind);

/** The files that somebody looks at now: no others are read. */
export const needsOfView = (state: State): ReadonlySet<Need> => {
  const wanted = new Set<Need>([
    ...tabTable[state.tab].needs,
    ...(isPlanning(state) ? [...everything, ...planNeeds] : []),
  ]);
  for (const column of [...state.columns, state.sort.column]) for (const need of columnNeeds(column)) wanted.add(need);
  if (state.detail) {
    wanted.add('thp');
    for (const id of Object.keys(guestFields) as ColumnId[]) for (const need of columnNeeds(id)) wanted.add(need);
  }
  const measured = state.measuring && guestById(state.model, state.measuring.guest);
  if (measured)
    wanted.add(`guest_${state.measuring?.what === 'placement' ? 'numa_maps' : 'smaps_rollup'}:${measured.pid}`);
  return wanted;
};

/** Lines that no guest's row can have: header, tabs, the table's head, footer. */
const linesBeside = 4;

/**
 * The guests whose rows may be on the screen, and the selected one: their monitors are asked as often as they report. All, so
 * `undefined`, while something is planned, decided by a policy, or recorded for later.
 */
export const watchedGuests = (state: State): ReadonlySet<GuestId> | undefined => {
  if (isPlanning(state) || state.pilot.mode !== 'off' || state.recorded !== undefined) return undefined;
  const { now, selected, tab, size, detail } = state;
  if (detail || tabTable[tab].mode !== 'main') return new Set(selected === undefined ? [] : [selected]);
  const listed = listedGuests({ ...state, ...now }).map(({ id }) => id);
  const at = selected === undefined ? 0 : Math.max(0, listed.indexOf(selected));
  // A table pages by its own height: its page has rows above the selected one, or below it.
  const room = size.rows - linesBeside;
  return new Set(listed.slice(Math.max(0, at - room), at + room));
};
