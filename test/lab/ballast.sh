#!/bin/bash
# ballast.sh MIB: takes so much of the host's RAM, outside its hugepage pools, says `ready MIB`, and gives it back when its
# standard input closes. A file on a tmpfs in a mount namespace of its own, so that nothing of it outlives this process.
set -euo pipefail
[ "${2:-}" = inside ] || exec unshare --mount --propagation private -- "$0" "$1" inside
mount -t tmpfs -o "size=$1m,mode=0700" ballast /mnt
fallocate -l "$1M" /mnt/ballast
echo "ready $1"
cat >/dev/null
