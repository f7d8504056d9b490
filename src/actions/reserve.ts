import type { Model } from '../model.ts';

/**
 * What must stay available to the host itself: what the kernel keeps free (min_free_kbytes), or 2 % of the RAM outside
 * hugepage pools where that is more. Bytes; `undefined` when the host's size is unknown.
 */
export const reserve = (model: Model): number | undefined => {
  const { mem_outside_pools: total, min_free: kept } = model.host.values;
  return total === undefined ? undefined : Math.max(kept ?? 0, 0.02 * total);
};

/** What may be taken from the host before its reserve is touched: bytes, below 0 when it is. `undefined` when unknown. */
export const spare = (model: Model): number | undefined => {
  const available = model.host.values.mem_available_with_arc;
  const kept = reserve(model);
  return available === undefined || kept === undefined ? undefined : available - kept;
};
