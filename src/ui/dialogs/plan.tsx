import { Box, Text, type TextProps } from 'ink';
import { Table } from 'ink-table';
import type { ReactNode } from 'react';
import type { Plan } from '../../actions/action.ts';
import { describePlan } from '../../actions/describe.ts';
import type { State } from '../../store/store.ts';
import { format } from '../../units.ts';

/** The size of a guest's balloon now and after: the small table of a plan that moves one. */
const BeforeAfter = ({ plan, state }: { readonly plan: Plan; readonly state: State }): ReactNode => {
  const { follow } = plan;
  const guest = state.model?.guests.find(one => one.id === follow?.guest);
  if (!follow || !guest) return null;
  const row = {
    Now: format(follow.from, 'bytes'),
    After: format(follow.target, 'bytes'),
    Used: format(guest.values.guest_used, 'bytes'),
    Maximum: format(guest.values.mem_size, 'bytes'),
    'Held by host': format(guest.values.held, 'bytes'),
  };
  return <Table data={[row]} />;
};

const looks = {
  summary: { bold: true },
  refusal: { bold: true, color: 'red' },
  warning: { color: 'yellow' },
  effect: {},
  step: { dimColor: true },
} as const satisfies Record<ReturnType<typeof describePlan>[number]['kind'], TextProps>;

/** A plan as the operator reads it before saying yes: the same words as `--dry-run`. */
export const PlanView = ({ plan, state }: { readonly plan: Plan; readonly state: State }): ReactNode => (
  <Box flexDirection="column">
    {describePlan(plan).map(({ kind, text }) => (
      <Text key={kind + text} {...looks[kind]}>
        {text}
      </Text>
    ))}
    <BeforeAfter plan={plan} state={state} />
  </Box>
);
