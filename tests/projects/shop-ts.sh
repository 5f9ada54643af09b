#!/bin/sh
# Is this copy of fixtures/projects/shop-ts still a sound program? Generates the Prisma client,
# type-checks the sources and validates the schema.
#
#   tests/projects/shop-ts.sh DIR                  0 sound; 1 not, with one line that says why;
#                                                  2 bad usage; 77 the npm registry cannot be reached
#   tests/projects/shop-ts.sh --node-modules DIR   prints the folder of the installed packages
#
# Packages are installed once per lock file, clients generated once per schema, both below
# tests/.tools. DIR itself keeps nothing: its link to the packages goes when the check ends.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../.tools/shop-ts

fail() {
    echo "shop-ts: $1" >&2
    exit "${2:-1}"
}

only_packages=false
if [ "${1:-}" = --node-modules ]; then
    only_packages=true
    shift
fi
[ $# -eq 1 ] || fail "usage: shop-ts.sh [--node-modules] DIR" 2
[ -f "$1/package-lock.json" ] && [ -f "$1/prisma/schema.prisma" ] || fail "$1 is no copy of shop-ts" 2
dir=$(cd "$1" && pwd)

hash_of() {
    if command -v sha256sum >/dev/null 2>&1; then sha256sum "$@"; else shasum -a 256 "$@"; fi |
        cut -c1-64 | tr -d '\n'
}

scratch=
linked=
cleanup() {
    [ -z "$scratch" ] || rm -rf "$scratch"
    [ -z "$linked" ] || rm -f "$linked"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

mkdir -p "$tools"
tools=$(cd "$tools" && pwd)
scratch=$(mktemp -d "$tools/.new-XXXXXX")
log=$scratch/log

# Says the first line of the log that names an error, then ends.
fail_from_log() {
    line=$(grep -v '^npm warn' "$log" | grep -m1 -iE "$2" || grep -v '^npm warn' "$log" | grep -m1 . || echo 'no output')
    more=$(grep -cE "$2" "$log" || true)
    [ "$more" -gt 1 ] && line="$line (1 of $more)"
    fail "$1: $line"
}

installed=$tools/$(hash_of "$dir/package-lock.json")
if [ ! -d "$installed" ]; then
    mkdir "$scratch/installed"
    cp "$dir/package.json" "$dir/package-lock.json" "$scratch/installed"
    if ! (cd "$scratch/installed" && npm ci --ignore-scripts --no-audit --no-fund) >"$log" 2>&1; then
        if grep -qE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|E5[0-9][0-9]|ENOTCACHED|network' "$log"; then
            fail 'skipped: the npm registry cannot be reached' 77
        fi
        fail_from_log 'npm ci' 'npm error'
    fi
    # Of two that install at once, the second one finds the folder there and drops its own.
    mv "$scratch/installed" "$installed" 2>/dev/null || [ -d "$installed" ] || fail "cannot write $installed"
fi

if $only_packages; then
    echo "$installed/node_modules"
    exit 0
fi

export PRISMA_SCHEMA_ENGINE_BINARY=/bin/true PRISMA_QUERY_ENGINE_LIBRARY=/bin/true
export PRISMA_HIDE_UPDATE_MESSAGE=1 CHECKPOINT_DISABLE=1
export DATABASE_URL="${DATABASE_URL:-postgresql://shop@localhost/shop}"

node "$here/validate-prisma.mjs" "$installed/node_modules" "$dir/prisma/schema.prisma" >"$log" 2>&1 ||
    fail_from_log 'schema.prisma' 'error'

# The generated client lies inside node_modules, so each schema has a copy of its own (of links).
generated=$installed-$(hash_of "$dir/prisma/schema.prisma" | cut -c1-16)
if [ ! -d "$generated" ]; then
    mkdir "$scratch/generated"
    cp -Rl "$installed/node_modules" "$scratch/generated/node_modules" 2>/dev/null ||
        cp -R "$installed/node_modules" "$scratch/generated/node_modules"
    cp "$dir/package.json" "$scratch/generated"
    cp -R "$dir/prisma" "$scratch/generated/prisma"
    (cd "$scratch/generated" && node node_modules/prisma/build/index.js generate) >"$log" 2>&1 ||
        fail_from_log 'prisma generate' 'error'
    mv "$scratch/generated" "$generated" 2>/dev/null || [ -d "$generated" ] || fail "cannot write $generated"
fi

[ -L "$dir/node_modules" ] && rm -f "$dir/node_modules"
[ ! -e "$dir/node_modules" ] || fail "$dir/node_modules is there already; remove it first" 2
ln -s "$generated/node_modules" "$dir/node_modules"
linked=$dir/node_modules

(cd "$dir" && node "$generated/node_modules/typescript/bin/tsc" --noEmit --pretty false) >"$log" 2>&1 ||
    fail_from_log 'tsc' 'error TS'
