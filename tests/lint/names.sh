#!/bin/sh
# names.sh - every global of foo.c begins with foo_, every file name is unique, and an
# object with wider instructions needs nothing from outside
#
# usage: names.sh, with the objects under $TEXTMILL_OUT/lib (default build/lib)
#
# The last one keeps a program alive on older processors: a shared function, compiled
# once with AVX and chosen by the linker for all, would end it by SIGILL.
set -u
out=${TEXTMILL_OUT:-build}
bad=0
fault() {
    echo "$1"
    bad=1
}

for src in $(find lib -name '*.c' | sort); do
    obj=$out/${src%.c}.o
    [ -f "$obj" ] || continue
    name=$(basename "$src" .c)
    for symbol in $(nm -g --defined-only "$obj" | awk 'NF == 3 { print $3 }'); do
        case $symbol in
        "$name" | "$name"_* | __odr_asan* | __gcov*) ;;
        *) fault "$src: the global '$symbol' does not begin with '${name}_'" ;;
        esac
    done
    case $src in
    lib/kernel/ref/*) ;;
    lib/kernel/*/*)
        for symbol in $(nm -u "$obj" | awk '{ print $2 }'); do
            case $symbol in
            _GLOBAL_OFFSET_TABLE_ | memcpy | memset | memmove | __asan* | __ubsan*) ;;
            *) fault "$src: needs '$symbol' from outside its instruction set" ;;
            esac
        done
        ;;
    esac
done

for name in $(find lib tools tests -name '*.[ch]' -exec basename {} \; | sort | uniq -d); do
    fault "$name: a file name used twice: $(find lib tools tests -name "$name" | tr '\n' ' ')"
done
exit $bad
