#!/usr/bin/env bats
# Jobs of millrun that are killed, starved and lied to: run again, the result is that of an
# undisturbed run, and until then nothing says 0. `make fault` kills 2,000 times.
# shellcheck disable=SC2016,SC2015

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    PATH=$PWD/${TEXTMILL_OUT:-build}/bin:$PATH
    command -v parallel >/dev/null || skip "no GNU parallel"
    dir=$BATS_TEST_TMPDIR
    # ten shards or so
    export block
    logs=(samples/auth.log samples/postgres.log samples/web-error.log)
    if [ -n "${FAULT:-}" ]; then
        cat "${logs[@]}" >"$dir/in"
        block=8K
    else
        head -q -n 120 "${logs[@]}" >"$dir/in"
        block=4K
    fi
    label='classify -T -m log-sentiment'
    $label "$dir/in" >"$dir/want"
}

# What a job is; `start` is for behind us: $! is the driver then.
job() {
    millrun -q --dir="$dir/o" --block="$block" --workers=2 -- "${command:-$label}" "$dir/in"
}
start() {
    exec millrun -q --dir="$dir/o" --block="$block" --workers=2 -- "${command:-$label}" "$dir/in" 3>&-
}
complete() {
    cmp "$dir/want" "$dir/o/result.jsonl" && [ -e "$dir/o/_SUCCESS" ] && [ ! -e "$dir/o/quarantine.jsonl" ]
}
# wait_for FILE: until it is there
wait_for() {
    for _ in $(seq 300); do [ -e "$1" ] && return; sleep 0.05; done
    return 1
}
# Processes of this job: the driver's, the workers', parallel's.
workers() {
    pgrep -f "^[^ ]*millrun --worker --job=[0-9a-f]* .*--dir=$dir/o" || true
}
placers() {
    pgrep -f "perl .*parallel --plain .*--dir='$dir/o'" || true
}
slow='awk "{ system(\"sleep 0.01\"); print }" | '

