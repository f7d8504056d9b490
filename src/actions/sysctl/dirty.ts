import type { Model } from '../../model.ts';
import type { Numbers } from '../../sample.ts';
import { longBytes } from '../../units.ts';

/**
 * The memory that a dirty ratio is a part of, bytes: free memory and page cache. Told by the threshold in force where a
 * ratio is in force, else estimated. Linux, mm/page-writeback.c: global_dirtyable_memory().
 */
const dirtyable = (model: Model): number | undefined => {
  const ratio = model.sample.host.sysctls?.['vm.dirty_ratio'];
  const threshold = model.host.values.dirty_threshold;
  if (ratio && threshold !== undefined) return (threshold * 100) / ratio;
  const { MemFree, 'Active(file)': active, 'Inactive(file)': inactive } = model.sample.host.meminfo ?? {};
  return MemFree === undefined || active === undefined || inactive === undefined
    ? undefined
    : MemFree + active + inactive;
};

interface Thresholds {
  /** Writers wait above it: bytes. */
  readonly hard: number | undefined;
  /** Writing begins above it: bytes. */
  readonly background: number | undefined;
}

/** domain_dirty_limits() of the kernel: bytes go before a ratio, and a background not below the other is half of it. */
export const dirtyThresholds = (base: number | undefined, sysctls: Numbers): Thresholds => {
  const of = (bytes: number | undefined, ratio: number | undefined): number | undefined =>
    bytes ? bytes : ratio === undefined || base === undefined ? undefined : (ratio * base) / 100;
  const hard = of(sysctls['vm.dirty_bytes'], sysctls['vm.dirty_ratio']);
  const background = of(sysctls['vm.dirty_background_bytes'], sysctls['vm.dirty_background_ratio']);
  return {
    hard,
    background: hard !== undefined && background !== undefined && background >= hard ? hard / 2 : background,
  };
};

const after = (model: Model, change: Numbers): Thresholds =>
  dirtyThresholds(dirtyable(model), { ...model.sample.host.sysctls, ...change });

export const dirtyEffect = (model: Model, change: Numbers): string[] => {
  const now = after(model, {});
  const then = after(model, change);
  const { dirty, writeback } = model.host.values;
  return [
    `host: writing begins at ${longBytes(then.background)} dirty (now ${longBytes(now.background)}), and writers wait at ${longBytes(then.hard)} (now ${longBytes(now.hard)})`,
    `host: ${longBytes(dirty)} dirty, ${longBytes(writeback)} being written`,
  ];
};

export const dirtyWarnings = (model: Model, change: Numbers): string[] => {
  const { hard } = after(model, change);
  const { dirty } = model.host.values;
  const said: string[] = [];
  if (hard !== undefined && dirty !== undefined && dirty > hard)
    said.push(`${longBytes(dirty)} are dirty already: everybody who writes waits until that is on disk`);
  else if (hard !== undefined && hard < 1024 ** 2)
    said.push('next to nothing may be dirty: everybody who writes waits for the disk');
  return said;
};
