#!/bin/sh
# textmill.sh - the dispatcher: finds the suite's programs relative to itself and runs them
set -u
self=$(readlink -f -- "$0") || exit 1
dir=${self%/*}
exec_path=$dir/@LIBEXEC@
man_path=$dir/@MAN@

# What goes out goes through cat, which says why it cannot.
put() {
    cat
    rc=$?
    [ $rc -eq 0 ] || [ $rc -gt 128 ] || exit 5
    return $rc
}

usage() {
    cat <<'TEXT'
usage: textmill [option] [command [argument ...]]
run one command of the suite, or list them all

  -h, --help        show this text
  -V, --version     show the version
      --exec-path   show the folder of the commands, for those who want it on PATH
TEXT
}

# Each command's own second line of help: nothing here can go out of date.
list() {
    echo 'usage: textmill COMMAND [argument ...]; textmill help COMMAND shows its manual'
    echo
    for program in "$exec_path"/*; do
        name=${program##*/}
        if [ "$name" = textmill ] || [ ! -f "$program" ] || [ ! -x "$program" ]; then
            continue
        fi
        "$program" --help | {
            read -r _ && read -r what && printf '  %-10s  %s\n' "$name" "$what"
        }
    done
}

# The manual page by file, so that it is found wherever the suite was put.
manual() {
    for page in "$man_path"/man?/textmill-"$1".? "$man_path"/man1/"$1".1; do
        if [ -f "$page" ]; then
            if command -v man >/dev/null; then
                exec man -l "$page"
            elif command -v mandoc >/dev/null; then
                exec mandoc -a "$page"
            fi
            put <"$page"
            exit
        fi
    done
    echo "textmill: no manual page for '$1'" >&2
    exit 2
}

[ $# -gt 0 ] || set -- help
cmd=$1
shift
case $cmd in
-h | --help) usage | put ;;
-V | --version) echo 'textmill @VERSION@' | put ;;
--exec-path)
    path=$(cd "$exec_path" && pwd -P) || exit 1
    echo "$path" | put
    ;;
help)
    [ $# -eq 0 ] || manual "$1"
    list | put
    ;;
-* | */* | '' | textmill)
    echo "textmill: no command '$cmd'; textmill alone lists them" >&2
    exit 2
    ;;
*)
    if [ ! -x "$exec_path/$cmd" ]; then
        echo "textmill: no command '$cmd'; textmill alone lists them" >&2
        exit 2
    fi
    exec "$exec_path/$cmd" "$@"
    ;;
esac
