#!/bin/bash
# get-neovim.sh SUITE
# Puts the Neovim of a Debian suite (trixie, forky) below tests/.tools, which git ignores, and prints its path.
# Does nothing if it is there already. Where it cannot be had, the last line on standard error says why, and the
# status is 77: the test that wants it is then skipped.
set -euo pipefail
suite=$1
here=$(cd "$(dirname "$0")" && pwd)
dir=$here/../.tools/neovim/$suite
nvim=$dir/unpacked/usr/bin/nvim
unavailable() { echo "$1" >&2; exit 77; }

# Two tests that start at once install it once.
mkdir -p "$dir"
exec 9> "$dir/lock"
flock 9

if [ ! -e "$dir/ready" ]; then
  [ "$(uname -sm)" = "Linux x86_64" ] || unavailable "Neovim is unpacked from Debian's packages for x86_64 only"
  command -v apt-get > /dev/null || unavailable "there is no apt-get to find Debian's packages with"
  if ! command -v patchelf > /dev/null; then
    { apt-get -qq update && apt-get -qq -y install patchelf; } >&2 || unavailable "patchelf cannot be installed"
  fi
  rm -rf "$dir/unpacked" "$dir/apt"
  PATCH="usr/bin/nvim" bash "$here/debroot.sh" "$suite" "$dir" neovim >&2 \
    || unavailable "the packages of Debian $suite cannot be fetched"
  [ -x "$nvim" ] || unavailable "the package of Debian $suite holds no nvim"
  touch "$dir/ready"
fi
realpath "$nvim"
