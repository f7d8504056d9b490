import type { Model } from '../../model.ts';
import type { Numbers } from '../../sample.ts';
import { formatDuration, longBytes } from '../../units.ts';
import type { Plan } from '../action.ts';
import type { Forecast } from '../forecast.ts';
import { commitEffect, commitForecast, commitRefusal, commitWarnings } from './commit-limit.ts';
import { dirtyEffect, dirtyWarnings } from './dirty.ts';
import { minFreeEffect, minFreeRefusal } from './min-free.ts';

/** A sysctl that kvmtop knows how to set; kernel documentation, admin-guide/sysctl/vm. */
export interface Sysctl {
  readonly group: 'swap' | 'writeback' | 'hugepages';
  readonly title: string;
  readonly help: string;
  /** Of the number in its file. */
  readonly unit: 'count' | 'percent' | 'kB' | 'bytes' | 'centiseconds';
  /** The kernel takes no others (or, for those that it does take, they harm). */
  readonly least: number | ((model: Model) => number);
  readonly most: number | ((model: Model) => number);
  /** The one that the kernel sets to 0 when this one is written: they are two ways to say one thing. */
  readonly twin?: string;
  readonly effect?: (model: Model, value: number) => string[];
  readonly warnings?: (model: Model, value: number) => string[];
  readonly refusal?: (model: Model, value: number) => Plan['refusal'];
  readonly forecast?: (model: Model, value: number) => Forecast | undefined;
}

const int = 2 ** 31 - 1;

/** Before Linux 5.8 it went to 100. */
const mostSwappiness = (model: Model): number => {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(model.sample.host.kernel ?? '') ?? [];
  return major !== undefined && (Number(major) < 5 || (major === '5' && Number(minor) < 8)) ? 100 : 200;
};

const commit = (name: string) => ({
  effect: (model: Model, value: number) => commitEffect(model, name, value),
  warnings: (model: Model, value: number) => commitWarnings(model, name, value),
  refusal: (model: Model, value: number) => commitRefusal(model, name, value),
  forecast: (model: Model, value: number) => commitForecast(model, name, value),
});

const dirty = (name: string, twin: string) => {
  const change = (value: number): Numbers => ({ [name]: value, [twin]: 0 });
  return {
    group: 'writeback',
    twin,
    effect: (model: Model, value: number) => dirtyEffect(model, change(value)),
    warnings: (model: Model, value: number) => dirtyWarnings(model, change(value)),
  } as const;
};

