import type { Plan } from '../../actions/action.ts';
import { describePlan } from '../../actions/describe.ts';
import { alignRows } from '../../export/table.ts';
import { whatIf } from '../../export/what-if.ts';
import { guestById } from '../../guests.ts';
import type { Model } from '../../model.ts';
import { safe } from '../../text.ts';
import { format } from '../../units.ts';

/** One line of a plan, before it is broken at the width of a dialog. */
export interface PlanEntry {
  readonly kind: ReturnType<typeof describePlan>[number]['kind'] | 'forecast' | 'head' | 'guest';
  readonly text: string;
}

/** Who is changed, from what to what, and what it leaves: a row each. One guest alone is told by the summary. */
const guestEntries = (plan: Plan, model: Model): readonly PlanEntry[] => {
  const moved = (plan.follow ?? []).filter(one => one.kind !== 'migration');
  if (moved.length < 2) return [];
  const rows = moved.map(({ guest: id, name, from, target }) => {
    const available = guestById(model, id)?.values.guest_available;
    const then = available === undefined ? undefined : Math.max(0, available + target - from);
    return [
      safe(name),
      format(from, 'bytes'),
      format(target, 'bytes'),
      `${target < from ? '−' : '+'}${format(Math.abs(target - from), 'bytes')}`,
      format(available, 'bytes'),
      format(then, 'bytes'),
    ];
  });
  const [head = '', ...texts] = alignRows(
    [['GUEST', 'NOW', 'THEN', 'CHANGE', 'AVAILABLE', 'THEN'], ...rows],
    new Set([0]),
  );
  return [{ kind: 'head', text: head }, ...texts.map(text => ({ kind: 'guest' as const, text }))];
};

/** What must be read before it is done comes first: what, what comes of it, for whom, and what speaks against it. */
const order: Readonly<Record<PlanEntry['kind'], number>> = {
  summary: 0,
  refusal: 1,
  warning: 2,
  effect: 3,
  forecast: 4,
  head: 5,
  guest: 6,
  left: 7,
  step: 8,
};

/** The lines of a plan as an operator reads them; the steps of many guests, which the rows tell already, come last. */
export const planEntries = (plan: Plan, model: Model): readonly PlanEntry[] =>
  [
    ...describePlan(plan),
    ...whatIf(model, plan).map(text => ({ kind: 'forecast' as const, text: safe(text) })),
    ...guestEntries(plan, model),
  ].toSorted((one, other) => order[one.kind] - order[other.kind]);

/** So many of the first entries must have been on the screen before the plan may be carried out. */
export const decisive = (entries: readonly PlanEntry[]): number =>
  entries.findLastIndex(({ kind }) => kind !== 'left' && kind !== 'step') + 1;
