#!/bin/bash
# image.sh [DIR]: makes the guests' `kernel` and `initrd`, and the `host-modules` of the KVM host (kvmhost/), in DIR (default
# .lab/image), unless they are there and made from the same recipe. Needs the packages of install.sh and Debian's package lists.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=${1:-$here/../../.lab/image}

recipe=$(cat "$here/image.sh" "$here/init" | sha256sum | cut -d ' ' -f 1)
if [ "$(cat "$dir/recipe" 2>/dev/null)" = "$recipe" ] && [ -s "$dir/kernel" ] && [ -s "$dir/initrd" ] &&
  [ -d "$dir/host-modules" ]; then exit 0; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The signed ones end so; `-unsigned`, `-dbg` and the meta-packages do not match.
newest() {
  apt-cache search --names-only '^linux-image-[0-9]+\.[0-9]+\.[0-9]+.*-cloud-amd64$' | cut -d ' ' -f 1 | sort -V | tail -n 1
}
package=$(newest)
[ -n "$package" ] || { apt-get update -qq && package=$(newest); }
[ -n "$package" ] || { echo 'image.sh: no linux-image-*-cloud-amd64 in the package lists' >&2; exit 1; }
echo "lab: image from $package"

# apt checks the download against the signed lists.
download() { (cd "$work" && apt-get download -qq "$package" 2>"$work/errors"); }
download || { apt-get update -qq && download; } || { cat "$work/errors" >&2; exit 1; }
dpkg -x "$work"/*.deb "$work/package"

# A bzImage unpacks itself, a second of emulated time in every guest: unpack it here, QEMU boots the ELF by PVH.
bzimage=$(echo "$work"/package/boot/vmlinuz-*)
start=$(LC_ALL=C grep -abo -m 1 -P '\x28\xb5\x2f\xfd' "$bzimage" | head -n 1 | cut -d : -f 1 || true)
if [ -n "$start" ]; then tail -c "+$((start + 1))" "$bzimage" | zstd -dcq >"$work/kernel" 2>/dev/null || true; fi
if [ "$(head -c 4 "$work/kernel" 2>/dev/null)" != $'\x7fELF' ]; then cp "$bzimage" "$work/kernel"; fi

root=$work/root
mkdir -p "$root"/{bin,proc,sys,dev,mem}
cp /bin/busybox "$root/bin/"
install -m 755 "$here/init" "$root/init"
# 1 MiB in which no two places look alike: the guests' fill is made of it.
{ seq 1 200000 || true; } | head -c 1048576 >"$root/seed"
# take FOLDER MODULE…, in the order of loading; what is built into the kernel, or not made for it, is left out.
take() {
  local folder=$1 number=10 module file
  shift
  mkdir -p "$folder"
  for module in "$@"; do
    file=$(find "$work/package" -name "$module.ko*" -print -quit)
    number=$((number + 1))
    case $file in
      *.xz) xz -dc "$file" >"$folder/$number-$module.ko" ;;
      *.ko) cp "$file" "$folder/$number-$module.ko" ;;
    esac
  done
}
virtio=(virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci)
take "$root/modules" "${virtio[@]}" virtio_balloon virtio_mem
take "$work/host-modules" "${virtio[@]}" virtio_console irqbypass ccp kvm kvm-amd
for module in "$root"/modules/*virtio_balloon.ko "$work"/host-modules/*kvm-amd.ko; do [ -s "$module" ]; done
# Not compressed: unpacking costs the guests more than reading.
(cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet) >"$work/initrd"

mkdir -p "$dir"
# First the recipe: what it tells of is not there any more.
rm -rf "$dir/recipe" "$dir/host-modules"
for file in kernel initrd host-modules; do mv -f "$work/$file" "$dir/$file"; done
echo "$recipe" >"$dir/recipe"
