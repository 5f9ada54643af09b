#!/bin/sh
# Does this copy of fixtures/projects/shop-rs still compile, migrations included?
#
#   tests/projects/shop-rs.sh DIR   0 it does; 1 it does not, with one line that says why;
#                                   2 bad usage; 77 the registry of crates cannot be reached
#
# All copies share one target folder below tests/.tools, so that dependencies are built once.
set -eu

here=$(cd "$(dirname "$0")" && pwd)

fail() {
    echo "shop-rs: $1" >&2
    exit "${2:-1}"
}

[ $# -eq 1 ] || fail "usage: shop-rs.sh DIR" 2
[ -f "$1/Cargo.lock" ] && [ -d "$1/migrations" ] || fail "$1 is no copy of shop-rs" 2

mkdir -p "$here/../.tools/shop-rs"
target=$(cd "$here/../.tools/shop-rs" && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM

cd "$1"
if CARGO_TARGET_DIR=$target cargo check --quiet --locked --color never --message-format short >"$log" 2>&1; then
    exit 0
fi
if grep -qiE 'could not resolve host|couldn.t resolve host|failed to download|spurious network error|network failure|failed to (connect|fetch)' "$log"; then
    fail 'skipped: the registry of crates cannot be reached' 77
fi
line=$(grep -m1 -E '(^|: )error' "$log" || grep -m1 . "$log" || echo 'no output')
more=$(grep -cE ': error' "$log" || true)
[ "$more" -gt 1 ] && line="$line (1 of $more)"
fail "cargo check: $line"
