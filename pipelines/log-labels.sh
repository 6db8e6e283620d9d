#!/usr/bin/env bash
# log-labels.sh - give every line of log files a label, and count the labels of each file
# usage: [OUT=labels.jsonl] [LABELS=FILE] log-labels.sh [LOG ...]   plain or gzip, default samples/
# Labelled lines go to OUT as JSON lines, the counts to standard output.
set -euo pipefail
here=$(dirname "$(dirname "$(readlink -f "$0")")")
labels=${LABELS:-$here/samples/log-labels.txt}
[ $# -gt 0 ] || set -- "$here"/samples/*.log*

for log; do
    zcat -f -- "$log" |
        classify -T --utf8=replace --dedup -L "$labels" |
        jq -c --arg file "${log##*/}" '{file: $file} + .'
done |
    tee "${OUT:-labels.jsonl}" |
    jq -rn 'reduce inputs as $r ({}; .[$r.file][$r.label // "none"] += 1)
        | to_entries[] | "\(.key): \(.value | add) lines",
            (.value | to_entries | sort_by(-.value)[] | "\(.value)\t\(.key)")' |
    awk -F '\t' 'NF == 2 { printf "%8d  %s\n", $1, $2; next } 1'
