#!/bin/bash
# debroot.sh SUITE DIR PKG...
# Resolve, download and unpack packages of ANOTHER Debian suite into DIR/unpacked. No chroot, no root rights,
# nothing installed on the host, the host's apt state is untouched. Then patch the named ELF programs so they run in place.
#   PATCH="usr/bin/nvim usr/lib/hx/hx"  (relative to DIR/unpacked; programs to patch)  PATCHLIB="usr/lib/.../libX.so" (libs that carry their own RUNPATH)
set -euo pipefail
suite=$1; mkdir -p "$2"; dir=$(realpath "$2"); shift 2
mkdir -p "$dir"/apt/{lists/partial,cache/archives/partial,etc/empty.d} "$dir/unpacked"
: > "$dir/apt/status"
mirror=$(apt-get indextargets --format "\$(REPO_URI)" "Created-By: Packages" | grep -v security | sort -u | head -n 1)   # the mirror that this machine already uses
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$dir/apt/etc/sources.list"
cat > "$dir/apt/apt.conf" <<C
Dir::Etc "$dir/apt/etc"; Dir::Etc::sourcelist "$dir/apt/etc/sources.list";
Dir::Etc::sourceparts "empty.d"; Dir::Etc::preferencesparts "empty.d"; Dir::Etc::parts "empty.d";
Dir::State "$dir/apt"; Dir::State::status "$dir/apt/status"; Dir::State::lists "$dir/apt/lists"; Dir::Cache "$dir/apt/cache";
APT::Install-Recommends "false"; APT::Architecture "amd64"; APT::Sandbox::User ""; Acquire::Languages "none";
Acquire::Check-Valid-Until "false"; Acquire::Check-Date "false"; Debug::NoLocking "true";
C
export APT_CONFIG="$dir/apt/apt.conf"
apt-get -qq update
apt-get -qq -y --download-only --no-install-recommends install "$@"
for d in "$dir"/apt/cache/archives/*.deb; do dpkg-deb -x "$d" "$dir/unpacked"; done
L=$dir/unpacked/usr/lib/x86_64-linux-gnu
for p in ${PATCH:-};    do patchelf --set-interpreter "$L/ld-linux-x86-64.so.2" --force-rpath --set-rpath "$L" "$dir/unpacked/$p"; done
for p in ${PATCHLIB:-}; do patchelf --force-rpath --set-rpath "$L" "$dir/unpacked/$p"; done
rm -rf "$dir/apt"
