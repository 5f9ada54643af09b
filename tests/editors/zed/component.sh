#!/bin/bash
# Builds the component of Zed's extension, and prints its path. What was built of the same sources is not built again:
# the first time takes minutes. The status is 77 where what it needs cannot be had.
#
# Zed builds extensions with Rust from rustup, which brings the linkers. The standard library for WebAssembly is rustup's
# where it has one, else it is unpacked from Debian's packages, with the compiler that it belongs to.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
unavailable() { echo "$1" >&2; exit 77; }

extension=$(cd "$here/../../../editors/zed" && pwd)
mkdir -p "$here/../../.tools/zed"
dir=$(cd "$here/../../.tools/zed" && pwd)
exec 9> "$dir/lock"
flock 9

hash=$(cd "$extension" && find Cargo.toml Cargo.lock src -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-32)
component=$dir/$hash.wasm
if [ -e "$component" ]; then
  echo "$component"
  exit
fi

sysroot=$(cd "$extension" && rustc --print sysroot)
host=$(rustc -vV | sed -n 's/host: //p')
linkers=$sysroot/lib/rustlib/$host/bin
for linker in wasm-component-ld gcc-ld/wasm-ld; do
  [ -x "$linkers/$linker" ] || unavailable "this Rust is not rustup's: it has no $linker to link a component with"
done
rustc=rustc
if [ ! -d "$sysroot/lib/rustlib/wasm32-wasip2" ]; then
  [ "$(uname -sm)" = "Linux x86_64" ] || unavailable "this Rust has no library for wasm32-wasip2"
  command -v apt-get > /dev/null || unavailable "this Rust has no library for wasm32-wasip2, and there is no apt-get"
  if ! command -v patchelf > /dev/null; then
    { apt-get -qq update && apt-get -qq -y install patchelf; } >&2 || unavailable "patchelf cannot be installed"
  fi
  rm -rf "$dir/unpacked" "$dir/apt"
  PATCH=usr/bin/rustc bash "$here/../debroot.sh" forky "$dir" rustc libstd-rust-dev-wasm32 >&2 \
    || unavailable "the packages of Debian forky cannot be fetched"
  libraries=$dir/unpacked/usr/lib/x86_64-linux-gnu
  find "$libraries" -type f \( -name 'libLLVM.so.*' -o -name 'librustc_driver-*.so' \) \
    -exec patchelf --force-rpath --set-rpath "$libraries" {} +
  # A compiler of C and its library come along; nobody needs them.
  rm -rf "$dir/unpacked/usr/share" "$dir/unpacked/usr/libexec" "$dir/unpacked/usr/lib/gcc"
  find "$libraries" -name '*.a' -delete
  rustc=$dir/unpacked/usr/bin/rustc
fi

target=$dir/target-wasm
log=$dir/log
if ! (cd "$extension" && PATH=$linkers:$linkers/gcc-ld:$PATH RUSTC=$rustc CARGO_TARGET_DIR=$target \
  cargo build --quiet --locked --release --target wasm32-wasip2) > "$log" 2>&1; then
  cat "$log" >&2
  if grep -qiE 'could not resolve host|failed to download|spurious network error|network failure' "$log"; then
    unavailable "the registry of crates cannot be reached"
  fi
  exit 1
fi
cp "$target/wasm32-wasip2/release/plimsoll_zed.wasm" "$component.new"
mv "$component.new" "$component"
# The compiler is larger than all else, and is needed seldom.
rm -rf "$target" "$dir/unpacked" "$dir/ready"
echo "$component"
