import type { PoolModel } from '../../model.ts';
import { exactBytes, formatBytes, unknown } from '../../units.ts';
import { type Line, span } from '../line.ts';
import { type Draw, heading } from './pane.ts';
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
  const hidden = rows.length - (height - 2);
  const shown = hidden > 0 ? rows.slice(0, height - 3) : rows;
  return [
    heading('Hugepages', canvas, [span(total > 0 ? `${formatBytes(total)} set aside` : 'none set aside', 'dim')]),
    head,
    ...shown,
    ...(hidden > 0 && height > 3 ? [[span(`  and ${rows.length - shown.length} more`, 'dim')]] : []),
  ].slice(0, height);
};
