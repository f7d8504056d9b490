import type { Plan } from '../actions/action.ts';
import { foresee } from '../actions/forecast.ts';
import type { HostFieldId } from '../fields/host.ts';
import { groupBytes, type LedgerGroupId, ledgerGroups } from '../ledger.ts';
import type { Model } from '../model.ts';
import { stress, stressVerdict } from '../policy/stress.ts';
import { format } from '../units.ts';
import { alignRows } from './table.ts';

interface Amount {
  readonly label: string;
  /** Bytes; `undefined` when unknown. */
  readonly of: (model: Model) => number | undefined;
}

const hostAmounts: readonly (readonly [string, HostFieldId])[] = [
  ['available', 'mem_available_with_arc'],
  ['CommitLimit', 'commit_limit'],
];

/** The parts of the ledger as its bar tells them apart, and what else a plan may foresee. */
const amounts: readonly Amount[] = [
  ...(Object.keys(ledgerGroups) as LedgerGroupId[]).map(id => ({
    label: ledgerGroups[id].label,
    of: ({ ledger }: Model) => ledger && groupBytes(ledger, id),
  })),
  { label: 'free', of: ({ ledger }) => ledger?.parts.free },
  ...hostAmounts.map(([label, id]) => ({ label, of: ({ host }: Model) => host.values[id] })),
];

const stressLine = (now: Model, then: Model): string[] => {
  const [before, after] = [stressVerdict(stress(now)), stressVerdict(stress(then))];
  return before === undefined || after === undefined || before === after
    ? []
    : [`if every guest claims its maximum then: ${after} (now: ${before})`];
};

/**
 * What a plan makes of the host beside what is now: a small table of the amounts that change, and whether all that
 * guests may claim would fit then, where that changes. No line where nothing is foreseen.
 */
export const whatIf = (model: Model, { forecasts = [] }: Plan): readonly string[] => {
  const thens = forecasts.map(forecast => foresee(model, forecast));
  const columns = amounts.flatMap(({ label, of }) => {
    const [now = '', ...then] = [model, ...thens].map(one => format(of(one), 'bytes'));
    return then.some(amount => amount !== now) ? [[label, now, ...then]] : [];
  });
  if (columns.length === 0) return [];
  const names = ['', 'now', ...thens.map(() => 'then')];
  const rows = alignRows(
    names.map((name, at) => [name, ...columns.map(column => column[at] ?? '')]),
    new Set([0]),
  );
  const told = rows.map((row, at) => (at < 2 ? row : `${row}  ${forecasts[at - 2]?.assumes}`));
  return [...told, ...thens.slice(0, 1).flatMap(then => stressLine(model, then))];
};
