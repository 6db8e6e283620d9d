#!/usr/bin/env bats
# What the system can do to a tool, tried on each: the right exit status, a sentence with
# the system's reason, and no torn line. `make fault` tries every moment, not a few.
#
# Not every row can occur to every tool (cases.bash has them all):
#   few   what it prints is less than a disk has room for: the disk is full before it begins,
#         the limit of a file is 0, and there is one write to fail
#   file  (train) nothing goes to standard output, which may be full or closed; the file has a
#         test of its own, as it appears whole or not at all
#   arcat, inspect   they have one thread, and no windows
# shellcheck disable=SC2154,SC2016,SC2317,SC2094

bats_require_minimum_version 1.5.0
load cases

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    PATH=$PWD/${TEXTMILL_OUT:-build}/bin:$PATH
    dir=$BATS_TEST_TMPDIR
    export XDG_CACHE_HOME=$dir/cache LC_ALL=C.UTF-8
    case ${TEXTMILL_OUT:-} in *asan | *tsan) skip "sanitizers have a memory of their own" ;; esac
}

# The first moments, and all up to the last with `make fault`.
moments() {
    if [ -n "${FAULT:-}" ]; then seq "$2"; else seq "$1"; fi
}

# says STATUS WANTED REASON: exit status, and one sentence with the reason.
says() {
    [ "$1" = "$2" ] && { [ "$2" = 0 ] || grep -q "^${tool[0]##*/}: .*$3" "$dir/err"; } && return
    echo "status $1, not $2; it said:"
    cat "$dir/err"
    return 1
}

needs_strace() {
    strace -o /dev/null true 2>/dev/null || skip "no strace here"
}
needs_mounts() {
    unshare -rm true 2>/dev/null || skip "no mounts here"
}

