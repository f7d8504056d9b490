#!/bin/bash
# cell.sh MIB SWAP: a memory cgroup of so many MiB, out of which the kernel swaps (SWAP 1) or does not (0). Prints
# `ready FOLDER`; when its standard input closes, what is left in the cgroup is killed, and the cgroup is removed.
set -euo pipefail
size=$1 swap=$2
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  cell=/sys/fs/cgroup/kvmtop-lab-$$
  echo +memory >/sys/fs/cgroup/cgroup.subtree_control
  limit=memory.max
else
  cell=/sys/fs/cgroup/memory/kvmtop-lab-$$
  limit=memory.limit_in_bytes
fi
trap '' INT TERM HUP
mkdir "$cell"
echo "${size}M" >"$cell/$limit"
if [ "$swap" = 0 ]; then
  [ ! -e "$cell/memory.swap.max" ] || echo 0 >"$cell/memory.swap.max"
  [ ! -e "$cell/memory.swappiness" ] || echo 0 >"$cell/memory.swappiness"
fi
echo "ready $cell"

cat >/dev/null

set +e
# A process is gone from it a moment after it was killed.
until rmdir "$cell" 2>/dev/null; do
  while read -r pid; do kill -KILL "$pid" 2>/dev/null; done <"$cell/cgroup.procs"
  sleep 0.1
done
