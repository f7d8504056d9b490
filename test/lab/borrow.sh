#!/bin/bash
# borrow.sh KSM HUGEPAGES SWAP: lends a lab the host's page sharing (KSM: 1 or 0), so many hugepages of 2 MiB and a swap
# file of so many MiB; prints `ready`, and puts back what was before when its standard input closes, however the lab
# ended. Several labs can borrow at once: the first keeps what was there before, the last puts it back.
set -euo pipefail
ksm=$1 pages=$2 swap=$3
knobs=/sys/kernel/mm/ksm
pool=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
state=${TMPDIR:-/tmp}/kvmtop-lab-host
# Not in TMPDIR, which may be in memory.
swapfile=/var/tmp/kvmtop-lab-swap-$$
mkdir -p "$state"
# Ctrl-C is for the lab, which then closes our input.
trap '' INT TERM HUP
exec 8>>"$state/turn" 9>>"$state/borrowers"

flock 8
if [ "$ksm" = 1 ]; then
  if flock -n -x 9; then
    # The advisor first: while it is on, pages_to_scan is its own.
    for name in advisor_mode run pages_to_scan sleep_millisecs; do
      [ ! -e $knobs/$name ] || echo "$name $(sed 's/.*\[\(.*\)\].*/\1/' $knobs/$name)"
    done >"$state/before"
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
trouble=
[ "$pages" -eq "$2" ] || trouble="only $pages of $2 hugepages"
if [ "$swap" -gt 0 ]; then
  # Before any other swap that the host has.
  { dd if=/dev/zero of="$swapfile" bs=1M count="$swap" conv=fsync && chmod 600 "$swapfile" && mkswap "$swapfile" &&
    swapon -p 32000 "$swapfile"; } >/dev/null 2>"$state/swap" || trouble="no swap file: $(tail -n 1 "$state/swap")"
fi
echo "${trouble:-ready}"

cat >/dev/null

# Nothing may keep the rest from being given back.
set +e
if [ "$swap" -gt 0 ]; then
  swapoff "$swapfile" 2>/dev/null
  rm -f "$swapfile"
fi
flock 8
if [ "$pages" -gt 0 ]; then
  # A lab may have given some back by itself.
  left=$(($(cat $pool) - pages))
  echo $((left > 0 ? left : 0)) >$pool
fi
if [ "$ksm" = 1 ] && flock -n -x 9; then
  # What was off had nothing merged: unmerge, so that no stale count stays behind.
  if grep -qx 'run 0' "$state/before"; then echo 2 >$knobs/run; fi
  while read -r name value; do echo "$value" >$knobs/$name 2>/dev/null; done <"$state/before"
fi
