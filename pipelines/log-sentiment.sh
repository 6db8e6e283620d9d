#!/usr/bin/env bash
# log-sentiment.sh - tag log lines as negative, neutral or positive, and count them by hour
# usage: [OUT=tagged.jsonl] [ALERTS=alerts.jsonl] log-sentiment.sh [LOG ...]   plain or gzip, default samples/
# Tagged lines go to OUT, the negative ones to ALERTS too, a table by system and hour to standard output.
set -euo pipefail
here=$(dirname "$(dirname "$(readlink -f "$0")")")
out=${OUT:-tagged.jsonl}
[ $# -gt 0 ] || set -- "$here"/samples/*.log*

# A day and an hour, in the ways of syslog, ISO 8601, web servers and others
day='\d{4}[-/]\d\d[-/]\d\d|[A-Z][a-z]{2} [ \d]\d|\d\d[-/ ][A-Z][a-z]{2}[-/ ]\d{4}'

for log; do
    zcat -f -- "$log" |
        classify -T --utf8=replace --dedup -m sentiment |
        jq -c --arg log "${log##*/}" --arg hour "($day)[ T:]\\d\\d(?=:\\d\\d)" \
            '{system: ($log | sub("\\.log.*"; "")),
              hour: ([.text | match($hour).string][0] // "-")} + .'
done >"$out"

jq -c 'select(.label == "negative")' "$out" >"${ALERTS:-alerts.jsonl}"
jq -rn 'reduce inputs as $r ({}; .[$r.system + "\t" + $r.hour][$r.label] += 1)
    | to_entries[] | .value as {$negative, $neutral, $positive}
    | [.key, (.value | add), $negative, $neutral, $positive] | map(. // 0) | join("\t")' "$out" |
    awk -F '\t' 'BEGIN { form = "%-16s %-14s %7s %9s %8s %9s\n"
                         printf form, "system", "hour", "lines", "negative", "neutral", "positive" }
                 { printf form, $1, $2, $3, $4, $5, $6 }'
