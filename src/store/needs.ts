import type { Need } from '../fields/field.ts';
import { guestFields } from '../fields/guest.ts';
import { everything, planNeeds } from '../fields/needs.ts';
import type { Model } from '../model.ts';
import type { State } from './store.ts';
import type { ColumnId, Tab } from './view.ts';

/** What a tab's panes draw, beyond what is read every time. */
const tabNeeds: Readonly<Record<Tab, readonly Need[]>> = {
  overview: ['vmstat', 'pressure', 'ksm', 'pools', 'sysctls', 'guest_ksm_stat'],
  guests: ['ksm'],
  memory: ['vmstat', 'pressure', 'ksm', 'pools', 'swaps', 'zram', 'guest_ksm_stat'],
  sharing: ['ksm', 'pools', 'sysctls', 'guest_ksm_stat'],
  processes: ['processes'],
  vmstat: ['vmstat', 'stat'],
  meminfo: [],
  numa: ['nodes', 'pools', 'ksm', 'sysctls', 'guest_ksm_stat'],
  translation: ['kvm', 'thp'],
  stall: ['vmstat', 'pressure', 'guest_stat', 'kvm'],
  journal: [],
  // The advisor reads what it needs in its own time (programs/advisor.ts); this is for what stands below its findings.
  advisor: ['ksm', 'swaps', 'vmstat'],
};

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
  const values = model.guests.find(guest => guest.id === measuring.guest)?.values;
  const age = measuring.what === 'pss' ? values?.pss_age : values?.numa_age;
  return age !== undefined && model.time - age >= measuring.since ? undefined : measuring;
};

/** The files that somebody looks at now: no others are read. */
export const needsOfView = (state: State): ReadonlySet<Need> => {
  // A plan may be told from anything.
  const planning = state.dialog && ['enter', 'palette', 'confirm', 'settings'].includes(state.dialog.kind);
  const wanted = new Set<Need>([...tabNeeds[state.tab], ...(planning ? [...everything, ...planNeeds] : [])]);
  for (const column of [...state.columns, state.sort.column]) for (const need of columnNeeds(column)) wanted.add(need);
  if (state.dialog?.kind === 'detail')
    for (const id of Object.keys(guestFields)) for (const need of columnNeeds(id as ColumnId)) wanted.add(need);
  const measured = state.measuring && state.model?.guests.find(guest => guest.id === state.measuring?.guest);
  if (measured)
    wanted.add(`guest_${state.measuring?.what === 'placement' ? 'numa_maps' : 'smaps_rollup'}:${measured.pid}`);
  return wanted;
};
