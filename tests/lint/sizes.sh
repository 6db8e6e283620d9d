#!/bin/sh
# sizes.sh - C: 88 columns, functions of 60 lines, files of 600; Makefile: 200 lines
set -u
bad=0
files=$(find lib tools tests -name '*.[ch]' | sort)
# Columns are characters, not bytes.
# shellcheck disable=SC2086 # a list of names without spaces
if [ -n "$files" ] && LC_ALL=C.UTF-8 grep -nE '^.{89}' /dev/null $files; then
    echo "the lines above have more than 88 columns"
    bad=1
fi
# shellcheck disable=SC2086
[ -z "$files" ] || awk '
    FNR == 1 { start = 0 }
    FNR == 601 { print FILENAME ": more than 600 lines"; bad = 1 }
    /^{/ { start = FNR }
    /^}/ {
        if (start && FNR - start - 1 > 60) {
            print FILENAME ":" start ": a function of " FNR - start - 1 " lines"
            bad = 1
        }
        start = 0
    }
    END { exit bad }' $files || bad=1
if [ -f Makefile ] && [ "$(wc -l <Makefile)" -gt 200 ]; then
    echo "Makefile: more than 200 lines"
    bad=1
fi
exit $bad
