import { Box, Text, type TextProps } from 'ink';
import { Table } from 'ink-table';
import type { ReactNode } from 'react';
import type { Plan } from '../../actions/action.ts';
import { describePlan } from '../../actions/describe.ts';
import { whatIf } from '../../export/what-if.ts';
import { guestById } from '../../guests.ts';
import type { State } from '../../store/store.ts';
import { safe } from '../../text.ts';
import { format } from '../../units.ts';

/** More guests than this are told by the steps alone. */
const mostRows = 8;

/** The sizes of guests now and after: the small table of a plan that moves some. */
const BeforeAfter = ({ plan, state }: { readonly plan: Plan; readonly state: State }): ReactNode => {
  const sizes = (plan.follow ?? []).filter(one => one.kind !== 'migration').slice(0, mostRows);
  const data = sizes.flatMap(({ guest: id, name, from, target }) => {
    const guest = guestById(state.model, id);
    if (!guest) return [];
    const row = {
      Now: format(from, 'bytes'),
      After: format(target, 'bytes'),
      Used: format(guest.values.guest_used, 'bytes'),
      Maximum: format(guest.values.mem_size, 'bytes'),
      'Held by host': format(guest.values.held, 'bytes'),
    };
    return [sizes.length > 1 ? { Guest: safe(name), ...row } : row];
  });
  return data.length === 0 ? null : <Table data={data} />;
};

type PlanLine = ReturnType<typeof describePlan>[number];

const looks = {
  summary: { bold: true },
  refusal: { bold: true, color: 'red' },
  warning: { color: 'yellow' },
  effect: {},
  step: { dimColor: true },
} as const satisfies Record<PlanLine['kind'], TextProps>;

const Lines = ({ lines }: { readonly lines: readonly PlanLine[] }): ReactNode =>
  lines.map(({ kind, text }) => (
    <Text key={kind + text} {...looks[kind]}>
      {text}
    </Text>
  ));

/** What it makes of the host, beside what is now. */
const WhatIf = ({ plan, state }: { readonly plan: Plan; readonly state: State }): ReactNode =>
  state.model &&
  whatIf(state.model, plan).map(row => (
    <Text key={row} wrap="truncate">
      {row}
    </Text>
  ));

/**
 * A plan as the operator reads it before saying yes: the same words as `--dry-run`. Where there is no room for all, the
 * exact steps of many guests are cut before what comes of them.
 */
export const PlanView = ({ plan, state }: { readonly plan: Plan; readonly state: State }): ReactNode => {
  const lines = describePlan(plan);
  return (
    <Box flexDirection="column">
      <Lines lines={lines.filter(({ kind }) => kind !== 'step')} />
      <WhatIf plan={plan} state={state} />
      <Lines lines={lines.filter(({ kind }) => kind === 'step')} />
      <BeforeAfter plan={plan} state={state} />
    </Box>
  );
};
