import { Box, Text, type TextProps } from 'ink';
import { Table } from 'ink-table';
import type { ReactNode } from 'react';
import type { Plan } from '../../actions/action.ts';
import { guestFields } from '../../fields/guest.ts';
import { formatMost } from '../../fields/most.ts';
import { guestById } from '../../guests.ts';
import type { State } from '../../store/store.ts';
import { format } from '../../units.ts';
import { balloonMaximum } from '../../vmm/memory.ts';
import { wrap } from '../panes/pane.ts';
import { type PlanEntry, planEntries } from '../parts/plan-entries.ts';

/** The sizes of one guest now and after, as a small table; those of several are rows of the plan. */
export const BeforeAfter = ({ plan, state }: { readonly plan: Plan; readonly state: State }): ReactNode => {
  const [moved, ...others] = (plan.follow ?? []).filter(one => one.kind !== 'migration');
  const guest = guestById(state.model, moved?.guest);
  if (!moved || others.length > 0 || !guest) return null;
  const { values, sample } = guest;
  const row = {
    Now: format(moved.from, 'bytes'),
    After: format(moved.target, 'bytes'),
    Used: format(values.guest_used, 'bytes'),
    Maximum: format(moved.kind === 'balloon' ? balloonMaximum(sample) : values.virtio_mem_max, 'bytes'),
    'Held by host': formatMost(guestFields, 'held', values),
  };
  return <Table data={[row]} />;
};

/** One row of a plan at some width; `entry` counts the entries, which may have several rows. */
interface PlanRow extends PlanEntry {
  readonly entry: number;
  readonly id: string;
}

/** Rows of a table are cut where they are too long; sentences go on in the next row. */
const isTable = ({ kind }: PlanEntry): boolean => kind === 'forecast' || kind === 'head' || kind === 'guest';

/** The entries broken at `width` columns. */
export const rowsOf = (entries: readonly PlanEntry[], width: number): readonly PlanRow[] =>
  entries.flatMap((entry, index) =>
    (isTable(entry) ? [entry.text] : wrap(entry.text, width)).map((text, part) => ({
      kind: entry.kind,
      text,
      entry: index,
      id: `${index}.${part}`,
    })),
  );

const looks = {
  summary: { bold: true },
  refusal: { bold: true, color: 'red' },
  warning: { color: 'yellow' },
  effect: {},
  forecast: {},
  head: { bold: true },
  guest: {},
  left: { dimColor: true },
  step: { dimColor: true },
} as const satisfies Record<PlanEntry['kind'], TextProps>;

export const PlanRows = ({ rows }: { readonly rows: readonly PlanRow[] }): ReactNode =>
  rows.map(({ kind, text, id }) => (
    <Text key={id} {...looks[kind]} wrap="truncate">
      {text}
    </Text>
  ));

/** A plan while it is being typed: the same words as `--dry-run`, as far as there is room. */
export const PlanView = ({
  plan,
  state,
  width,
}: {
  readonly plan: Plan;
  readonly state: State;
  readonly width: number;
}): ReactNode =>
  state.model && (
    <Box flexDirection="column">
      <PlanRows rows={rowsOf(planEntries(plan, state.model), width)} />
      <BeforeAfter plan={plan} state={state} />
    </Box>
  );
