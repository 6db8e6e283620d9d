#!/usr/bin/env bats
# millrun: jobs over a corpus. What they survive is in tests/fault.
# shellcheck disable=SC2016 # commands are for the shards' bash

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    PATH=$PWD/${TEXTMILL_OUT:-build}/bin:$PATH
    command -v parallel >/dev/null || skip "no GNU parallel"
    dir=$BATS_TEST_TMPDIR
    cat samples/auth.log samples/postgres.log samples/web-error.log >"$dir/a.log"
    cp samples/kernel.log "$dir/b.log"
    label='classify -T -m log-sentiment'
}

# job COMMAND [ARG...]: over both logs, in small shards
job() {
    millrun -q --dir="$dir/out" --block=16K --workers=2 "${@:2}" -- "$1" "$dir/a.log" "$dir/b.log"
}

@test "the result is that of one plain pipe; _SUCCESS and report.md say what was done" {
    run -0 job "$label | jq -c 'select(.label != \"neutral\")'"
    $label "$dir/a.log" "$dir/b.log" | jq -c 'select(.label != "neutral")' | cmp - "$dir/out/result.jsonl"
    n=$(cat "$dir"/[ab].log | wc -l)
    jq -e --argjson n "$n" '.exit == 0 and .lines_in == $n and .tools[0].done == $n and .shards > 8
        and .made_by[0].model.name == "log-sentiment" and (.result_sha256 | length) == 64' "$dir/out/_SUCCESS"
    [ "$(jq -r .result_sha256 "$dir/out/_SUCCESS")" = "$(sha256sum <"$dir/out/result.jsonl" | cut -d' ' -f1)" ]
    grep -q "^$n lines in" "$dir/out/report.md"
    [ ! -e "$dir/out/shards" ]
    [ ! -e "$dir/out/errors.jsonl" ]
    find "$dir/out" -name '.*' -type f | run ! grep .
}
@test "shards are cut at newlines and cover every byte; the manifest has their hashes" {
    job cat --keep
    jq -r 'select(.from != null) | [.input, .from, .to, .sha256] | @tsv' "$dir/out/manifest.jsonl" |
        while read -r input from to sha; do
            file=$dir/a.log
            [ "$input" = 0 ] || file=$dir/b.log
            tail -c +$((from + 1)) "$file" | head -c $((to - from)) >"$dir/part"
            [ "$(sha256sum <"$dir/part" | cut -d' ' -f1)" = "$sha" ]
            [ "$(tail -c 1 "$dir/part" | od -An -c | tr -d ' ')" = '\n' ]
        done
    cat "$dir/a.log" "$dir/b.log" | cmp - "$dir/out/result.jsonl"
    [ -e "$dir/out/shards/000000.out" ]
}
@test "a line longer than a shard is one; the last line needs no end" {
    { printf 'a\n'; head -c 100000 /dev/zero | tr '\0' x; printf '\nb\n\nc'; } >"$dir/in"
    millrun -q --dir="$dir/o" --block=10 -- cat "$dir/in"
    { cat "$dir/in"; echo; } | cmp - "$dir/o/result.jsonl"
    : >"$dir/none"
    millrun -q --dir="$dir/o2" -- cat "$dir/none"
    [ -e "$dir/o2/_SUCCESS" ]
    [ ! -s "$dir/o2/result.jsonl" ]
}
@test "run again, a job that is done is done; another one is refused" {
    job "$label"
    touch -r "$dir/out/result.jsonl" "$dir/then"
    job "$label"
    [ ! "$dir/out/result.jsonl" -nt "$dir/then" ]
    run -2 job "$label --max-line=100"
    [[ $output == *"another command"* ]]
    run -2 job "$label" --block=8K
    run -2 job "$label" --arcat=--lines
    run -3 millrun -q --dir="$dir/out" -- "$label" "$dir/a.log"
    run -3 millrun -q --dir="$dir/out" -- "$label" "$dir/b.log" "$dir/a.log"
    echo more >>"$dir/b.log"
    run -3 job "$label"
    [[ $output == *"b.log' is not what it was"* ]]
}
@test "an input that was touched and has its bytes is the same; one with others is not" {
    job "$label"
    touch "$dir/a.log"
    job "$label"
    before=$(stat -c %y "$dir/a.log")
    sed -i 's/sshd/sshx/' "$dir/a.log"
    touch -d "$before" "$dir/a.log"
    run -3 job "$label"
}
@test "another model under the same name is refused with 4" {
    mkdir -p "$dir/models"
    cp models/log-sentiment.head "$dir/models/mine.head"
    export TEXTMILL_MODELS=$dir/models
    job "classify -T -m mine"
    cp models/review-sentiment.head "$dir/models/mine.head"
    run -4 job "classify -T -m mine"
    cp models/log-sentiment.head "$dir/models/mine.head"
    printf ' ' >>"$dir/models/mine.head"
    run ! job "classify -T -m mine"
}
@test "a command that cannot work is told before anything is read" {
    run -2 job 'classify --nope'
    run -4 job 'classify -T -m nope/'
    run -2 job 'no-such-program-here'
    run -2 job 'cat | ('
    run -2 job 'cat | exit 9'
    run -3 millrun -q --dir="$dir/o" -- cat "$dir/nope"
    run -3 millrun -q --dir="$dir/o" -- cat "$dir"
    run -2 millrun -- cat "$dir/a.log"
    run -2 millrun --dir="$dir/o" -- cat
    run -2 millrun --dir="$dir/o" --until=25:00 -- cat "$dir/a.log"
    run -2 millrun --dir="$dir/o" --hosts="$dir/none" -- cat "$dir/a.log"
    [ ! -e "$dir/o/_SUCCESS" ]
    [ ! -e "$dir/out/manifest.jsonl" ]
}
@test "bad records: 1, and errors.jsonl names them by input, shard and line, in order" {
    awk 'NR % 50 == 7 { print "\xff bad" } { print }' "$dir/a.log" >"$dir/bad.log"
    run -1 millrun -q --dir="$dir/o" --block=16K --workers=2 -- "$label" "$dir/bad.log"
    n=$(LC_ALL=C grep -ac '^. bad$' "$dir/bad.log")
    jq -se --argjson n "$n" 'length == $n and all(.tool == "classify" and .code == "utf8")' "$dir/o/errors.jsonl"
    jq -r '[.from, .line, .raw_b64] | @tsv' "$dir/o/errors.jsonl" | while read -r from line raw; do
        tail -c +$((from + 1)) "$dir/bad.log" | sed -n "${line}p" | cmp - <(base64 -d <<<"$raw"; echo)
    done
    grep -q "| classify | utf8 | $n |" "$dir/o/report.md"
    run -1 millrun -q --dir="$dir/o" --workers=1 -- "$label" "$dir/bad.log"
    run -1 millrun -q --dir="$dir/o1" --workers=1 --block=16K -- "$label" "$dir/bad.log"
    cmp "$dir/o/errors.jsonl" "$dir/o1/errors.jsonl"
}
@test "a pipe that loses records by itself is not believed" {
    cat >"$dir/lossy" <<'X'
#!/bin/bash
# says that it did all lines, and swallows one
n=0
while IFS= read -r l; do n=$((n + 1)); [ $n = 5 ] || echo "$l"; done
echo "{\"tool\":\"lossy\",\"version\":\"1\",\"exit\":0,\"in\":$n,\"blank\":0,\"done\":$n,\"passed\":0,\"kept\":0,\"rejected\":0,\"out\":$n,\"errors\":{}}" >>"$TEXTMILL_REPORT"
X
    chmod +x "$dir/lossy"
    run -3 millrun -q --dir="$dir/o" --max-poison=0 -- "$dir/lossy" "$dir/b.log"
    [[ $output == *"records were lost"* ]]
    [ ! -e "$dir/o/_SUCCESS" ]
    sed -i 's/"in\\":$n/"in\\":1/' "$dir/lossy"
    run -3 millrun -q --dir="$dir/o3" --max-poison=0 -- "$dir/lossy" "$dir/b.log"
    [[ $output == *"lossy lost records"* ]]
}
@test "archives are read by arcat, with its own rejects; --arcat reads all by it" {
    mkdir "$dir/t"
    cp samples/*.log "$dir/t"
    tar -C "$dir/t" -czf "$dir/logs.tgz" .
    printf '\xff\n' >"$dir/t/bad.log"
    (cd "$dir/t" && python3 -m zipfile -c "$dir/logs.zip" ./*.log)
    run -1 millrun -q --dir="$dir/o" --arcat=--lines -- 'classify -m log-sentiment' \
        "$dir/logs.tgz" "$dir/logs.zip" "$dir/a.log"
    arcat --lines "$dir/logs.tgz" "$dir/logs.zip" "$dir/a.log" 2>/dev/null |
        classify -m log-sentiment | cmp - "$dir/o/result.jsonl"
    jq -e '.tool == "arcat" and .member == "bad.log" and .code == "utf8"' "$dir/o/errors.jsonl"
    grep -q '^| arcat |' "$dir/o/report.md"
    # a large one is dealt out, and every record is there once
    run -1 millrun -q --dir="$dir/o2" --block=500 --arcat=--lines -- 'classify -m log-sentiment' "$dir/logs.zip"
    [ "$(jq .shards "$dir/o2/_SUCCESS")" -gt 1 ]
    arcat --lines "$dir/logs.zip" 2>/dev/null | classify -m log-sentiment | sort |
        cmp - <(sort "$dir/o2/result.jsonl")
}
@test "a record that brings the command down is put aside; the rest is done" {
    awk '{ print } NR == 99 { print "KILL me" } NR == 333 { print "KILL me too" }' "$dir/a.log" >"$dir/in"
    cat >"$dir/frail" <<'X'
#!/bin/bash
while IFS= read -r l; do [[ $l == *KILL* ]] && kill -SEGV $$; printf '%s\n' "$l"; done
X
    chmod +x "$dir/frail"
    run -1 millrun -q --dir="$dir/o" --block=16K --workers=2 -- "$label | $dir/frail" "$dir/in"
    printf 'KILL me\nKILL me too\n' | cmp - "$dir/o/quarantine.jsonl"
    $label "$dir/a.log" | cmp - "$dir/o/result.jsonl"
    jq -se 'length == 2 and all(.code == "poison" and .tool == "millrun")' "$dir/o/errors.jsonl"
    jq -e '.poison == 2 and .exit == 1' "$dir/o/_SUCCESS"
    run -3 millrun -q --dir="$dir/o1" --block=16K --max-poison=0 -- "$label | $dir/frail" "$dir/in"
    [[ $output == *"more than 0 records"* ]]
}
@test "--until, SIGTERM and SIGINT: 75, and run again it is as if nothing had been" {
    slow='while IFS= read -r l; do sleep 0.005; printf "%s\n" "$l"; done'
    for how in TERM INT HUP; do
        rm -rf "$dir/out"
        env --default-signal=INT,HUP,TERM millrun -q --dir="$dir/out" --block=8K --workers=2 -- \
            "$slow" "$dir/a.log" 3>&- &
        pid=$!
        for _ in $(seq 100); do [ -e "$dir/out/shards/000001.json" ] && break; sleep 0.1; done
        kill -$how $pid
        wait $pid || status=$?
        [ $status = 75 ]
        [ ! -e "$dir/out/_SUCCESS" ]
        [ ! -e "$dir/out/result.jsonl" ]
    done
    run -0 millrun -q --dir="$dir/out" --workers=4 -- "$slow" "$dir/a.log"
    cmp "$dir/a.log" "$dir/out/result.jsonl"
}
@test "--until ends the night" {
    run -75 millrun -q --dir="$dir/out" --until="$(date -d '+1 minute' +%H:%M)" -- \
        'sleep 100; cat' "$dir/a.log"
}
@test "two at once: the second says who holds it, exit 75" {
    millrun -q --dir="$dir/out" -- 'sleep 3 | cat' "$dir/a.log" 3>&- &
    pid=$!
    for _ in $(seq 50); do [ -s "$dir/out/lock" ] && break; sleep 0.1; done
    run -75 millrun -q --dir="$dir/out" -- 'sleep 3 | cat' "$dir/a.log"
    [[ $output == *"process $pid on $(hostname) since"* ]]
    wait $pid
    [ -e "$dir/out/_SUCCESS" ]
}
@test "SIGUSR1: one JSON line; progress is a line when stderr is no terminal" {
    millrun --dir="$dir/out" --block=16K -- 'sleep 0.5; cat' "$dir/a.log" 2>"$dir/err" 3>&- &
    pid=$!
    for _ in $(seq 50); do [ -e "$dir/out/shards/000000.json" ] && break; sleep 0.1; done
    kill -USR1 $pid
    wait $pid
    jq -e '.tool == "millrun" and .shards > 4 and .done >= 1' "$dir/err"
}
