#!/bin/bash
# Installs what the lab's guests and the tests in a real terminal need. Quick when all is there; needs root otherwise.
set -euo pipefail

packages=(
  qemu-system-x86 busybox-static cpio zstd xz-utils # the guests and their image
  e2fsprogs                                         # the disk of the KVM host
  libvirt-daemon-system libvirt-clients             # libvirtd and virsh
  util-linux procps                                 # setpriv, flock, free
  systemd-container                                 # systemd-nspawn, for the services
  chromium fonts-dejavu-core                        # reports as their readers see them
  zsh fish                                          # completion
  rpm lintian debootstrap                           # packages, and a Debian to install them in
  binutils binutils-aarch64-linux-gnu               # Node without its symbols, for both architectures
  tmux htop btop atop gcc libc6-dev                 # looking by hand, and what the benchmark compares with
)

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

export DEBIAN_FRONTEND=noninteractive
install=(apt-get install -y -qq --no-install-recommends "${missing[@]}")
echo "lab: installing ${missing[*]}"
# Old package lists name files that are gone from the mirror: fetch new ones only then.
"${install[@]}" </dev/null || { apt-get update -qq && "${install[@]}" </dev/null; }
