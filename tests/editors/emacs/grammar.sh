#!/bin/bash
# Builds the grammar of TypeScript for Emacs, from the sources that the server is built of, and prints the path of the
# library. The status is 77 where there is no compiler of C.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$here/../../.tools/grammar"
dir=$(cd "$here/../../.tools/grammar" && pwd)
exec 9> "$dir/lock"
flock 9
library=$dir/libtree-sitter-typescript.so
if [ ! -e "$library" ]; then
  command -v cc > /dev/null || { echo "there is no compiler of C for Emacs's grammar of TypeScript" >&2; exit 77; }
  host=$(rustc -vV | sed -n 's/host: //p')
  packages=$(cd "$here" && cargo metadata --format-version 1 --locked --filter-platform "$host")
  manifest=$(tr '"' '\n' <<< "$packages" | sed -n '\,/tree-sitter-typescript-[0-9.]*/Cargo.toml$,p' | sort -u)
  sources=$(dirname "$manifest")/typescript/src
  cc -shared -fPIC -O1 -I "$sources" -o "$library.new" "$sources/parser.c" "$sources/scanner.c" >&2
  mv "$library.new" "$library"
fi
echo "$library"