@test "driver, workers and parallel killed -9 at random, again and again" {
    kills=0
    target=${FAULT:+2000}
    while [ $kills -lt "${target:-12}" ]; do
        rm -rf "$dir/o"
        while :; do
            start 2>>"$dir/err" & pid=$!
            while kill -0 $pid 2>/dev/null; do
                sleep 0.$((RANDOM % 6))$((RANDOM % 10))
                case $((RANDOM % 3)) in
                0) victim=$pid ;;
                1) victim=$(workers | shuf -n 1) ;;
                2) victim=$(placers | shuf -n 1) ;;
                esac
                if [ -n "$victim" ] && kill -9 "$victim" 2>/dev/null; then kills=$((kills + 1)); fi
            done
            s=0
            wait $pid || s=$?
            [ $s != 0 ] || break
            [ ! -e "$dir/o/_SUCCESS" ] || [ $s = 137 ]
        done
        complete
    done
    echo "# $kills kills" >&3
}
@test "a worker killed in the middle of a line: not a byte of it is left" {
    command="${slow}$label" start 2>/dev/null & pid=$!
    wait_for "$dir/o/shards/000000.json"
    for _ in 1 2 3; do
        workers | xargs -r kill -9
        sleep 0.3
    done
    wait $pid
    complete
}
@test "parallel hung up (SIGHUP, which it answers with 0): the job goes on" {
    command="${slow}$label" start & pid=$!
    wait_for "$dir/o/shards/000001.json"
    placers | xargs -r kill -HUP
    s=0
    wait $pid || s=$?
    [ $s = 0 ] || [ ! -e "$dir/o/_SUCCESS" ]
    command="${slow}$label" job
    complete
}
@test "the driver killed: its workers stop by themselves, a second driver goes on beside them" {
    command="${slow}$label" start & pid=$!
    wait_for "$dir/o/shards/000001.json"
    kill -9 $pid
    run millrun -q --dir="$dir/o" --workers=2 -- "${slow}$label" "$dir/in"
    [ "$status" = 0 ]
    complete
    for _ in $(seq 50); do [ -z "$(workers)" ] && break; sleep 0.1; done
    [ -z "$(workers)" ]
}
@test "parallel's TMPDIR is full, its standard output is: nothing of ours goes there" {
    unshare -rm true 2>/dev/null || skip "no mounts here"
    mkdir "$dir/tmp"
    TMPDIR=$dir/tmp unshare -rm bash -c 'mount -t tmpfs -o size=4k none "$TMPDIR" && head -c 8192 /dev/zero >"$TMPDIR/x"
        exec millrun -q --dir="$0" --block=$block --workers=2 -- "$1" "$2"' "$dir/o" "$label" "$dir/in" >/dev/full
    complete
}
@test "more than 100 failures (parallel says 101) are counted by ourselves" {
    { yes KILL | head -105; seq 20; } 2>/dev/null >"$dir/frail.in"
    frail="while IFS= read -r l; do [ \"\$l\" != KILL ] || kill -SEGV \$\$; printf '%s\n' \"\$l\"; done"
    run -1 millrun -q --dir="$dir/o2" --block=40 --workers=2 -- "$frail" "$dir/frail.in"
    [ "$(wc -l <"$dir/o2/quarantine.jsonl")" = 105 ]
    seq 20 | cmp - "$dir/o2/result.jsonl"
    run -3 millrun -q --dir="$dir/o3" --max-poison=5 -- "$frail" "$dir/frail.in"
    [ ! -e "$dir/o3/_SUCCESS" ]
}
@test "no parallel, one that fails, one that only says that it worked: not 0" {
    mkdir "$dir/bin"
    for body in 'exit 255' 'exit 0' 'kill -9 $$'; do
        printf '#!/bin/sh\n%s\n' "$body" >"$dir/bin/parallel"
        chmod +x "$dir/bin/parallel"
        s=0
        PATH=$dir/bin:$PATH job 2>/dev/null || s=$?
        [ $s = 5 ]
        [ ! -e "$dir/o/_SUCCESS" ]
    done
    job
    complete
}
@test "of parallel nothing is asked that drops data: no --pipe, --pipe-part, --resume, --joblog" {
    mkdir "$dir/bin"
    printf '#!/bin/sh\nprintf "%%s\\n" "$@" >%s/words\n' "$dir" >"$dir/bin/parallel"
    chmod +x "$dir/bin/parallel"
    PATH=$dir/bin:$PATH job 2>/dev/null || true
    grep -qx -e --retries "$dir/words"
    run ! grep -E -e '^--(pipe|resume|joblog|files|group|keep|line|results)' "$dir/words"
}
@test "OUT is full: 5; with room it goes on" {
    unshare -rm true 2>/dev/null || skip "no mounts here"
    mkdir "$dir/disk"
    run -0 unshare -rm bash -c 'mount -t tmpfs -o size=64k none "$0" || exit 99
        millrun -q --dir="$0/o" --block=$block --workers=2 -- "$1" "$2"; s=$?
        [ $s = 5 ] && [ ! -e "$0/o/_SUCCESS" ] || exit 1
        mount -o remount,size=8m "$0"
        millrun -q --dir="$0/o" --block=$block --workers=2 -- "$1" "$2" && cmp "$3" "$0/o/result.jsonl"' \
        "$dir/disk" "$label" "$dir/in" "$dir/want"
}
@test "fsync, rename, write and close that fail, in a worker or the driver: not 0, then complete" {
    strace -o /dev/null true 2>/dev/null || skip "no strace here"
    for call in fsync rename write ${FAULT:+close ftruncate pread64}; do
        for n in 1 ${FAULT:+2 3 4 5 6 7 8 9 12 15 20}; do
            rm -rf "$dir/o"
            s=0
            timeout 60 strace -f -qq -o "$dir/trace" -e trace="$call" -e inject="$call":error=EIO:when="$n" \
                millrun -q --dir="$dir/o" --workers=2 -- "$label" "$dir/in" >/dev/null 2>&1 || s=$?
            # what was not told must not have mattered
            [ $s != 0 ] || complete
            [ -e "$dir/o/_SUCCESS" ] || [ $s != 0 ]
            millrun -q --dir="$dir/o" --workers=2 -- "$label" "$dir/in"
            complete
        done
    done
}
@test "a shard that is damaged on the disk is done again" {
    command="${slow}$label" start & pid=$!
    wait_for "$dir/o/shards/000003.json"
    kill -TERM $pid
    wait $pid || [ $? = 75 ]
    printf X | dd of="$dir/o/shards/000000.out" bs=1 seek=50 conv=notrunc status=none
    truncate -s 10 "$dir/o/shards/000001.out"
    rm "$dir/o/shards/000002.out"
    echo '{"job":"x"' >"$dir/o/shards/000003.json"
    millrun -q --dir="$dir/o" --workers=2 -- "${slow}$label" "$dir/in"
    complete
}