@test "every program of the suite is in this matrix, or stands where it is tried" {
    find tools -name '*.c' -o -name '*.sh' | sed 's,.*/,,; s,\..*,,' | sort >"$dir/have"
    { names; elsewhere | cut -d' ' -f1; } | sort >"$dir/tried"
    diff "$dir/have" "$dir/tried"
}
@test "a full device: 5, and why" {
    lines 20 >"$dir/in"
    full() {
        local s=0
        "${tool[@]}" "$input" >/dev/full 2>"$dir/err" || s=$?
        says "$s" "$1" "$2"
    }
    each_case lines,few full 5 'No space left on device'
    each_case file full 0 ''
}
@test "standard output is closed: 5, and why" {
    lines 20 >"$dir/in"
    closed() {
        local s=0
        "${tool[@]}" "$input" >&- 2>"$dir/err" || s=$?
        says "$s" "$1" "$2"
    }
    each_case lines,few closed 5 'Bad file descriptor'
    each_case file closed 0 ''
}
@test "--help and --version of every program on a full or closed output: 5, and why" {
    for program in "${TEXTMILL_OUT:-build}"/bin/*; do
        for option in --help --version ''; do
            # The dispatcher has two things more to print, and pull one.
            words=("$program" ${option:+"$option"})
            case ${program##*/}$option in
            textmill) words+=(help) ;;
            pull) words+=(--list) ;;
            *) [ -n "$option" ] || continue ;;
            esac
            s=0
            "${words[@]}" >/dev/full 2>"$dir/err" || s=$?
            [ $s = 5 ] && grep -q 'No space left on device' "$dir/err"
            s=0
            "${words[@]}" >&- 2>"$dir/err" || s=$?
            [ $s = 5 ] && grep -q 'Bad file descriptor' "$dir/err"
        done
    done
}
@test "--dry-run, --stats, --errors, --rejects on a full device: 5, and why" {
    { lines 30; echo '{'; } >"$dir/in"
    side() {
        local s o all
        all=$("${tool[@]}" --help)
        for o in --dry-run --stats --errors --rejects; do
            [[ $all == *" $o"* ]] || continue
            s=0
            if [ $o = --dry-run ]; then
                "${tool[@]}" "$input" $o >/dev/full 2>"$dir/err" || s=$?
            else
                "${tool[@]}" "$input" $o=/dev/full >/dev/null 2>"$dir/err" || s=$?
            fi
            says $s 5 'No space left on device' || { echo "with $o"; return 1; }
        done
    }
    each_case lines,few,file side
}
@test "a disk of 1 MiB fills up: 5, and why, and whole lines" {
    needs_mounts
    lines "$([ -n "${FAULT:-}" ] && echo 20000 || echo 1500)" >"$dir/in"
    mkdir -p "$dir/disk"
    # fill ROOM [FULL]: so much room, and whether that is taken already
    fill() {
        local s=0
        DIR=$dir ROOM=$1 FULL=${2:-} unshare -rm bash -c '
            mount -t tmpfs -o size="$ROOM" none "$DIR/disk" || exit 99
            [ -z "$FULL" ] || head -c 2M /dev/zero >"$DIR/disk/full" 2>/dev/null
            "$@" >"$DIR/disk/out" 2>"$DIR/err"; s=$?
            cp "$DIR/disk/out" "$DIR/out"; exit $s' fill "${tool[@]}" "$input" || s=$?
        says $s 5 'No space left on device' || return
        if [ -n "${2:-}" ]; then [ ! -s "$dir/out" ]; else [ -s "$dir/out" ] && whole_json "$dir/out"; fi
    }
    each_case lines fill "$([ -n "${FAULT:-}" ] && echo 1m || echo 128k)"
    each_case few fill 1m full
}
@test "a limit of the size of files: 5, and why, and whole lines" {
    lines 1500 >"$dir/in"
    limit() {
        local s=0
        (ulimit -f "$1"; exec "${tool[@]}" "$input" >"$dir/out" 2>"$dir/err") || s=$?
        says $s 5 'File too large' || return
        if [ "$1" = 0 ]; then [ ! -s "$dir/out" ]; else [ -s "$dir/out" ] && whole_json "$dir/out"; fi
    }
    # A limit of 0 would take the message's file, too: it goes down a pipe.
    zero() {
        local s=0
        (ulimit -f 0; exec "${tool[@]}" "$input" 2>&1 >"$dir/out") | cat >"$dir/err"
        s=${PIPESTATUS[0]}
        says "$s" 5 'File too large' && [ ! -s "$dir/out" ]
    }
    each_case lines limit 64
    each_case few zero
}
@test "the n-th write fails with EIO: 5, and why, and whole lines" {
    needs_strace
    lines 1500 >"$dir/in"
    eio() {
        local n s
        for n in $(moments 2 12); do
            s=0
            strace -f -qq -P "$dir/out" -e trace=write -e inject=write:error=EIO:when="$n" -o "$dir/trace" \
                "${tool[@]}" "${windows[@]}" "$input" >"$dir/out" 2>"$dir/err" || s=$?
            if ! grep -q INJECTED "$dir/trace"; then
                # so many writes are there not; but one there is
                [ "$n" -gt 1 ]
                return
            fi
            says $s 5 'Input/output error' && whole "$dir/out" || return
        done
    }
    each_case lines,few eio
}
@test "an error that only close tells: 5, and why" {
    needs_strace
    lines 2 >"$dir/in"
    late() {
        local s=0
        strace -f -qq -P "$dir/out" -e trace=close -e inject=close:error=ENOSPC -o "$dir/trace" \
            "${tool[@]}" "$input" >"$dir/out" 2>"$dir/err" || s=$?
        says $s 5 'No space left on device' && whole "$dir/out"
    }
    each_case lines,few late
}
@test "interrupted writes lose nothing" {
    needs_strace
    lines 200 >"$dir/in"
    eintr() {
        "${tool[@]}" "$input" >"$dir/want"
        strace -f -qq -P "$dir/out" -e trace=write -e inject=write:error=EINTR:when=1+2 -o "$dir/trace" \
            "${tool[@]}" "${windows[@]}" "$input" >"$dir/out" && cmp "$dir/want" "$dir/out" &&
            grep -q INJECTED "$dir/trace"
    }
    each_case lines,few eintr
}

