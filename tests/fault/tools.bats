#!/usr/bin/env bats
# What the system can do to a tool, tried on each: the right exit status, a sentence with
# the system's reason, and no torn line. `make fault` tries every moment, not a few.
# shellcheck disable=SC2154,SC2016,SC2317,SC2094

bats_require_minimum_version 1.5.0
load ../tools/records

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    PATH=$PWD/${TEXTMILL_OUT:-build}/bin:$PATH
    dir=$BATS_TEST_TMPDIR
    case ${TEXTMILL_OUT:-} in *asan | *tsan) skip "sanitizers have a memory of their own" ;; esac
}

# more records than a pipe or a small disk takes
lines() {
    awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "{\"id\":%d,\"text\":\"Line %d of the log. It has two sentences, and this is the longer one of both.\"}\n", i, i }'
}

# whole FILE: does it end with a line's end, and is every line JSON?
whole() {
    [ ! -s "$1" ] || { [ "$(tail -c 1 "$1" | od -An -c | tr -d ' ')" = '\n' ] && jq -e . "$1" >/dev/null; }
}

# The first moments, and all up to the last with `make fault`.
moments() {
    if [ -n "${FAULT:-}" ]; then seq "$2"; else seq "$1"; fi
}

@test "a full device: 5, and why" {
    full() {
        local s=0
        echo '{"text":"a"}' | "${tool[@]}" >/dev/full 2>"$dir/err" || s=$?
        [ $s = 5 ] && grep -q 'No space left on device' "$dir/err"
    }
    each_tool full
}
@test "standard output is closed: 5, and why" {
    closed() {
        local s=0
        echo '{"text":"a"}' | "${tool[@]}" >&- 2>"$dir/err" || s=$?
        [ $s = 5 ] && grep -q 'Bad file descriptor' "$dir/err"
    }
    each_tool closed
}
@test "a disk of 1 MiB fills up: 5, and why, and whole lines" {
    unshare -rm true 2>/dev/null || skip "no mounts here"
    lines 20000 >"$dir/in"
    mkdir -p "$dir/disk"
    fill() {
        local s=0
        DIR=$dir unshare -rm bash -c 'mount -t tmpfs -o size=1m none "$DIR/disk" || exit 99
            "$@" "$DIR/in" >"$DIR/disk/out" 2>"$DIR/err"; s=$?
            cp "$DIR/disk/out" "$DIR/out"; exit $s' fill "${tool[@]}" || s=$?
        [ $s = 5 ] && grep -q 'No space left on device' "$dir/err" && [ -s "$dir/out" ] && whole "$dir/out"
    }
    each_tool fill
}
@test "a limit of the size of files: 5, and whole lines" {
    lines 20000 >"$dir/in"
    limit() {
        local s=0
        (ulimit -f 300; exec "${tool[@]}" "$dir/in" >"$dir/out" 2>"$dir/err") || s=$?
        [ $s = 5 ] && grep -q 'File too large' "$dir/err" && [ -s "$dir/out" ] && whole "$dir/out"
    }
    each_tool limit
}
@test "the n-th write fails with EIO: 5, and why, and whole lines" {
    strace -o /dev/null true 2>/dev/null || skip "no strace here"
    lines 3000 >"$dir/in"
    eio() {
        local n s
        for n in $(moments 2 12); do
            s=0
            strace -f -qq -P "$dir/out" -e trace=write -e inject=write:error=EIO:when="$n" -o "$dir/trace" \
                "${tool[@]}" --batch=50 "$dir/in" >"$dir/out" 2>"$dir/err" || s=$?
            grep -q INJECTED "$dir/trace" || break
            [ $s = 5 ] && grep -q 'Input/output error' "$dir/err" && whole "$dir/out" || return
        done
    }
    each_tool eio
}
@test "an error that only close tells: 5, and why" {
    strace -o /dev/null true 2>/dev/null || skip "no strace here"
    late() {
        local s=0
        echo '{"text":"a"}' >"$dir/in"
        strace -f -qq -P "$dir/out" -e trace=close -e inject=close:error=ENOSPC -o "$dir/trace" \
            "${tool[@]}" "$dir/in" >"$dir/out" 2>"$dir/err" || s=$?
        [ $s = 5 ] && grep -q 'No space left on device' "$dir/err" && whole "$dir/out"
    }
    each_tool late
}
@test "short and interrupted writes lose nothing" {
    strace -o /dev/null true 2>/dev/null || skip "no strace here"
    lines 500 >"$dir/in"
    eintr() {
        "${tool[@]}" "$dir/in" >"$dir/want"
        strace -f -qq -P "$dir/out" -e trace=write -e inject=write:error=EINTR:when=1+2 -o "$dir/trace" \
            "${tool[@]}" --batch=20 "$dir/in" >"$dir/out" && cmp "$dir/want" "$dir/out" &&
            grep -q INJECTED "$dir/trace"
    }
    each_tool eintr
}
@test "little address space: 6 or 4 with a sentence, or all of it; never a signal" {
    lines 200 >"$dir/in"
    small() {
        local kb s
        for kb in $(if [ -n "${FAULT:-}" ]; then seq 20000 10000 400000; else echo 40000 100000 200000; fi); do
            s=0
            (ulimit -v "$kb"; exec "${tool[@]}" -j 2 "$dir/in" >"$dir/out" 2>"$dir/err") || s=$?
            case $s in
            0) [ "$(wc -l <"$dir/out")" -ge 200 ] || return ;;
            3 | 4 | 5 | 6) [ -s "$dir/err" ] || return ;;
            # the dynamic linker has no room: it says so itself
            127) grep -q 'error while loading' "$dir/err" || return ;;
            *) echo "ulimit -v $kb: $s"; return 1 ;;
            esac
            whole "$dir/out" || return
        done
    }
    each_tool small
}
@test "the n-th request for memory fails: 6 or 4 with a sentence, or all of it; never a signal" {
    ${CC:-cc} -shared -fPIC -O1 -o "$dir/nomem.so" tests/fault/nomem.c -ldl || skip "no compiler"
    lines 20 >"$dir/in"
    nomem() {
        local n s total
        NOMEM_COUNT="$dir/count" LD_PRELOAD="$dir/nomem.so" "${tool[@]}" -j 1 "$dir/in" >"$dir/want" || return
        total=$(cat "$dir/count")
        [ "$total" -gt 10 ] || return
        for n in $(if [ -n "${FAULT:-}" ]; then seq "$total"; else shuf -i 1-"$total" -n 25 --random-source=<(yes); fi); do
            s=0
            NOMEM=$n LD_PRELOAD="$dir/nomem.so" "${tool[@]}" -j 1 "$dir/in" >"$dir/out" 2>"$dir/err" || s=$?
            case $s in
            0) cmp -s "$dir/want" "$dir/out" || { echo "request $n of $total: other bytes"; return 1; } ;;
            1 | 2 | 3 | 4 | 5 | 6) [ -s "$dir/err" ] || { echo "request $n: $s, and not a word"; return 1; } ;;
            *) echo "request $n of $total: status $s"; cat "$dir/err"; return 1 ;;
            esac
            whole "$dir/out" || return
        done
    }
    each_tool nomem
}
