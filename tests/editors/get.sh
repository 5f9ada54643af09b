#!/bin/bash
# get.sh neovim-trixie | neovim-forky | helix | emacs | tmux
# Puts a program below tests/.tools, which git ignores, and prints its path. Does nothing if it is there already. Where
# it cannot be had, the last line on standard error says why, and the status is 77: the test that wants it is then
# skipped.
set -euo pipefail
what=$1
here=$(cd "$(dirname "$0")" && pwd)
unavailable() { echo "$1" >&2; exit 77; }

case $what in
  # The floor, which does not move any more, and the present.
  neovim-trixie) suite=trixie package=neovim program=usr/bin/nvim ;;
  neovim-forky) suite=forky package=neovim program=usr/bin/nvim ;;
  helix) suite=forky package=hx program=usr/lib/hx/hx ;;
  emacs) suite=trixie package="emacs-nox elpa-lsp-mode" program=usr/bin/emacs-nox ;;
  tmux)
    command -v tmux && exit
    suite=trixie package=tmux program=usr/bin/tmux
    ;;
  *) echo "there is no $what" >&2; exit 2 ;;
esac

# Two tests that start at once install it once.
mkdir -p "$here/../.tools/$what"
dir=$(cd "$here/../.tools/$what" && pwd)
exec 9> "$dir/lock"
flock 9

# What was unpacked for another place does not start, and what this script does may have changed.
made="$dir $(cksum < "$0")"
if [ "$(cat "$dir/ready" 2> /dev/null)" != "$made" ]; then
  [ "$(uname -sm)" = "Linux x86_64" ] || unavailable "$what is unpacked from Debian's packages for x86_64 only"
  command -v apt-get > /dev/null || unavailable "there is no apt-get to find Debian's packages with"
  if ! command -v patchelf > /dev/null; then
    { apt-get -qq update && apt-get -qq -y install patchelf; } >&2 || unavailable "patchelf cannot be installed"
  fi
  rm -rf "$dir/unpacked" "$dir/apt"
  # shellcheck disable=SC2086
  PATCH=$program bash "$here/debroot.sh" "$suite" "$dir" $package >&2 \
    || unavailable "the packages of Debian $suite cannot be fetched"
  [ -x "$dir/unpacked/$program" ] || unavailable "the packages of Debian $suite hold no $program"
  if [ "$what" = emacs ]; then
    # It looks for its own files where it was built for.
    cat > "$dir/emacs" <<'SH'
#!/bin/sh
unpacked=$(cd "$(dirname "$0")" && pwd)/unpacked/usr
shared=$(echo "$unpacked"/share/emacs/[0-9]*)
EMACSPATH=$(echo "$unpacked"/libexec/emacs/*/*)
EMACSNATIVELOADPATH=$(echo "$unpacked"/lib/emacs/*/native-lisp)
# Packages that are installed beside it are where it finds them.
EMACSLOADPATH=$(find "$shared/lisp" "$unpacked"/share/emacs/site-lisp/elpa-src -type d ! -name obsolete | sort | paste -sd:)
EMACSDATA=$shared/etc EMACSDOC=$shared/etc
export EMACSPATH EMACSNATIVELOADPATH EMACSLOADPATH EMACSDATA EMACSDOC
# There is no compiler beside it that makes native code.
exec "$unpacked/bin/emacs-nox" --dump-file="$(echo "$EMACSPATH"/*.pdmp)" \
  --eval '(setq native-comp-enable-subr-trampolines nil native-comp-jit-compilation nil)' "$@"
SH
    chmod +x "$dir/emacs"
  fi
  rm -rf "$dir/unpacked/usr/share/doc"
  echo "$made" > "$dir/ready"
fi
if [ "$what" = emacs ]; then echo "$dir/emacs"; else echo "$dir/unpacked/$program"; fi