# What train had saved before is there as it was, or nothing is, and nothing beside it.
kept() {
    if [ -n "$1" ]; then cmp "$dir/head" "$dir/s/saved"; else [ ! -e "$dir/s/saved" ]; fi &&
        [ "$(find "$dir/s" -type f ! -name saved ! -name full | wc -l)" = 0 ] && return
    ls -la "$dir/s"
    return 1
}
@test "a file that cannot be written is as it was: 5, and why" {
    needs_strace
    needs_mounts
    lines 60 >"$dir/in"
    echo '{"format":"textmill-head",' >"$dir/head" # its first line: train writes over nothing else
    mkdir "$dir/s"
    # saves WHAT REASON COMMAND...: what was done to it, what it must say
    saves() {
        local s=0 old
        for old in '' old; do
            rm -f "$dir/s/saved"
            [ -z "$old" ] || cp "$dir/head" "$dir/s/saved"
            # (down a pipe, for the limit)
            "${@:3}" "${tool[@]/$dir\/saved/$dir\/s\/saved}" "${threads[@]}" "$input" 2>&1 | cat >"$dir/err"
            s=${PIPESTATUS[0]}
            says "$s" 5 "$2" && kept "$old" || { echo "$1"; return 1; }
        done
    }
    broken() {
        local call n # one thread: what comes in which order is always the same
        "${tool[@]}" "$input" || return # what it remembers of the model is written now
        for call in fsync rename fchmod; do
            saves $call 'Input/output error' strace -qq -e trace=$call -e inject=$call:error=EIO -o "$dir/trace" || return
        done
        # The first write is that of the file: with -q nothing is said. The close behind fsync is its: one
        # later where there is an old file, which is looked into first.
        strace -qq -e trace=close,fsync,write -o "$dir/trace" "${tool[@]}" "${threads[@]}" "$input" || return
        n=$(sed '/fsync/,$d' "$dir/trace" | grep -c 'close(')
        saves close 'Input/output error' strace -qq -e trace=close -e inject=close:error=EIO:when="$n"+ -o "$dir/trace" || return
        n=$(sed '/fsync/,$d' "$dir/trace" | grep -c 'write(')
        for n in $(seq $((n > 3 ? n - 2 : 1)) "$n"); do
            saves "write $n" 'Input/output error' strace -qq -e trace=write -e inject=write:error=EIO:when="$n" -o "$dir/trace" || return
        done
        saves limit 'File too large' bash -c 'ulimit -f 0; exec "$@"' limit
    }
    each_case file broken
    crowded() {
        DIR=$dir unshare -rm bash -c '
            mount -t tmpfs -o size=64k none "$DIR/s" || exit 99
            if [ -n "$OLD" ]; then cp "$DIR/head" "$DIR/s/saved"; fi
            head -c 2M /dev/zero >"$DIR/s/full" 2>/dev/null
            "$@" 2>"$DIR/err"; s=$?
            ls -A "$DIR/s" >"$DIR/there"; cp "$DIR/s/saved" "$DIR/was" 2>/dev/null; exit $s' \
            crowded "${tool[@]/$dir\/saved/$dir\/s\/saved}" "$input" || s=$?
    }
    full() {
        local s n
        for OLD in '' old; do
            export OLD
            s=0
            n=$([ -z "$OLD" ] && echo 1 || echo 2)
            rm -f "$dir/was"
            crowded
            says $s 5 'No space left on device' && [ "$(wc -l <"$dir/there")" = "$n" ] || return
            [ -z "$OLD" ] || cmp "$dir/head" "$dir/was" || return
        done
    }
    each_case file full
}

