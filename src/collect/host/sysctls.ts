import type { Root } from '../../root.ts';
import type { Numbers } from '../../sample.ts';
import type { Reader } from './reader.ts';
import { createCountsReader } from './value.ts';

/** The settings that decide how this host gives out, keeps and takes back memory. Those a kernel lacks are absent. */
const names = [
  'kernel.numa_balancing',
  'vm.admin_reserve_kbytes',
  'vm.compaction_proactiveness',
  'vm.dirty_background_bytes',
  'vm.dirty_background_ratio',
  'vm.dirty_bytes',
  'vm.dirty_expire_centisecs',
  'vm.dirty_ratio',
  'vm.dirty_writeback_centisecs',
  'vm.hugetlb_optimize_vmemmap',
  'vm.max_map_count',
  'vm.min_free_kbytes',
  'vm.min_slab_ratio',
  'vm.min_unmapped_ratio',
  'vm.nr_hugepages',
  'vm.nr_overcommit_hugepages',
  'vm.oom_kill_allocating_task',
  'vm.overcommit_kbytes',
  'vm.overcommit_memory',
  'vm.overcommit_ratio',
  'vm.page-cluster',
  'vm.panic_on_oom',
  'vm.swappiness',
  'vm.unprivileged_userfaultfd',
  'vm.user_reserve_kbytes',
  'vm.vfs_cache_pressure',
  'vm.watermark_boost_factor',
  'vm.watermark_scale_factor',
  'vm.zone_reclaim_mode',
];

/** /proc/sys, under the sysctls' names and in their own units. */
export const createSysctlsReader = (root: Root): Reader<Numbers> =>
  createCountsReader(root, () => names.map(name => [name, `/proc/sys/${name.replaceAll('.', '/')}`] as const));
