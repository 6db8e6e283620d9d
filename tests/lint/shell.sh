#!/bin/sh
# shell.sh - shellcheck has nothing to say of any script, and every test can be executed
set -u
bad=0
scripts=$(find .ci tools pipelines tests -type f ! -path '*/corpus/*' \
    \( -name '*.sh' -o -name '*.bats' -o -exec sh -c \
    'IFS= read -r line <"$1" 2>/dev/null && case $line in "#!"*sh) ;; *) false ;; esac' \
    sh {} \; \) -print | sort)
for script in $scripts; do
    case $script in
    tools/* | *.bash) continue ;;
    esac
    [ -x "$script" ] || {
        echo "$script: is not executable"
        bad=1
    }
done
command -v shellcheck >/dev/null || {
    [ $bad -eq 0 ] && echo '1..0 # SKIP shellcheck is not here'
    exit $bad
}
# shellcheck disable=SC2086 # a list of names without spaces
[ -z "$scripts" ] || shellcheck $scripts || bad=1
exit $bad
