#!/usr/bin/env bash
# translate-archive.sh - translate what is foreign in archives, mails, pages and files, keep the rest, and count
# usage: [TO=en] [SURE=0.3] [OUT=translated.jsonl] translate-archive.sh FILE ...   what arcat reads, and its options
# All records go to OUT, in their order, with `lang`; those in another language than TO get a `translation` where there are
# models (textmill pull pt-en), the others stay as they are. A table by language goes to standard output.
# A language that detect is less sure of than SURE counts as unknown (-).
set -euo pipefail
to=${TO:-en}
out=${OUT:-translated.jsonl}
: "${1:?usage: [TO=en] [OUT=translated.jsonl] translate-archive.sh FILE ...}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Records without a text are kept as well; status 1 says that there were some.
some() {
    "$@" --on-error=keep || [ $? -eq 1 ]
}

arcat "$@" | some detect -f --min-score="${SURE:-0.3}" >"$work/now"

# One language after the other, the others' records pass through.
jq -r --arg to "$to" '.lang // empty | select(. != $to and test("^[a-z_-]+$"))' "$work/now" | sort -u >"$work/foreign"
while IFS= read -r lang; do
    status=0
    translate --from "$lang" --to "$to" --dry-run </dev/null >/dev/null 2>"$work/why" || status=$?
    [ $status -ne 4 ] || continue # no model
    [ $status -eq 0 ] || { cat "$work/why" >&2 && exit $status; }
    some translate --from "$lang" --to "$to" -f --markup --where=".lang == \"$lang\"" "$work/now" >"$work/next"
    mv "$work/next" "$work/now"
done <"$work/foreign"
mv "$work/now" "$out"

jq -rn --arg to "$to" 'reduce inputs as $r ({}; .[$r.lang // "-"] |= (.all += 1
        | if $r.lang != null and $r.lang != $to and ($r | has("translation")) then .done += 1 else . end))
    | to_entries | sort_by(-.value.all, .key)[]
    | [.key, .value.all, .value.done // 0, .value.all - (.value.done // 0),
       if .key == $to or .key == "-" or .value.done then "" else "no model \(.key)-\($to)" end] | @tsv' "$out" |
    awk -F '\t' 'BEGIN { printf "%-8s %8s %11s %6s\n", "language", "records", "translated", "kept" }
                 { line = sprintf("%-8s %8d %11d %6d  %s", $1, $2, $3, $4, $5); sub(/ +$/, "", line); print line }'
