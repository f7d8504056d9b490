import type { Model } from '../../model.ts';
import { longBytes } from '../../units.ts';
import type { Plan } from '../action.ts';
import type { Forecast } from '../forecast.ts';
import { reserve } from '../reserve.ts';

/** What decides how much may be promised: bytes, and the two sysctls in their own units. */
export interface CommitTerms {
  readonly memTotal: number;
  readonly hugetlb: number;
  readonly swapTotal: number;
  readonly ratio: number;
  readonly kbytes: number;
}

/**
 * CommitLimit in bytes: swap, and `overcommit_kbytes` or (where that is 0) `overcommit_ratio` % of the RAM that is in no
 * hugepage pool. Linux, mm/util.c: vm_commit_limit().
 */
export const commitLimit = ({ memTotal, hugetlb, swapTotal, ratio, kbytes }: CommitTerms): number =>
  swapTotal + (kbytes > 0 ? kbytes * 1024 : ((memTotal - hugetlb) * ratio) / 100);

/** The terms in force; `undefined` when one of them is unknown. */
const commitTerms = (model: Model): CommitTerms | undefined => {
  const { mem_total: memTotal, swap_total: swapTotal, hugetlb_total: hugetlb } = model.host.values;
  const { 'vm.overcommit_ratio': ratio, 'vm.overcommit_kbytes': kbytes } = model.sample.host.sysctls ?? {};
  if (memTotal === undefined || swapTotal === undefined || hugetlb === undefined) return undefined;
  if (ratio === undefined || kbytes === undefined) return undefined;
  return { memTotal, hugetlb, swapTotal, ratio, kbytes };
};

/** CommitLimit with other terms in force: bytes; `undefined` when one of them is unknown. */
export const commitLimitWith = (
  model: Model,
  change: (terms: CommitTerms) => Partial<CommitTerms>,
): number | undefined => {
  const terms = commitTerms(model);
  return terms && commitLimit({ ...terms, ...change(terms) });
};

/** The sysctls that decide on promises, as they are after one of them was set. */
interface Overcommit {
  readonly mode: number | undefined;
  readonly limit: number | undefined;
}

const after = (model: Model, name: string, value: number): Overcommit => {
  const terms = commitTerms(model);
  const mode = model.host.values.overcommit_memory;
  if (name === 'vm.overcommit_memory') return { mode: value, limit: terms && commitLimit(terms) };
  if (!terms) return { mode, limit: undefined };
  // Each of the two zeroes the other.
  const set = name === 'vm.overcommit_ratio' ? { ratio: value, kbytes: 0 } : { ratio: 0, kbytes: value };
  return { mode, limit: commitLimit({ ...terms, ...set }) };
};

const words = ['what looks sensible is promised', 'anything is promised', 'nothing beyond CommitLimit is promised'];

export const commitEffect = (model: Model, name: string, value: number): string[] => {
  const { mode, limit } = after(model, name, value);
  const { commit_limit: now, committed_as: promised } = model.host.values;
  const formula =
    'SwapTotal + ' + (name === 'vm.overcommit_kbytes' ? 'overcommit_kbytes' : '(MemTotal − Hugetlb) · ratio');
  return [
    ...(name === 'vm.overcommit_memory' ? [`host: ${words[value] ?? ''}`] : []),
    `host: CommitLimit ${name === 'vm.overcommit_memory' ? 'is' : `becomes ${formula} =`} ${longBytes(limit)} (now ${longBytes(now)}); ${longBytes(promised)} are promised (Committed_AS)`,
    ...(mode === 2 ? [] : ['host: the limit counts only while overcommit_memory is 2']),
  ];
};

export const commitForecast = (model: Model, name: string, value: number): Forecast | undefined => {
  const { mode, limit } = after(model, name, value);
  if (limit === undefined) return undefined;
  const counts = mode === 2 ? '' : ', but it counts only while overcommit_memory is 2';
  return { assumes: `at once${counts}`, moves: [], host: { commit_limit: limit } };
};

/** With overcommit_memory 2 and a limit below what is promised, every further allocation fails. */
export const commitRefusal = (model: Model, name: string, value: number): Plan['refusal'] => {
  const { mode, limit } = after(model, name, value);
  const promised = model.host.values.committed_as;
  if (mode !== undefined && mode !== 2) return undefined;
  if (mode === undefined || limit === undefined || promised === undefined)
    return { reason: 'CommitLimit, or what is promised already (Committed_AS), is unknown', forceable: true };
  if (limit >= promised) return undefined;
  return {
    reason: `CommitLimit would be ${longBytes(limit)}, and ${longBytes(promised)} are promised already (Committed_AS): every further allocation would fail, of guests, of logins and of kvmtop; raise the ratio or add swap first`,
    forceable: true,
  };
};

export const commitWarnings = (model: Model, name: string, value: number): string[] => {
  const { mode, limit } = after(model, name, value);
  const promised = model.host.values.committed_as;
  const kept = reserve(model);
  if (mode !== 2 || limit === undefined || promised === undefined || kept === undefined) return [];
  return limit >= promised && limit - promised < kept
    ? [`only ${longBytes(limit - promised)} more could be promised: new guests would not start`]
    : [];
};
