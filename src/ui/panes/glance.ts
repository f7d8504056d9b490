import { exactBytes, formatBytes, formatRatio } from '../../units.ts';
import { type Line, type Span, span } from '../line.ts';
import { ksmVerdict } from './ksm.ts';
import { type Canvas, type Draw, labelled, pairs } from './pane.ts';
import { availableWorry, commitWorry, poolWorry, pressureWorry, swapRateWorry } from './worry.ts';

/** What the panes of Overview tell at their most important, in a row each: for screens on which the guests need the room. */

const memoryRow = ({ model, state, width }: Canvas): Line => {
  const { thresholds } = state.setting;
  const host = model.host.values;
  const {
    mem_available_with_arc: available,
    swap_total: total,
    swap_used: used,
    swap_in: read,
    swap_out: written,
  } = host;
  const rate = (label: string, value: number | undefined): Span[] => [
    ...labelled(label, `${formatBytes(value)}/s`, swapRateWorry(value, thresholds)),
  ];
  const swap: Span[] = total === 0 ? labelled('swap', 'none', 'warn') : labelled('swap', formatBytes(used));
  const of = total === 0 || total === undefined ? [] : [span(` of ${formatBytes(total)}`, 'dim')];
  const moving = total === 0 ? [] : [...rate('in', read), span(' '), ...rate('out', written)];
  const ram = labelled('available', formatBytes(available), availableWorry(host, thresholds) ?? 'strong');
  return pairs(width, [...ram, span(` of ${formatBytes(host.mem_total)}`, 'dim')], [...swap, ...of], moving);
};

const pressureRow = ({ model, state, width }: Canvas): Line => {
  const host = model.host.values;
  const { psi_mem_some_avg10: some, psi_mem_full_avg10: full, ksm_run: run, ksm_saved: saved } = host;
  const { thresholds } = state.setting;
  const verdict = ksmVerdict(model);
  const pressure =
    some === undefined
      ? [span('pressure unknown', 'dim')]
      : labelled('pressure', `some ${formatRatio(some)} full ${formatRatio(full)}`, pressureWorry(host, thresholds));
  const ksm =
    run === 1 && verdict.tone !== 'warn'
      ? labelled('KSM saves', formatBytes(saved))
      : labelled('KSM', run === 0 ? 'off' : run === undefined ? 'unknown' : verdict.text, verdict.tone);
  const commit: Span[] = [
    ...labelled('committed', formatBytes(host.committed_as), commitWorry(host, thresholds)),
    span(` of ${formatBytes(host.commit_limit)}`, 'dim'),
  ];
  return pairs(width, pressure, ksm, commit);
};

const hugepagesRow = ({ model, state, width }: Canvas): Line => {
  const pools = model.pools.filter(({ node, values }) => node === undefined && (values.total ?? 0) > 0);
  if (pools.length === 0) return [span('hugepages none set aside', 'dim')];
  const items = pools.map((pool): readonly Span[] => [
    ...labelled(exactBytes(pool.pageSize), formatBytes(pool.values.total)),
    span(' free ', 'dim'),
    span(formatBytes(pool.values.free), poolWorry(pool, state.setting.thresholds)),
  ]);
  const [first = [], ...others] = items;
  return pairs(width, [span('hugepages ', 'dim'), ...first], ...others);
};

/** Rows of `glancePane`. */
export const glanceRows = 3;

/** RAM and swap, pressure and sharing, hugepages. */
export const glancePane: Draw = canvas => [memoryRow(canvas), pressureRow(canvas), hugepagesRow(canvas)];
