import { memUsed } from '../../store/data.ts';
import { formatBytes, formatRatio } from '../../units.ts';
import { type Line, type Span, span, type Tone } from '../line.ts';
import { chart } from '../parts/chart.ts';
import { type Canvas, type Draw, heading, labelled, pairs, shortened, spanNote, together } from './pane.ts';
import { availableWorry, dirtyWorry, pressureWorry, swapRateWorry } from './worry.ts';

const swapRow = ({ model, state, width }: Canvas): Line => {
  const { swap_total: total, swap_used: used, swap_in: read, swap_out: written } = model.host.values;
  if (total === 0)
    return pairs(width, labelled('swap', 'none', 'warn'), [
      span('when RAM runs out, the kernel kills processes', 'dim'),
    ]);
  const rate = (label: string, value: number | undefined): Span[] => [
    ...labelled(label, formatBytes(value), swapRateWorry(value, state.setting.thresholds)),
    span('/s', 'dim'),
  ];
  const [amount, moving] = [labelled('swap', formatBytes(used)), [rate('in', read), rate('out', written)]];
  // What moves tells more than how much there is.
  return shortened(
    width,
    together([...amount, span(` of ${formatBytes(total)}`, 'dim')], ...moving),
    [
      ...amount,
      span(`/${formatBytes(total)} `, 'dim'),
      ...moving.flatMap((one, at) => (at > 0 ? [span(' '), ...one] : one)),
    ],
    together(amount, ...moving),
    together(...moving),
  );
};

const pressureRow = ({ model, state, width }: Canvas): Line => {
  const host = model.host.values;
  if (host.psi_mem_some_avg10 === undefined) {
    const why = width < 61 ? 'no PSI in this kernel' : 'this kernel was built or booted without PSI';
    return [span(`pressure unknown: ${why}`, 'dim')];
  }
  const tone = pressureWorry(host, state.setting.thresholds);
  // The means of 10, 60 and 300 s, or the first alone.
  const of = (...values: readonly (number | undefined)[]): string =>
    values
      .slice(0, width >= 50 ? 3 : 1)
      .map(formatRatio)
      .join(' ');
  return pairs(
    width,
    labelled('pressure some', of(host.psi_mem_some_avg10, host.psi_mem_some_avg60, host.psi_mem_some_avg300), tone),
    labelled('full', of(host.psi_mem_full_avg10, host.psi_mem_full_avg60, host.psi_mem_full_avg300), tone),
  );
};

const writebackRow = ({ model, state, width }: Canvas): Line => {
  const host = model.host.values;
  const tone = dirtyWorry(host, state.setting.thresholds);
  return pairs(
    width,
    [...labelled('dirty', formatBytes(host.dirty), tone), span(` of ${formatBytes(host.dirty_threshold)}`, 'dim')],
    labelled('writeback', formatBytes(host.writeback)),
  );
};

/** Rows that are there whether there is anything to draw or not, so that what is below stays where it is. */
const filled = (rows: readonly Line[], height: number): readonly Line[] =>
  rows.length > 0 ? rows : Array.from({ length: height }, (): Line => []);

/** RAM and swap: now, and how it came here. */
export const memoryPane: Draw = canvas => {
  const { model, state, glyphs, width, height } = canvas;
  const {
    mem_total: total,
    mem_available: available,
    mem_available_with_arc: withArc,
    swap_total: swapTotal,
  } = model.host.values;
  const arc = (withArc ?? 0) - (available ?? 0);
  const used = memUsed(model);
  const rows = [swapRow(canvas), pressureRow(canvas), writebackRow(canvas)].slice(0, Math.max(1, height - 3));
  const free = Math.max(0, height - 2 - rows.length);
  const swapped = (swapTotal ?? 0) > 0 && free >= 6 ? Math.floor(free / 3) : 0;
  const drawn = (id: 'mem_used' | 'swap_used', high: number, tone: Tone): readonly Line[] =>
    filled(chart(state.history[id], { width, height: high, unit: 'bytes', tone, glyphs }), high);
  const tone = availableWorry(model.host.values, state.setting.thresholds) ?? 'strong';
  return [
    heading('RAM and swap', canvas, [
      ...spanNote(canvas, free - swapped),
      span(`  ${formatRatio(used === undefined || !total ? undefined : used / total)} used`),
    ]),
    pairs(
      width,
      [...labelled('used', formatBytes(used), tone), span(` of ${formatBytes(total)}`, 'dim')],
      labelled('available', formatBytes(available), tone),
      ...(arc > 0 ? [labelled('with ZFS’s cache', formatBytes(withArc), tone)] : []),
    ),
    ...drawn('mem_used', free - swapped, 'part0'),
    ...rows.slice(0, 1),
    ...drawn('swap_used', swapped, 'part5'),
    ...rows.slice(1),
  ].slice(0, height);
};

/** Pressure over time. */
export const pressurePane: Draw = canvas => {
  const { model, state, glyphs, width, height } = canvas;
  const { psi_io_some_avg10: io, psi_cpu_some_avg10: cpu } = model.host.values;
  const room = Math.max(0, height - 3);
  return [
    heading('Memory pressure', canvas, spanNote(canvas, room)),
    pressureRow(canvas),
    pairs(width, labelled('waiting for io', formatRatio(io)), labelled('cpu', formatRatio(cpu))),
    ...chart(state.history.psi_mem_some_avg10, { width, height: room, unit: 'ratio', tone: 'part5', glyphs }),
  ].slice(0, height);
};

/** Each swap area. */
export const swapPane: Draw = canvas => {
  const { model, width, height } = canvas;
  const { zram_used: zram, zram_stored: stored, zswap_pool: zswap, zswap_stored: zswapped } = model.host.values;
  const areas = model.swaps.map(
    (swap): Line =>
      pairs(
        width,
        [span(swap.path, 'strong')],
        [span(`${formatBytes(swap.used)} of ${formatBytes(swap.size)}`)],
        labelled('priority', String(swap.priority)),
      ),
  );
  return [
    heading('Swap areas', canvas),
    ...(areas.length > 0 ? areas : [[span('none', 'dim')]]),
    ...(zram === undefined
      ? []
      : [pairs(width, labelled('zram holds', formatBytes(stored)), labelled('in', formatBytes(zram)))]),
    ...(zswapped
      ? [pairs(width, labelled('zswap holds', formatBytes(zswapped)), labelled('in', formatBytes(zswap)))]
      : []),
    swapRow(canvas),
  ].slice(0, height);
};
