#!/bin/sh
# headers.sh - every header compiles alone, twice over, with gcc and clang, and its first
# words say what it is
#
# A *_list.h is read many times with another macro each time: it is looked at, not compiled.
set -u
bad=0
unit=$(mktemp) || exit 1
trap 'rm -f "$unit"' EXIT
for header in $(find lib tests -name '*.h' | sort); do
    case $header in
    lib/*) path=${header#lib/} ;;
    *) path=$header ;;
    esac
    case $(sed -n '1,2p' "$header" | tr '\n' ' ') in
    "/* "*"${header##*/} - "[!\ ]*) ;;
    *)
        echo "$header: does not begin with a comment '${header##*/} - what it is'"
        bad=1
        ;;
    esac
    case $header in *_list.h) continue ;; esac
    printf '#include "%s"\n#include "%s"\ntypedef int unit_is_not_empty;\n' \
        "$path" "$path" >"$unit"
    for cc in gcc clang; do
        command -v $cc >/dev/null || continue
        if ! $cc -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -Ilib -I. \
            -fsyntax-only -x c "$unit"; then
            echo "$header: does not compile alone with $cc"
            bad=1
        fi
    done
done
exit $bad
