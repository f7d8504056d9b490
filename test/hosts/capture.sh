#!/bin/sh
# Captures the files that kvmtop reads of a host into test/hosts/NAME, for the tests: `capture.sh NAME`.
# Files that can't be read are left out, as they are on a host that lacks them. The hostname becomes NAME; of processes those
# are captured that hold a virtual machine of KVM, or are called as QEMU is: look through their command lines.
set -eu

case ${1-} in
  '' | -* | */*) echo "usage: $0 NAME (a new folder beside this script)" >&2; exit 2 ;;
esac
tree=$(dirname "$0")/$1
[ ! -e "$tree" ] || { echo "$0: $tree exists: remove it first, or take another name" >&2; exit 1; }

settings='admin_reserve_kbytes compaction_proactiveness dirty_background_bytes dirty_background_ratio dirty_bytes
dirty_expire_centisecs dirty_ratio dirty_writeback_centisecs hugetlb_optimize_vmemmap lowmem_reserve_ratio max_map_count
min_free_kbytes min_slab_ratio min_unmapped_ratio nr_hugepages nr_overcommit_hugepages oom_kill_allocating_task
overcommit_kbytes overcommit_memory overcommit_ratio page-cluster panic_on_oom swappiness unprivileged_userfaultfd
user_reserve_kbytes vfs_cache_pressure watermark_boost_factor watermark_scale_factor zone_reclaim_mode'

{
  for name in meminfo vmstat zoneinfo spl/kstat/zfs/arcstats swaps stat loadavg uptime; do echo "/proc/$name"; done
  for name in memory cpu io; do echo "/proc/pressure/$name"; done
  for name in $settings; do echo "/proc/sys/vm/$name"; done
  for name in hostname osrelease numa_balancing; do echo "/proc/sys/kernel/$name"; done
  for file in \
    /sys/kernel/mm/ksm/* \
    /sys/kernel/mm/hugepages/hugepages-*/* \
    /sys/kernel/mm/transparent_hugepage/* \
    /sys/kernel/mm/transparent_hugepage/khugepaged/* \
    /sys/devices/system/node/node[0-9]*/meminfo \
    /sys/devices/system/node/node[0-9]*/hugepages/hugepages-*/* \
    /sys/module/zswap/parameters/* \
    /sys/module/kvm*/parameters/* \
    /sys/kernel/debug/kvm/*/pages_* \
    /sys/kernel/debug/kvm/*/pf_* \
    /sys/kernel/debug/kvm/*/remote_tlb_flush \
    /sys/block/zram*/mm_stat; do echo "$file"; done
} | while read -r file; do
  [ -f "$file" ] || continue
  mkdir -p "$tree$(dirname "$file")"
  cat "$file" > "$tree$file" 2>/dev/null || rm -f "$tree$file"
done
echo "$1" > "$tree/proc/sys/kernel/hostname"
# All processors tell the same.
sed '/^$/q' /proc/cpuinfo > "$tree/proc/cpuinfo"

for process in /proc/[0-9]*; do
  exe=$(readlink "$process/exe") || continue
  vm=
  for descriptor in "$process"/fd/*; do
    [ "$(readlink "$descriptor")" != anon_inode:kvm-vm ] || vm=$descriptor
  done
  case ${exe##*/} in qemu-system-* | qemu-kvm | kvm) ;; *) [ -n "$vm" ] || continue ;; esac
  mkdir -p "$tree$process/fd"
  ln -s "$exe" "$tree$process/exe"
  [ -z "$vm" ] || ln -s anon_inode:kvm-vm "$tree$vm"
  for name in cmdline stat status ksm_stat ksm_merging_pages; do
    cat "$process/$name" > "$tree$process/$name" 2>/dev/null || rm -f "$tree$process/$name"
  done
done
echo "$tree: $(find "$tree" -type f | wc -l) files"
