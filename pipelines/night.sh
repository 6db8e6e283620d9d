#!/usr/bin/env bash
# night.sh - a whole night by millrun: tag every line of a folder of logs, plain, packed or in archives, and count
# usage: [UNTIL=06:00] [WORKERS=N] night.sh IN OUT   stopped or killed at any time, the same again goes on
# OUT/logs and OUT/archives are jobs (result.jsonl, report.md); the table of hosts goes to standard output.
set -euo pipefail
in=${1:?usage: night.sh IN OUT} out=${2:?usage: night.sh IN OUT}
options=(${UNTIL:+--until="$UNTIL"} ${WORKERS:+--workers="$WORKERS"})

# Bad records (1) are no reason to stop; what must be done again (75) and all else is.
night() {
    millrun --dir="$out/$1" "${options[@]}" "${@:2}" || [ $? -eq 1 ]
}

night logs -- 'classify -T --utf8=replace --dedup -m sentiment' "$in"/*.log
night archives --arcat='--lines --utf8=replace' -- 'classify --dedup -m sentiment | jq -c "del(.label_all)"' "$in"/*.gz

cat "$out"/*/result.jsonl | jq -rn 'reduce inputs as $r ({}; .[$r | ._src.archive // "plain logs" | sub(".*/"; "")][$r.label] += 1)
    | to_entries[] | [.key, .value.negative // 0, .value.neutral // 0, .value.positive // 0] | @tsv' | sort |
    awk -F '\t' 'BEGIN { printf "%-20s %9s %9s %9s\n", "", "negative", "neutral", "positive" }
                 { printf "%-20s %9s %9s %9s\n", $1, $2, $3, $4 }'