# ended STATUS WHEN: in a way that a tool may end when memory does: by no signal, not
# without a word, and with no torn line or half a file.
ended() {
    case $1 in
    0 | 1) ;;
    2 | 3 | 4 | 5 | 6) [ -s "$dir/err" ] || { echo "$2: $1, and not a word"; return 1; } ;;
    # the dynamic linker has no room: it says so itself
    127) grep -q 'error while loading' "$dir/err" || return ;;
    # nor has OpenBLAS for its threads, before main(): it raises SIGINT
    130) grep -q '^OpenBLAS blas_thread_init' "$dir/err" || return ;;
    *) echo "$2: status $1"; cat "$dir/err"; return 1 ;;
    esac
    whole "$dir/out" && { [ ! -e "$dir/saved" ] || jq -e .labels "$dir/saved" >/dev/null; }
}
@test "pull on a disk that is full, or under a limit of files: 5, and why, and no model" {
    needs_mounts
    mkdir "$dir/source" "$dir/disk"
    head -c 300000 /dev/urandom >"$dir/source/weights"
    sum=$(sha256sum <"$dir/source/weights")
    printf 'm\tembed\tbert\tfile://%s\tweights\t%s\tCC0-1.0\n' "$dir/source" "${sum%% *}" >"$dir/catalogue"
    DIR=$dir TEXTMILL_MODELS=$dir/disk TEXTMILL_CATALOGUE=$dir/catalogue unshare -rm bash -c '
        mount -t tmpfs -o size=128k none "$DIR/disk" || exit 99
        pull -q m 2>"$DIR/err"; s=$?
        ls -A "$DIR/disk" >"$DIR/there"
        mount -o remount,size=1m "$DIR/disk" && (ulimit -f 100; pull -q m 2>&1) | cat >"$DIR/err2"; s2=${PIPESTATUS[0]}
        pull -q m && cmp "$DIR/source/weights" "$DIR/disk/m/weights" && echo $s $s2 >"$DIR/status"'
    [ "$(cat "$dir/status")" = '5 5' ]
    [ "$(cat "$dir/there")" = .pull.lock ]
    grep -q '^pull: .*: No space left on device' "$dir/err"
    grep -q '^pull: .*: File too large' "$dir/err2"
}
@test "little address space: 6 or 4 with a sentence, or all of it; never a signal" {
    lines 60 >"$dir/in"
    small() {
        local kb s
        "${tool[@]}" "$input" >"$dir/want" || return
        for kb in $(if [ -n "${FAULT:-}" ]; then seq 20000 10000 400000; else echo 40000 100000 200000; fi); do
            s=0
            rm -f "$dir/saved"
            (ulimit -v "$kb"; exec "${tool[@]}" "${threads[@]/1/2}" "$input" >"$dir/out" 2>"$dir/err") || s=$?
            ended $s "ulimit -v $kb" || return
            [ $s != 0 ] || cmp "$dir/want" "$dir/out" || return
        done
    }
    each_case lines,few,file small
}
@test "the n-th request for memory fails: 6 or 4 with a sentence, or all of it; never a signal" {
    ${CC:-cc} -shared -fPIC -O1 -o "$dir/nomem.so" tests/fault/nomem.c -ldl || skip "no compiler"
    lines 20 >"$dir/in"
    nomem() {
        local n s total
        NOMEM_COUNT="$dir/count" LD_PRELOAD="$dir/nomem.so" "${tool[@]}" "${threads[@]}" "$input" >"$dir/want" || return
        total=$(cat "$dir/count")
        [ "$total" -gt 10 ] || return
        for n in $(if [ -n "${FAULT:-}" ]; then seq "$total"; else shuf -i 1-"$total" -n 8 --random-source=<(yes); fi); do
            s=0
            rm -f "$dir/saved"
            NOMEM=$n LD_PRELOAD="$dir/nomem.so" "${tool[@]}" "${threads[@]}" "$input" >"$dir/out" 2>"$dir/err" || s=$?
            ended $s "request $n of $total" || return
            [ $s != 0 ] || cmp -s "$dir/want" "$dir/out" || { echo "request $n of $total: other bytes"; return 1; }
        done
    }
    each_case lines,few,file nomem
}
