#!/bin/bash
# run.sh PROGRAM
# Builds and packages the extension of editors/vscode, and tests it in a real VS Code with the given plimsoll.
# PLIMSOLL_TEST_ONLY=WORDS runs only the tests inside of the editor whose names hold the words.
# Status 77: what it needs cannot be had; the last line on standard error says why.
set -euo pipefail
program=$(realpath "${1:?which plimsoll}")
here=$(cd "$(dirname "$0")" && pwd)
extension=$here/../../../editors/vscode

tools=$(bash "$here/../get-vscode.sh" | tail -n 1)
export PATH=$tools/node/bin:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -f "$extension"/plimsoll-*.vsix

# The commands that the README gives to whoever builds the extension.
steps=$(sed -n '/^## VS Code$/,/^## /p' "$here/../../../editors/README.md" | sed -n '/^```sh$/,/^```$/{//!p}')
(cd "$here/../../.." && bash -euc "$steps") > "$work/package.log" 2>&1 || {
  cat "$work/package.log" >&2
  grep -qE 'ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT' "$work/package.log" || exit 1
  echo "what the extension is built with cannot be installed from the registry" >&2
  exit 77
}
vsix=$(ls "$extension"/plimsoll-*.vsix)
(cd "$extension" && npx tsc --noEmit)

cd "$here"
node --test --test-reporter=dot ./*.test.mjs
node inside.mjs "$tools" "$vsix" "$program"
node outside.mjs "$tools" "$vsix" "$program"