/** By name; those that a kernel lacks are absent from the Sample. */
export const sysctls: Readonly<Record<string, Sysctl>> = {
  'vm.swappiness': {
    group: 'swap',
    title: 'Swappiness',
    help: 'How readily the kernel swaps rather than drops page cache: 100 weighs both equally, 0 swaps only when it must.',
    unit: 'count',
    least: 0,
    most: mostSwappiness,
  },
  'vm.page-cluster': {
    group: 'swap',
    title: 'Swap read-ahead',
    help: 'Pages read from swap at once: 2 to this power; 0 (one page) suits zram and fast disks.',
    unit: 'count',
    least: 0,
    most: 31,
  },
  'vm.overcommit_memory': {
    group: 'swap',
    title: 'Overcommit',
    help: '0: refuse only obvious overcommits; 1: always overcommit; 2: never commit more than CommitLimit.',
    unit: 'count',
    least: 0,
    most: 2,
    ...commit('vm.overcommit_memory'),
  },
  'vm.overcommit_ratio': {
    group: 'swap',
    title: 'Overcommit ratio',
    help: 'Share of RAM that counts towards CommitLimit.',
    unit: 'percent',
    least: 0,
    most: int,
    twin: 'vm.overcommit_kbytes',
    ...commit('vm.overcommit_ratio'),
  },
  'vm.overcommit_kbytes': {
    group: 'swap',
    title: 'Overcommit size',
    help: 'RAM that counts towards CommitLimit, instead of a ratio.',
    unit: 'kB',
    // 0 would leave the ratio at 0 too.
    least: 1,
    most: Number.MAX_SAFE_INTEGER / 1024,
    twin: 'vm.overcommit_ratio',
    ...commit('vm.overcommit_kbytes'),
  },
  'vm.min_free_kbytes': {
    group: 'swap',
    title: 'Kept free',
    help: 'RAM that the kernel keeps free for its own allocations.',
    unit: 'kB',
    least: 1024,
    most: int,
    effect: minFreeEffect,
    refusal: minFreeRefusal,
  },
  'vm.watermark_scale_factor': {
    group: 'swap',
    title: 'Watermark distance',
    help: 'How early and how far kswapd frees memory, in 1/10000 of RAM.',
    unit: 'count',
    least: 1,
    most: 3000,
    effect: (model, value) => [
      `host: kswapd wakes ${longBytes(((model.host.values.mem_total ?? Number.NaN) * value) / 10_000)} above what is kept free, or a little earlier`,
    ],
  },
  'vm.watermark_boost_factor': {
    group: 'swap',
    title: 'Watermark boost',
    help: 'How much more is reclaimed after fragmentation, in 1/10000 of the high watermark; 0 turns it off.',
    unit: 'count',
    least: 0,
    most: int,
  },
  'vm.vfs_cache_pressure': {
    group: 'writeback',
    title: 'Inode cache pressure',
    help: 'How readily dentry and inode caches are dropped; 100 weighs them like page cache, 0 never drops them (memory can run out).',
    unit: 'count',
    least: 0,
    most: int,
    warnings: (_model, value) =>
      value === 0 ? ['directory and inode caches are never dropped then: memory can run out'] : [],
  },
  'vm.dirty_ratio': {
    title: 'Dirty ratio',
    help: 'Share of free memory and page cache that may be dirty before writers are throttled.',
    unit: 'percent',
    least: 0,
    most: 100,
    ...dirty('vm.dirty_ratio', 'vm.dirty_bytes'),
  },
  'vm.dirty_bytes': {
    title: 'Dirty size',
    help: 'Amount that may be dirty before writers are throttled, instead of a ratio.',
    unit: 'bytes',
    least: model => 2 * model.sample.pageSize,
    most: Number.MAX_SAFE_INTEGER,
    ...dirty('vm.dirty_bytes', 'vm.dirty_ratio'),
  },
  'vm.dirty_background_ratio': {
    title: 'Dirty background ratio',
    help: 'Share of free memory and page cache at which background writeback starts.',
    unit: 'percent',
    least: 0,
    most: 100,
    ...dirty('vm.dirty_background_ratio', 'vm.dirty_background_bytes'),
  },
  'vm.dirty_background_bytes': {
    title: 'Dirty background size',
    help: 'Amount of dirty memory at which background writeback starts, instead of a ratio.',
    unit: 'bytes',
    least: 1,
    most: Number.MAX_SAFE_INTEGER,
    ...dirty('vm.dirty_background_bytes', 'vm.dirty_background_ratio'),
  },
  'vm.dirty_expire_centisecs': {
    group: 'writeback',
    title: 'Dirty age',
    help: 'How old dirty page cache may get before it is written back.',
    unit: 'centiseconds',
    least: 0,
    most: int,
  },
  'vm.dirty_writeback_centisecs': {
    group: 'writeback',
    title: 'Writeback interval',
    help: 'How often the kernel looks for old dirty page cache; 0 is never.',
    unit: 'centiseconds',
    least: 0,
    most: int,
    warnings: (_model, value) =>
      value === 0 ? ['what is dirty is written only when it becomes much, or by sync'] : [],
  },
  'vm.compaction_proactiveness': {
    group: 'hugepages',
    title: 'Compaction',
    help: 'How aggressively memory is compacted in the background: 0 (not at all) to 100.',
    unit: 'count',
    least: 0,
    most: 100,
  },
};

/** A sysctl's number as an operator reads it. */
export const sysctlText = ({ unit }: Sysctl, value: number | undefined): string => {
  if (value === undefined) return '–';
  switch (unit) {
    case 'count':
      return String(value);
    case 'percent':
      return `${value} %`;
    case 'kB':
      return longBytes(value * 1024);
    case 'bytes':
      return longBytes(value);
    case 'centiseconds':
      return formatDuration(value / 100);
  }
};
