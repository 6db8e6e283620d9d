#!/usr/bin/env bash
# make-head.sh - the log-sentiment head, and how good it is on systems that it has not seen
# usage: make-head.sh LOGS.JSONL OUT      LOGS.JSONL as draw.py takes it
# OUT gets all.jsonl, what is learned from, and log-sentiment.head; then the lines of
# systems that were left out, with what was said of them: test.jsonl, three of them left
# out at once, and each.jsonl, each of them in turn.
set -euo pipefail
logs=$(readlink -f "$1")
mkdir -p "$2"
out=$(readlink -f "$2")
cd "$(dirname "$(readlink -f "$0")")"

# label FILE: the records' label by system and number
label() {
    jq -nc --rawfile file "$1" '
        (reduce ($file | splits("\n") | select(. != "") / "\t") as [$system, $n, $its]
            ({}; .[$system + " " + $n] = $its)) as $of
        | inputs | .label = $of["\(.system) \(.n)"]'
}

fit() { train -q --kind=words --balance --C=3 "$@"; }

# leave-out SYSTEM ...: learn from all others, say what their lines are; auth, cron and
# kernel are programs that Linux has too
leave-out() {
    local linux=()
    [[ " $* " != *" Linux "* ]] || linux=(auth cron kernel)
    jq -c 'select(.system | IN($ARGS.positional[]) | not)' "$out/all.jsonl" \
        --args "$@" "${linux[@]}" | fit --save="$out/others.head"
    jq -c 'select(.system | IN($ARGS.positional[]))' "$out/all.jsonl" --args "$@" |
        classify -m "$out/others.head" -o said
    rm "$out/others.head"
}

{
    ./draw.py lines "$logs" | label labels.tsv | jq -c '.even = true'
    ./draw.py rare "$logs" | label rare.tsv
    ./draw.py samples ../../../samples/*.log* | label samples.tsv
    jq -cR '. / "\t" | {system: "written", label: .[0], text: .[1]}' written.tsv
} >"$out/all.jsonl"

fit --save="$out/log-sentiment.head" "$out/all.jsonl"
leave-out Linux OpenStack Zookeeper >"$out/test.jsonl"
for system in $(cut -f 1 labels.tsv | uniq); do
    leave-out "$system"
done >"$out/each.jsonl"

# report FILE: an even draw of lines; then a line of each form, also of the rare ones
report() {
    jq -c 'select(.even)' "$1" | evaluate -t label --pred=said
    echo '... a line of each form:'
    jq -sc 'def form: gsub("\\S*\\d\\S*"; " ") | [scan("[A-Za-z]{3,}")];
            unique_by([.system, (.text | form)])[]' "$1" |
        evaluate -t label --pred=said --json | jq -c '{records, accuracy, macro_f1}'
}
echo 'Linux, OpenStack and Zookeeper left out:'
report "$out/test.jsonl"
echo
echo 'Each system left out in turn:'
report "$out/each.jsonl"
for system in $(cut -f 1 labels.tsv | uniq); do
    jq -c "select(.even and .system == \"$system\")" "$out/each.jsonl" |
        evaluate -t label --pred=said --json |
        jq -c "[\"$system\", .accuracy, .macro_f1]"
done
