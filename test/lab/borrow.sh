#!/bin/bash
# borrow.sh KSM HUGEPAGES: lends a lab the host's page sharing (KSM: 1 or 0) and so many hugepages of 2 MiB; prints
# `ready`, and puts back what was before when its standard input closes, however the lab ended. Several labs can
# borrow at once: the first keeps what was there before, the last puts it back.
set -euo pipefail
ksm=$1 pages=$2
knobs=/sys/kernel/mm/ksm
pool=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
state=${TMPDIR:-/tmp}/kvmtop-lab-host
mkdir -p "$state"
# Ctrl-C is for the lab, which then closes our input.
trap '' INT TERM HUP
exec 8>>"$state/turn" 9>>"$state/borrowers"

flock 8
if [ "$ksm" = 1 ]; then
  if flock -n -x 9; then
    for name in run pages_to_scan sleep_millisecs; do echo "$name $(cat $knobs/$name)"; done >"$state/before"
  fi
  flock -s 9
  # Refused while an advisor sets it: then it is fast enough.
  echo 2000 >$knobs/pages_to_scan 2>/dev/null || true
  echo 20 >$knobs/sleep_millisecs
  echo 1 >$knobs/run
fi
if [ "$pages" -gt 0 ]; then
  before=$(cat $pool)
  echo $((before + pages)) >$pool
  pages=$(($(cat $pool) - before))
fi
flock -u 8
if [ "$pages" -lt "$2" ]; then echo "only $pages of $2 hugepages"; else echo ready; fi

cat >/dev/null

flock 8
if [ "$pages" -gt 0 ]; then echo $(($(cat $pool) - pages)) >$pool; fi
if [ "$ksm" = 1 ] && flock -n -x 9; then
  # What was off had nothing merged: unmerge, so that no stale count stays behind.
  if grep -qx 'run 0' "$state/before"; then echo 2 >$knobs/run; fi
  while read -r name value; do echo "$value" >$knobs/$name 2>/dev/null || true; done <"$state/before"
fi
