#!/bin/bash
# Puts a Python that runs components below tests/.tools, and prints its path. The status is 77 where it cannot be had.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
unavailable() { echo "$1" >&2; exit 77; }

mkdir -p "$here/../../.tools/wasmtime"
dir=$(cd "$here/../../.tools/wasmtime" && pwd)
exec 9> "$dir/lock"
flock 9
if [ "$(cat "$dir/ready" 2> /dev/null)" != "$dir" ]; then
  if ! python3 -c 'import ensurepip' 2> /dev/null; then
    command -v apt-get > /dev/null || unavailable "there is no Python with venv"
    { apt-get -qq update && apt-get -qq -y install python3-venv; } >&2 || unavailable "python3-venv cannot be installed"
  fi
  rm -rf "$dir/python"
  python3 -m venv "$dir/python" >&2
  "$dir/python/bin/pip" install --quiet --disable-pip-version-check wasmtime==50.0.1 >&2 \
    || unavailable "Python's wasmtime cannot be fetched"
  echo "$dir" > "$dir/ready"
fi
echo "$dir/python/bin/python"
