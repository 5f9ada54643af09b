#!/bin/sh
# Does the TypeScript compiler accept this folder against the real drizzle-orm? Packages are installed once below
# tests/.tools.
#
#   tests/projects/drizzle.sh DIR     0 accepted; 1 not, with its first error; 77 the npm registry cannot be reached
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../.tools/drizzle
mkdir -p "$tools"
tools=$(cd "$tools" && pwd)
packages='drizzle-orm@0.44.7 drizzle-kit@0.31.5 typescript@5.9.3 pg@8.16.3 @types/pg@8.15.5 @types/node@24.9.1 better-sqlite3@12.4.1 @types/better-sqlite3@7.6.13'
name=$(printf '%s' "$packages" | cksum | cut -d' ' -f1)
installed=$tools/$name
if [ ! -d "$installed" ]; then
  scratch=$(mktemp -d "$tools/.new-XXXXXX")
  trap 'rm -rf "$scratch"' EXIT
  echo '{ "private": true }' >"$scratch/package.json"
  # shellcheck disable=SC2086
  if ! (cd "$scratch" && npm install --ignore-scripts --no-audit --no-fund $packages) >"$scratch/log" 2>&1; then
    grep -qE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|E5[0-9][0-9]|network' "$scratch/log" && {
      echo 'skipped: the npm registry cannot be reached' >&2
      exit 77
    }
    cat "$scratch/log" >&2
    exit 1
  fi
  mv "$scratch" "$installed" 2>/dev/null || [ -d "$installed" ]
  trap - EXIT
fi
ln -sfn "$installed/node_modules" "$1/node_modules"
cat >"$1/tsconfig.json" <<'JSON'
{ "compilerOptions": { "strict": true, "noEmit": true, "skipLibCheck": true, "target": "es2022", "module": "esnext",
  "moduleResolution": "bundler", "types": ["node"] }, "include": ["**/*.ts"] }
JSON
status=0
said=$(cd "$1" && node "$installed/node_modules/typescript/bin/tsc" --pretty false 2>&1) || status=1
rm -f "$1/node_modules" "$1/tsconfig.json"
[ "$status" -eq 0 ] || { printf '%s\n' "$said" | head -5 >&2; exit 1; }