# A job of one shard that takes some seconds, some of it bad.
night() {
    exec millrun -q --dir="$dir/o" --workers=1 -- "$command" "$dir/in" 3>&-
}
begin_night() {
    command="generate -T -m $PWD/tests/golden/tiny-lm -n 200 -j 1 --batch=8"
    { head -n 500 "$dir/in"; printf '\377\n\n'; head -n 100 "$dir/in"; printf 'a\377'; } >"$dir/in2"
    mv "$dir/in2" "$dir/in"
    run -1 millrun -q --dir="$dir/whole" --workers=1 -- "$command" "$dir/in"
}
# It is stopped when it has written more than it began with. The lines that are done then: now
stop_night() {
    local s=0 size
    size=$(stat -c %s "$dir/o/shards/000000.part" 2>/dev/null || true)
    night & pid=$!
    until [ -n "$(find "$dir/o/shards" -name '.000000.out.*' -size +$((size / 1024 + 3))k 2>/dev/null)" ]; do
        kill -0 $pid 2>/dev/null || return
        sleep 0.02
    done
    kill -TERM $pid
    wait $pid || s=$?
    [ $s = 75 ] && [ ! -e "$dir/o/_SUCCESS" ] && now=$(sed -n 2p "$dir/o/shards/000000.part" | jq .lines)
}
end_night() {
    run -1 night
    for f in result.jsonl errors.jsonl; do cmp "$dir/whole/$f" "$dir/o/$f"; done
    for d in whole o; do jq -S 'del(.tries, .seconds)' "$dir/$d/_SUCCESS" >"$dir/$d.json"; done
    cmp "$dir/whole.json" "$dir/o.json"
}
@test "stopped again and again in the middle of a shard: each run goes on behind the last" {
    begin_night
    for _ in $(seq "$([ -n "${FAULT:-}" ] && echo 20 || echo 1)"); do
        rm -rf "$dir/o"
        last=0
        stop_night
        for _ in 1 2 3 4; do
            [ "$now" -gt "$last" ]
            last=$now
            stop_night || break # by then it was done
        done
        end_night
    done
}
@test "a part of a shard that is damaged is none" {
    begin_night
    stop_night
    mv "$dir/o" "$dir/stopped"
    hows=('s/"lines":./"lines":7/' '$d')
    [ -z "${FAULT:-}" ] || hows+=('5s/a/X/g' 's/"job":"../"job":"xx/' 1d 2d d)
    for how in "${hows[@]}"; do
        rm -rf "$dir/o"
        cp -r "$dir/stopped" "$dir/o"
        sed -i "$how" "$dir/o/shards/000000.part"
        end_night
    done
}
@test "a second signal ends it at once" {
    # all of it at once, and that is much
    for _ in $(seq 50); do cat samples/auth.log; done >"$dir/in"
    block=64M command="generate -T -m $PWD/tests/golden/tiny-lm -n 200 -j 1 --batch=100000" start 2>/dev/null & pid=$!
    for _ in $(seq 200); do [ -n "$(pgrep -f '^generate -T .*--batch=100000')" ] && break; sleep 0.05; done
    sleep 0.3
    kill -TERM $pid
    sleep 0.1
    kill -TERM $pid
    s=0
    wait $pid || s=$?
    [ $s = 143 ]
    [ ! -e "$dir/o/_SUCCESS" ]
}
@test "an input that changes while the job runs: 3" {
    cp "$dir/in" "$dir/in2"
    millrun -q --dir="$dir/o" --block="$block" --workers=1 -- "${slow}$label" "$dir/in2" 2>"$dir/err" 3>&- & pid=$!
    wait_for "$dir/o/shards/000001.json"
    tr a-y b-z <"$dir/in" | dd of="$dir/in2" conv=notrunc status=none
    s=0
    wait $pid || s=$?
    [ $s = 3 ]
    grep -q "is not what it was" "$dir/err"
    [ ! -e "$dir/o/_SUCCESS" ]
}
@test "a model that is replaced while the job runs: 4" {
    mkdir "$dir/models"
    cp models/log-sentiment.head "$dir/models/mine.head"
    export TEXTMILL_MODELS=$dir/models
    millrun -q --dir="$dir/o" --block="$block" --workers=1 -- "${slow}classify -T -m mine" "$dir/in" 2>"$dir/err" 3>&- & pid=$!
    wait_for "$dir/o/shards/000001.json"
    sed 's/"seed":0/"seed":1/' models/log-sentiment.head >"$dir/models/new"
    mv "$dir/models/new" "$dir/models/mine.head"
    s=0
    wait $pid || s=$?
    [ $s = 4 ]
    [ ! -e "$dir/o/_SUCCESS" ]
}
@test "a member damaged in the middle of an archive: 1, by name, the rest is done" {
    (mkdir "$dir/t" && cd "$dir/t" && for i in 1 2 3; do seq $((i * 1000)) $((i * 1000 + 400)) >$i.txt; done &&
        python3 -m zipfile -c ../a.zip 1.txt 2.txt 3.txt)
    at=$(grep -abo 2.txt "$dir/a.zip" | head -1 | cut -d: -f1)
    printf '\377\377\377' | dd of="$dir/a.zip" bs=1 seek=$((at + 200)) conv=notrunc status=none
    run -1 millrun -q --dir="$dir/o" --arcat=--lines -- 'jq -c .text' "$dir/a.zip"
    jq -e 'select(.tool == "arcat" and .member == "2.txt")' "$dir/o/errors.jsonl"
    [ "$(grep -c '"3[0-9][0-9][0-9]"' "$dir/o/result.jsonl")" = 401 ]
}
@test "a clock that is wrong does not matter" {
    job
    touch -d '2099-01-01' "$dir"/o/* "$dir/in"
    job
    complete
    rm -rf "$dir/o"
    touch -d '1970-01-02' "$dir/in"
    job
    complete
}
@test "standard streams closed: it works, or says 5" {
    millrun -q --dir="$dir/o" --block="$block" -- "$label" "$dir/in" <&- >&- 2>&-
    complete
}
@test "a limit of files, of address space, of open files: not 0 and why, or complete" {
    case ${TEXTMILL_OUT:-} in *asan | *tsan) skip "sanitizers have a memory of their own" ;; esac
    for limit in '-f 0' '-f 8' '-n 8' '-n 12' '-v 50000' ${FAULT:+'-f 4' '-f 16' '-f 64' '-n 9' '-n 16' '-n 20' '-v 20000' '-v 100000' '-v 200000'}; do
        s=0
        # shellcheck disable=SC2086 # words
        (ulimit $limit; job 2>&1) | cat >"$dir/err"
        s=${PIPESTATUS[0]}
        if [ "$s" = 0 ]; then complete; else [ ! -e "$dir/o/_SUCCESS" ] && [ -s "$dir/err" ]; fi
        job
        complete
        rm -rf "$dir/o"
    done
}
@test "no memory for the driver or a worker: not 0, then complete" {
    case ${TEXTMILL_OUT:-} in *asan | *tsan) skip "sanitizers have a memory of their own" ;; esac
    ${CC:-cc} -shared -fPIC -O1 -o "$dir/nomem.so" tests/fault/nomem.c -ldl || skip "no compiler"
    step=${FAULT:+1}
    for n in $(seq 1 "${step:-19}" 60); do
        s=0
        NOMEM=$n LD_PRELOAD=$dir/nomem.so millrun -q --dir="$dir/o" --block=32K -- cat "$dir/in" 2>/dev/null || s=$?
        [ $s != 0 ] || cmp "$dir/in" "$dir/o/result.jsonl"
        millrun -q --dir="$dir/o" --block=32K -- cat "$dir/in"
        cmp "$dir/in" "$dir/o/result.jsonl"
        rm -rf "$dir/o"
    done
}
