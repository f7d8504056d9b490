#!/bin/bash
# libvirtd.sh DIR: a libvirtd of the lab's own, with its sockets in DIR/sockets and everything else in memory; nothing of the
# host's libvirt is seen or touched. To be run as the first process of mount and PID namespaces of its own
# (`unshare --mount --pid --fork --mount-proc --kill-child`), so that its end is the end of all its guests.
set -euo pipefail
dir=$1

mount --make-rprivate /
for folder in /etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt /run; do
  mkdir -p "$folder"
  mount -t tmpfs -o mode=755 lab "$folder"
done
mkdir -p /etc/libvirt/qemu /run/libvirt "$dir/sockets"

# Guests migrate between two of these on one host, which libvirt takes for two by their UUIDs.
# As root, without AppArmor, cgroups, or a virtlogd: only QEMU and libvirtd.
cat >/etc/libvirt/qemu.conf <<'CONF'
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
migration_host = "127.0.0.2"
CONF
cat >"$dir/libvirtd.conf" <<CONF
unix_sock_dir = "$dir/sockets"
auth_unix_ro = "none"
auth_unix_rw = "none"
log_outputs = "3:stderr"
host_uuid = "$(cat /proc/sys/kernel/random/uuid)"
CONF

# Not exec: libvirt waits for QEMUs to be gone, and the first process of a namespace must reap them. One that a test has ended
# is started anew once DIR/stopped is gone; its guests live on meanwhile.
while true; do
  libvirtd -f "$dir/libvirtd.conf" -p "$dir/libvirtd.pid" &
  wait $! || true
  [ -e "$dir/stopped" ] || exit 1
  while [ -e "$dir/stopped" ]; do sleep 0.1; done
done
