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

cd "$extension"
if [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund --ignore-scripts --loglevel=error >&2 \
    || { echo "what the extension is built with cannot be installed from the registry" >&2; exit 77; }
fi
npx tsc --noEmit
npm run package -- --out "$work/plimsoll.vsix" > "$work/vsce.log" 2>&1 || { cat "$work/vsce.log" >&2; exit 1; }

cd "$here"
node --test --test-reporter=dot ./*.test.mjs
node inside.mjs "$tools" "$work/plimsoll.vsix" "$program"
node outside.mjs "$tools" "$work/plimsoll.vsix" "$program"
