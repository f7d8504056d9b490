import type { PoolModel } from '../../model.ts';
import { exactBytes, formatBytes, unknown } from '../../units.ts';
import { type Line, span } from '../line.ts';
import { type Canvas, type Draw, heading, labelled, pairs } from './pane.ts';
import { poolWorry } from './worry.ts';

const cell = (bytes: number | undefined): string => (bytes === undefined ? unknown : formatBytes(bytes)).padStart(7);

/** Sizes nobody has set up are left out, as long as another pool has something to show. */
const worthShowing = (pools: readonly PoolModel[]): readonly PoolModel[] => {
  const inUse = pools.filter(
    ({ values }) => (values.total ?? 0) > 0 || (values.surplus ?? 0) > 0 || (values.overcommit ?? 0) > 0,
  );
  const shown = inUse.length > 0 ? inUse : pools.filter(pool => pool.node === undefined);
  // The whole host first, then its nodes.
  return shown.toSorted((a, b) => a.pageSize - b.pageSize || (a.node ?? -1) - (b.node ?? -1));
};

/** The pools of the whole host in a row each, without a head: where there is no room for the table. */
const compact = (pools: readonly PoolModel[], { state, width, height }: Canvas): Line[] => {
  const whole = pools.filter(({ node }) => node === undefined);
  const shown = whole.slice(0, Math.max(1, height - 1));
  return shown.map((pool, index): Line => {
    const { pageSize, values } = pool;
    const hidden = index === shown.length - 1 ? whole.length - shown.length : 0;
    return pairs(
      width,
      [span(exactBytes(pageSize).padStart(5), 'strong'), span(cell(values.total))],
      labelled('free', formatBytes(values.free), poolWorry(pool, state.setting.thresholds)),
      labelled('rsvd', formatBytes(values.reserved)),
      ...(hidden > 0 ? [[span(`and ${hidden} more`, 'dim')]] : []),
    );
  });
};

/** A row for each pool; per node too where there are several. Reserved memory is not used memory. */
export const hugepagesPane: Draw = canvas => {
  const { model, state, width, height } = canvas;
  const pools = worthShowing(model.pools);
  const total = model.pools.reduce((sum, pool) => sum + (pool.node === undefined ? (pool.values.total ?? 0) : 0), 0);
  if (pools.length === 0) return [heading('Hugepages', canvas), [span('this kernel has no hugepage pools', 'dim')]];
  const nodes = pools.some(pool => pool.node !== undefined);
  const wide = width >= 58;
  const head: Line = [
    span(
      'SIZE'.padStart(5) +
        (nodes ? 'NODE'.padStart(5) : '') +
        'TOTAL'.padStart(7) +
        'USED'.padStart(7) +
        'FREE'.padStart(7) +
        'RSVD'.padStart(7) +
        (wide ? 'SURPLUS'.padStart(9) + 'OVERCMT'.padStart(9) : ''),
      'head',
    ),
  ];
  const rows = pools.map((pool): Line => {
    const { pageSize, node, values } = pool;
    const none = (values.total ?? 0) === 0;
    return [
      span(exactBytes(pageSize).padStart(5), none ? 'dim' : 'strong'),
      ...(nodes ? [span((node === undefined ? 'all' : String(node)).padStart(5), 'dim')] : []),
      span(cell(values.total) + cell(values.used), none ? 'dim' : 'text'),
      span(cell(values.free), none ? 'dim' : poolWorry(pool, state.setting.thresholds)),
      span(cell(node === undefined ? values.reserved : undefined), none ? 'dim' : 'text'),
      ...(wide ? [span(`  ${cell(values.surplus)}  ${cell(values.overcommit)}`, 'dim')] : []),
    ];
  });
  const title = heading('Hugepages', canvas, [
    span(total > 0 ? `${formatBytes(total)} set aside` : 'none set aside', 'dim'),
  ]);
  // A head and one line of how many there are would tell nothing.
  if (rows.length > height - 2 && height < 5) return [title, ...compact(pools, canvas)];
  const hidden = rows.length - (height - 2);
  const shown = hidden > 0 ? rows.slice(0, height - 3) : rows;
  return [
    title,
    head,
    ...shown,
    ...(hidden > 0 && height > 3 ? [[span(`  and ${rows.length - shown.length} more`, 'dim')]] : []),
  ].slice(0, height);
};
