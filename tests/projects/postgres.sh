#!/bin/bash
# Does a real PostgreSQL accept this SQL? Starts a server of its own, runs each file, and prints the indexes that are
# there at the end, one `table index` a line.
#
#   tests/projects/postgres.sh [tx:FILE | no:FILE]…   `tx:` in one transaction, `no:` statement by statement
#
#   0 accepted; 1 not, with the server's words; 77 no server can be had
#
# The server is the one on this machine, else it is unpacked from Debian's packages below tests/.tools. It refuses to
# run as root, so that it runs as `nobody` then.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
unavailable() { echo "skipped: $1" >&2; exit 77; }

programs() {
  for folder in $(dirname "$(command -v initdb 2>/dev/null || echo /none/initdb)") /usr/lib/postgresql/*/bin; do
    if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && command -v psql >/dev/null; then
      echo "$folder"
      return
    fi
  done
  [ "$(uname -sm)" = "Linux x86_64" ] || unavailable "PostgreSQL is unpacked from Debian's packages for x86_64 only"
  command -v apt-get >/dev/null || unavailable "there is no apt-get to find Debian's packages with"
  command -v patchelf >/dev/null || { apt-get -qq update && apt-get -qq -y install patchelf; } >&2 ||
    unavailable "patchelf cannot be installed"
  local dir=$here/../.tools/postgres bin=usr/lib/postgresql/17/bin
  mkdir -p "$dir"
  exec 9>"$dir/lock"
  flock 9
  if [ ! -e "$dir/ready" ]; then
    rm -rf "$dir/unpacked" "$dir/apt"
    PATCH="$bin/initdb $bin/postgres $bin/psql" bash "$here/../editors/debroot.sh" trixie "$dir" postgresql-17 >&2 ||
      unavailable "the packages of Debian trixie cannot be fetched"
    touch "$dir/ready"
  fi
  realpath "$dir/unpacked/$bin"
}

bin=$(programs)
psql=$bin/psql
[ -x "$psql" ] || psql=$(command -v psql)
data=$(mktemp -d)
server=
cleanup() {
  [ -z "$server" ] || { kill -INT "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
  rm -rf "$data"
}
trap cleanup EXIT

as_user=()
if [ "$(id -u)" = 0 ]; then
  command -v setpriv >/dev/null || unavailable "there is no setpriv to give up root's rights with"
  chown nobody "$data"
  as_user=(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups)
fi
"${as_user[@]}" "$bin/initdb" -D "$data/db" -U postgres -A trust --no-sync -E UTF8 --locale=C >"$data/log" 2>&1 ||
  { cat "$data/log" >&2; exit 1; }
"${as_user[@]}" "$bin/postgres" -D "$data/db" -k "$data" -c listen_addresses= -c fsync=off >>"$data/log" 2>&1 &
server=$!
query() { "$psql" -h "$data" -U postgres -X -q -v ON_ERROR_STOP=1 "$@"; }
for _ in $(seq 100); do
  query -c 'select 1' >/dev/null 2>&1 && break
  sleep 0.1
done

for argument in "$@"; do
  file=${argument#*:}
  case $argument in
    tx:*) query --single-transaction -f - <"$file" >/dev/null ;;
    no:*) query -f - <"$file" >/dev/null ;;
  esac || { echo "not accepted: $file" >&2; exit 1; }
done
query -At -F ' ' -c "select tablename, indexname from pg_indexes where schemaname not like 'pg_%' order by 1, 2"
