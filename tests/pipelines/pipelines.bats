#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031 # each test has variables of its own
# The scripts of pipelines/ and the pipelines printed in README.md, run on samples/.

langs='lid176 pt-en en-pt'

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    cd "$BATS_TEST_TMPDIR" || return
    for tool in classify embed; do
        command -v $tool >/dev/null || skip "$tool is not built"
    done
    case $BATS_TEST_DESCRIPTION in
    log-sentiment*) return 0 ;; # which needs no model
    translate-archive*)
        for model in $langs; do
            pull -q --check "$model" 2>/dev/null || skip "$model is not here: textmill pull $model"
        done
        return 0
        ;;
    esac
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
    for code in 200 204 304 403 404 500; do # told apart by nothing else
        echo "192.0.2.44 - - [22/Nov/2026:05:00:00 +0000] \"GET /mill.html HTTP/1.1\" $code 31 \"-\" \"Reader/1\""
    done >access.log
    OUT=out.jsonl ALERTS=b.jsonl "$root/pipelines/log-sentiment.sh" access.log
    [ "$(jq -r .label out.jsonl | uniq -c | tr -s ' ' | paste -sd,)" = ' 3 neutral, 3 negative' ]
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

@test "translate-archive.sh: what is foreign is translated, the rest kept, and counted" {
    printf 'A impressora está avariada e o disco está cheio.\n' >a.txt
    printf 'The printer is on fire, please help us.\n' >b.txt
    printf 'Der Drucker brennt, bitte helfen Sie uns sofort.\n' >c.txt
    printf 'text,n\n"O servidor <b>não</b> responde.",1\n12 34,2\n' >t.csv
    printf 'name,n\nnobody,1\n' >u.csv
    tar -czf 'x y.tgz' a.txt b.txt c.txt t.csv u.csv
    OUT=out.jsonl run "$root/pipelines/translate-archive.sh" 'x y.tgz'
    [ "$status" -eq 0 ]
    [ "$(jq -r '._src.member' out.jsonl | paste -sd' ')" = 'a.txt b.txt c.txt t.csv t.csv u.csv' ]
    [ "$(jq -r '.lang // "-"' out.jsonl | paste -sd' ')" = 'pt en de pt - -' ]
    [ "$(jq -r 'select(.translation) | ._src.member' out.jsonl | paste -sd' ')" = 'a.txt t.csv' ]
    [[ $(jq -r .translation out.jsonl | head -n 1) == *[Pp]rinter*disk*full* ]]
    [[ $(jq -r .translation out.jsonl) == *'<b>'*'</b>'* ]]
    printf '%s\n' "$output" | tail -n 5 | tr -s ' ' >table
    [ "$(cat table)" = 'language records translated kept
- 2 0 2
pt 2 2 0
de 1 0 1 no model de-en
en 1 0 1' ]
    TO=pt OUT=out.jsonl run "$root/pipelines/translate-archive.sh" --lines b.txt
    [ "$(printf '%s\n' "$output" | tail -n 1 | tr -s ' ')" = 'en 1 1 0' ]
}

@test "translate-archive.sh: a missing file and a missing model end it with a status, nothing is left behind" {
    mkdir tmp
    export OUT=out.jsonl TMPDIR=$PWD/tmp
    run "$root/pipelines/translate-archive.sh" nonesuch.tar
    [ "$status" -ne 0 ]
    run "$root/pipelines/translate-archive.sh"
    [ "$status" -ne 0 ]
    [[ $output == *usage:* ]]
    echo line >a.txt
    TEXTMILL_MODELS=/nonesuch run "$root/pipelines/translate-archive.sh" a.txt
    [ "$status" -ne 0 ]
    [[ $output == *'textmill pull lid176'* ]]
    [ ! -e out.jsonl ] && rmdir tmp
}

@test "nightly-summary.sh: a line for each document, a paragraph for each folder" {
    mkdir -p 'docs/a b' docs/c
    printf 'The server was moved. All users were told.\n' >'docs/a b/one.txt'
    printf 'The budget was approved. Two people will be hired.\n' | gzip >'docs/a b/two.txt.gz'
    printf 'The printer is broken.\n' >docs/c/x.txt
    printf 'hidden\n' >docs/.hidden
    EXTRACT=1 OUT=out.jsonl "$root/pipelines/nightly-summary.sh" docs >digest
    [ "$(jq -r ._src.archive out.jsonl | paste -sd,)" = 'a b/one.txt,a b/two.txt.gz,c/x.txt' ]
    jq -es 'all(.summary as $s | .text | contains($s))' out.jsonl
    [ "$(grep -c '^# ' digest)" = 2 ]
    [ "$(grep -c '^- \*\*' digest)" = 3 ]
    grep -qF -- '- **c/x.txt**: The printer is broken.' digest
    pull -q --check smollm2 2>/dev/null || skip 'smollm2 is not here: textmill pull smollm2'
    OUT=words.jsonl "$root/pipelines/nightly-summary.sh" docs >digest
    [ "$(jq -s 'map(select(.summary | length > 0)) | length' words.jsonl)" = 3 ]
}

# Every line of the blocks of README.md that begin with ```sh and this word
as_printed() {
    cd "$root" || return
    awk -v word="$1" '$1 == "```sh" && $2 == word { on = 1; next } /^```/ { on = 0 } on' README.md >"$BATS_TEST_TMPDIR/all"
    while IFS= read -r line; do
        echo "$line"
        out=$(bash -o pipefail -c "${line%%  # *}")
        [ -n "$out" ]
    done <"$BATS_TEST_TMPDIR/all"
}

@test "translate-archive.sh and translate: each pipeline of README.md runs as printed" {
    as_printed translate
    [ "$(grep -c . "$BATS_TEST_TMPDIR/all")" -ge 2 ]
}

@test "nightly-summary.sh and generate: each pipeline of README.md runs as printed" {
    pull -q --check smollm2 2>/dev/null || skip 'smollm2 is not here: textmill pull smollm2'
    as_printed words
    [ "$(grep -c . "$BATS_TEST_TMPDIR/all")" -ge 2 ]
}

@test "each pipeline of README.md runs as printed" {
    as_printed run
    [ "$(grep -c . "$BATS_TEST_TMPDIR/all")" -ge 5 ]
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
