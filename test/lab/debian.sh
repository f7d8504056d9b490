#!/bin/bash
# debian.sh [DIR]: a Debian of its own in DIR (default .lab/debian), of the release that this host is, with systemd and as little else
# as can be: no Node, no npm. What packages are installed in. Made once; needs root and debootstrap (install.sh).
set -euo pipefail
dir=${1:-$(cd "$(dirname "$0")/../.." && pwd)/.lab/debian}
[ ! -d "$dir" ] || exit 0
. /etc/os-release
mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' | awk -v release="$VERSION_CODENAME" '$1 == release { print $2; exit }')
echo "lab: a Debian $VERSION_CODENAME from $mirror"
mkdir -p "$(dirname "$dir")"
work=$(mktemp -d "$dir.XXXXXX")
trap 'rm -rf "$work"' EXIT
debootstrap --variant=minbase --include=systemd-sysv "$VERSION_CODENAME" "$work" "$mirror" >"$work.log" || { cat "$work.log" >&2; exit 1; }
rm -rf "$work.log" "$work"/var/cache/apt/archives/*.deb
chmod 755 "$work"
mv "$work" "$dir"
