import { hostFields } from '../../fields/host.ts';
import { formatMost, valueOrMost } from '../../fields/most.ts';
import type { GuestModel, Model } from '../../model.ts';
import { formatBytes, formatRatio } from '../../units.ts';
import { allHugepages, ramByKind } from '../../vmm/memory.ts';
import { type Line, type Span, span, type Tone } from '../line.ts';
import { type Draw, heading, labelled, pairs } from './pane.ts';
import { commitWorry } from './worry.ts';

const modes: Readonly<Record<number, string>> = { 0: 'heuristic', 1: 'always', 2: 'strict' };

/** Whether so many bytes hold the most that guests may claim of them; `undefined` when unknown. */
const fits = (claims: readonly (number | undefined)[], room: number | undefined): boolean | undefined => {
  const sum = claims.reduce<number>((most, bytes) => most + (bytes ?? 0), 0);
  if (sum === 0 && !claims.includes(undefined)) return true;
  if (room !== undefined && sum > room) return false;
  return room === undefined || claims.includes(undefined) ? undefined : true;
};

/** What a guest may claim of hugepage pools, and of what is outside of them: bytes. */
const claimsOf = ({ sample, values }: GuestModel) => {
  const { mem_max: most } = values;
  if (allHugepages(sample)) return { pooled: most, others: 0 };
  const { hugetlb: pooled = 0 } = ramByKind(sample) ?? {};
  return { pooled, others: most === undefined ? undefined : Math.max(0, most - pooled) };
};

/** Whether all that guests may claim is there. */
const allFit = ({ guests, host }: Model): boolean | undefined => {
  const claims = guests.map(claimsOf);
  const parts = [
    fits(
      claims.map(({ pooled }) => pooled),
      host.values.hugetlb_total,
    ),
    fits(
      claims.map(({ others }) => others),
      host.values.mem_outside_pools,
    ),
  ];
  if (parts.includes(false)) return false;
  return parts.includes(undefined) ? undefined : true;
};

const noteOf = (model: Model, all: boolean | undefined): string => {
  if (model.guests.length === 0) return 'no guests';
  if (all === undefined) return 'what guests may claim is unknown';
  return all ? 'all guests’ maximum fits in RAM' : 'guests could claim more than there is';
};

/** What was promised to the guests and to all processes, against what is there. */
export const overcommitPane: Draw = canvas => {
  const { model, state, width, height } = canvas;
  const host = model.host.values;
  const total = host.mem_total;
  const mode = host.overcommit_memory;
  const share = (bytes: number | undefined): string =>
    formatRatio(bytes === undefined || !total ? undefined : bytes / total);
  const of = (label: string, bytes: number | undefined, tone: Tone = 'text'): Span[] => [
    ...labelled(label, formatBytes(bytes), tone),
    span(` ${share(bytes)}`, 'dim'),
  ];
  const all = allFit(model);
  const more = all === false;
  const held = valueOrMost(hostFields, 'guests_held', host);
  const most = held !== undefined && host.guests_held === undefined ? '≤' : '';
  const guests = [
    of('max', host.guests_mem_max, more ? 'warn' : 'strong'),
    of('given', host.guests_actual),
    [...labelled('held', formatMost(hostFields, 'guests_held', host)), span(` ${most}${share(held)}`, 'dim')],
  ];
  const committed: Line = pairs(
    width,
    labelled('committed', formatBytes(host.committed_as), commitWorry(host, state.setting.thresholds)),
    labelled('limit', formatBytes(host.commit_limit)),
  );
  const rows: Line[] =
    height >= 6
      ? [...guests.map((row): Line => pairs(width, row)), committed, [span(noteOf(model, all), more ? 'warn' : 'dim')]]
      : [pairs(width, ...(width >= 60 ? guests : guests.map(row => row.slice(0, 2)))), committed];
  const word = mode === undefined ? 'unknown' : (modes[mode] ?? String(mode));
  return [heading('Overcommit', canvas, [span(word, mode === 1 ? 'warn' : 'dim')]), ...rows].slice(0, height);
};
