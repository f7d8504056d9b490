import type { Need } from '../fields/field.ts';
import { guestFields } from '../fields/guest.ts';
import { everything, planNeeds } from '../fields/needs.ts';
import { guestById } from '../guests.ts';
import type { Model } from '../model.ts';
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

/** The files that somebody looks at now: no others are read. */
export const needsOfView = (state: State): ReadonlySet<Need> => {
  // A plan may be told from anything.
  const planning = state.dialog && ['enter', 'palette', 'confirm', 'settings'].includes(state.dialog.kind);
  const wanted = new Set<Need>([...tabTable[state.tab].needs, ...(planning ? [...everything, ...planNeeds] : [])]);
  for (const column of [...state.columns, state.sort.column]) for (const need of columnNeeds(column)) wanted.add(need);
  if (state.dialog?.kind === 'detail')
    for (const id of Object.keys(guestFields) as ColumnId[]) for (const need of columnNeeds(id)) wanted.add(need);
  const measured = state.measuring && guestById(state.model, state.measuring.guest);
  if (measured)
    wanted.add(`guest_${state.measuring?.what === 'placement' ? 'numa_maps' : 'smaps_rollup'}:${measured.pid}`);
  return wanted;
};
