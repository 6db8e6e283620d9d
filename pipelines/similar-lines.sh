#!/usr/bin/env bash
# similar-lines.sh - find the lines of logs or notes that mean most nearly what you say
# usage: [TOP=10] similar-lines.sh 'WHAT YOU LOOK FOR' [FILE ...]   plain or gzip, default samples/
# Writes the nearest first: the cosine, then the line; a line that occurs often is shown once.
set -euo pipefail
here=$(dirname "$(dirname "$(readlink -f "$0")")")
query=${1:?usage: similar-lines.sh 'WHAT YOU LOOK FOR' [FILE ...]}
shift
[ $# -gt 0 ] || set -- "$here"/samples/*.log*

{
    printf '%s\n' "$query"
    zcat -f -- "$@" | LC_ALL=C sort -u
} |
    embed -T --utf8=replace |
    jq -rn --argjson top "${TOP:-10}" 'input.embedding as $q
        | [inputs | {text, cosine: ([$q, .embedding] | transpose | map(.[0] * .[1]) | add)}]
        | sort_by(-.cosine)[:$top][] | "\(.cosine * 1000 | round / 1000)\t\(.text)"'
