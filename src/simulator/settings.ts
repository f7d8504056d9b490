import type { Numbers, Values } from '../sample.ts';

/** What does not change on the simulated host; names and values as a Debian kernel gives them. */

export const identity = { hostname: 'demo', kernel: '6.12.43+deb13-amd64' } as const;

export const ksmSettings: Values = {
  advisor_max_cpu: 70,
  advisor_max_pages_to_scan: 30_000,
  advisor_min_pages_to_scan: 500,
  advisor_mode: 'none',
  advisor_target_scan_time: 200,
  max_page_sharing: 256,
  merge_across_nodes: 1,
  pages_to_scan: 1000,
  run: 1,
  sleep_millisecs: 20,
  smart_scan: 1,
  stable_node_chains: 0,
  stable_node_chains_prune_millisecs: 2000,
  stable_node_dups: 0,
  use_zero_pages: 0,
};

export const sysctls: Numbers = {
  'kernel.numa_balancing': 1,
  'vm.dirty_background_bytes': 0,
  'vm.dirty_background_ratio': 10,
  'vm.dirty_bytes': 0,
  'vm.dirty_expire_centisecs': 3000,
  'vm.dirty_ratio': 20,
  'vm.dirty_writeback_centisecs': 500,
  'vm.min_free_kbytes': 90_112,
  'vm.nr_hugepages': 4608,
  'vm.nr_overcommit_hugepages': 0,
  'vm.overcommit_kbytes': 0,
  'vm.overcommit_memory': 0,
  'vm.overcommit_ratio': 50,
  'vm.page-cluster': 3,
  'vm.panic_on_oom': 0,
  'vm.swappiness': 60,
  'vm.vfs_cache_pressure': 100,
  'vm.watermark_boost_factor': 15_000,
  'vm.watermark_scale_factor': 10,
  'vm.zone_reclaim_mode': 0,
};

export const thp: Values = {
  defrag: 'madvise',
  enabled: 'madvise',
  hpage_pmd_size: 2_097_152,
  shmem_enabled: 'never',
  'khugepaged/defrag': 1,
  'khugepaged/full_scans': 412,
  'khugepaged/pages_collapsed': 18_233,
  'khugepaged/pages_to_scan': 4096,
  'khugepaged/scan_sleep_millisecs': 10_000,
};

export const zswap: Values = {
  accept_threshold_percent: 90,
  compressor: 'lzo',
  enabled: 0,
  max_pool_percent: 20,
  shrinker_enabled: 0,
};
