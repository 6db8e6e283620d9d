#!/usr/bin/env bats
# The scripts of pipelines/ and the pipelines printed in README.md, run on samples/.

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    cd "$BATS_TEST_TMPDIR" || return
    for tool in classify embed; do
        command -v $tool >/dev/null || skip "$tool is not built"
    done
    [[ $BATS_TEST_DESCRIPTION != log-sentiment* ]] || return 0 # which needs no model
    pull -q --check minilm 2>/dev/null || skip 'minilm is not here: textmill pull minilm'
}

@test "log-labels.sh labels every line of plain and gzip logs, and counts them" {
    printf 'Accepted password for alice from 192.0.2.1 port 22 ssh2\n\nFailed password for bob\n' >a.log
    printf 'Out of memory: Killed process 42 (report)\n' | gzip >'b c.log.gz'
    OUT=out.jsonl run "$root/pipelines/log-labels.sh" a.log 'b c.log.gz'
    [ "$status" -eq 0 ]
    [ "$(jq -r '[.file, .text] | @tsv' out.jsonl)" = "$(
        printf 'a.log\tAccepted password for alice from 192.0.2.1 port 22 ssh2\n'
        printf 'a.log\tFailed password for bob\n'
        printf 'b c.log.gz\tOut of memory: Killed process 42 (report)\n'
    )" ]
    [ "$(jq -r .label out.jsonl | tr '\n' ' ')" = 'authentication authentication memory ' ]
    jq -es 'all(.label_score > 0 and .label_score <= 1)' out.jsonl
    [[ $output == *'a.log: 2 lines'*'2  authentication'*'b c.log.gz: 1 lines'*'1  memory'* ]]
}

@test "log-labels.sh on the samples: as many records as lines, most kinds of labels" {
    OUT=out.jsonl "$root/pipelines/log-labels.sh" >counts
    [ "$(wc -l <out.jsonl)" -eq "$(zcat -f "$root"/samples/*.log* | grep -c '[^[:space:]]')" ]
    [ "$(jq -r .label out.jsonl | sort -u | wc -l)" -ge 8 ]
    [ "$(grep -c ' lines$' counts)" -eq "$(find "$root/samples" -name '*.log*' | wc -l)" ]
}

@test "log-labels.sh: a missing file and a missing model end it with a status" {
    OUT=out.jsonl run "$root/pipelines/log-labels.sh" nonesuch.log
    [ "$status" -ne 0 ]
    echo line >a.log
    TEXTMILL_MODELS=/nonesuch OUT=out.jsonl run "$root/pipelines/log-labels.sh" a.log
    [ "$status" -ne 0 ]
    [[ $output == *'textmill pull minilm'* ]]
}

@test "log-sentiment.sh on the samples: all lines tagged, the table sums up, alerts are the negative ones" {
    export TEXTMILL_MODELS=/nonexistent OUT=out.jsonl ALERTS=alerts.jsonl
    "$root/pipelines/log-sentiment.sh" >table
    [ "$(wc -l <out.jsonl)" -eq "$(zcat -f "$root"/samples/*.log* | grep -c '[^[:space:]]')" ]
    jq -es 'all(.[]; .label | IN("negative", "neutral", "positive"))
        and all(.[]; .label_score > 0.33 and .label_score <= 1)
        and (map(.system) | unique | length) == 10 and (map(.label) | unique | length) == 3' out.jsonl
    jq -c 'select(.label == "negative")' out.jsonl | cmp - alerts.jsonl
    awk 'NR > 1 { n = NF; all += $(n - 3); sum += $(n - 2) + $(n - 1) + $n; bad += $(n - 2) }
         END { print all, sum, bad }' table >sums
    [ "$(cat sums)" = "$(wc -l <out.jsonl) $(wc -l <out.jsonl) $(wc -l <alerts.jsonl)" ]
    [[ $(head -n 1 table) == 'system '*'hour '*'lines '*'negative '*'neutral '*positive* ]]
    grep -q '^auth  *2026-11-22T04 ' table
}

@test "log-sentiment.sh: what lines say; a missing file ends it with a status" {
    printf '%s\n' 'Jan  2 03:04:05 h sshd[1]: Failed password for bob' \
        'Jan  2 03:04:06 h app: backup completed successfully' \
        'Jan  2 04:04:06 h app: reading configuration' | gzip >a.log.gz
    TEXTMILL_MODELS=/nonexistent OUT=out.jsonl ALERTS=b.jsonl run "$root/pipelines/log-sentiment.sh" a.log.gz
    [ "$status" -eq 0 ]
    [ "$(jq -r .label out.jsonl | paste -sd' ')" = 'negative positive neutral' ]
    [ "$(jq -r .hour out.jsonl | uniq -c | tr -s ' ')" = "$(printf ' 2 Jan  2 03\n 1 Jan  2 04\n' | tr -s ' ')" ]
    [ "$(wc -l <b.jsonl)" -eq 1 ]
    OUT=out.jsonl run "$root/pipelines/log-sentiment.sh" nonesuch.log
    [ "$status" -ne 0 ]
}

@test "similar-lines.sh finds what is meant, not what is spelled, nearest first" {
    printf '%s\n' 'the cat sat on the mat' 'no space left on device' 'no space left on device' \
        'user alice logged in' 'connection timed out' >a.txt
    TOP=2 run "$root/pipelines/similar-lines.sh" 'the disk is full' a.txt
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 2 ]
    [ "$(echo "${lines[0]}" | cut -f 2)" = 'no space left on device' ]
    echo "$output" | LC_ALL=C sort -c -k1,1gr
}

@test "similar-lines.sh without a query says how it is used" {
    run "$root/pipelines/similar-lines.sh"
    [ "$status" -ne 0 ]
    [[ $output == *usage:* ]]
}

@test "each pipeline of README.md runs as printed" {
    cd "$root"
    awk '/^```sh run/ { on = 1; next } /^```/ { on = 0 } on' README.md >"$BATS_TEST_TMPDIR/all"
    [ "$(grep -c . "$BATS_TEST_TMPDIR/all")" -ge 5 ]
    while IFS= read -r line; do
        echo "$line"
        out=$(bash -o pipefail -c "${line%%  # *}")
        [ -n "$out" ]
    done <"$BATS_TEST_TMPDIR/all"
}

@test "log-sentiment: a night over a corpus from make-corpus.sh, killed and begun again" {
    command -v parallel >/dev/null || skip 'no GNU parallel'
    "$root/pipelines/make-corpus.sh" corpus 12000
    "$root/pipelines/make-corpus.sh" again 12000
    diff -r corpus again
    [ "$(zcat -f corpus/*.log corpus/*.log.gz | wc -l)" -gt 6000 ]
    "$root/pipelines/night.sh" corpus night 2>/dev/null 3>&- &
    pid=$!
    sleep 1
    kill -9 "$(pgrep -P $pid millrun)" || true
    wait $pid || true
    WORKERS=2 "$root/pipelines/night.sh" corpus night >table
    [ "$(cat night/*/result.jsonl | wc -l)" -eq "$(arcat --lines -q corpus/* | wc -l)" ]
    cat corpus/*.log | classify -T --utf8=replace -m sentiment | cmp - night/logs/result.jsonl
    [[ $(cat table) == *'host001.log.gz '*'host003.tar.gz '*'plain logs '* ]]
}
