#!/usr/bin/env bats
# each_tool sets tool; what is in single quotes is jq's or sed's.
# shellcheck disable=SC2154,SC2016
# Same bytes whatever the threads, windows, chunks of input, neighbours, repeats, CPU; at
# every precision.

load records

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    PATH=$PWD/${TEXTMILL_OUT:-build}/bin:$PATH
    in=$BATS_TEST_TMPDIR/in
    # Lengths from nothing to beyond the tiny model's limit; every third a repeat.
    for i in $(seq 120); do
        n=$((i % 3 == 0 ? 7 : (i * 37) % 90))
        printf '{"i":%d,"text":"%s"}\n' "$i" "$(printf 'word%.0s the ' $(seq $n))"
    done >"$in"
    printf '{"i":121}\n{"i":122,"text":""}\n' >>"$in"
}

# Run the function on every tool, and where it runs a model at every precision.
each_way() {
    each_tool precisions "$@"
}
precisions() {
    local p all=("${tool[@]}")
    case ${tool[0]} in
        embed | classify | tag | translate | summarize | generate | score)
            for p in i8 i8b32 f32; do
                tool=("${all[@]}" "--precision=$p")
                "$@" || return
            done
            ;;
        *) "$@" ;;
    esac
}

# The tool on $in with these options, into the file named first.
go() {
    "${tool[@]}" -q "${@:2}" "$in" >"$BATS_TEST_TMPDIR/$1" || [ $? = 1 ]
}
same() {
    [ -s "$BATS_TEST_TMPDIR/want" ] && cmp "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/got"
}

@test "threads, windows, memory, repeats" {
    vary() {
        go want -j1
        [ "$(wc -l <"$BATS_TEST_TMPDIR/want")" = 121 ]
        mem=1M
        case ${tool[*]} in generate* | score* | *tiny-lm*) mem=256M ;; esac # a language model must fit
        for o in -j2 -j3 --batch=1 --batch=7 --batch=64 --mem=$mem --dedup "--dedup -j3 --batch=5" --linger=0; do
            # shellcheck disable=SC2086
            go got $o && same || return
        done
    }
    each_way vary
}
@test "whole input, a pipe, single bytes" {
    chunks() {
        go want -j1
        "${tool[@]}" -q <"$in" >"$BATS_TEST_TMPDIR/got"
        same || return
        # Every byte its own read: the pipe is fed by writes of one byte.
        head -c 3000 "$in" >"$BATS_TEST_TMPDIR/short"
        dd if="$BATS_TEST_TMPDIR/short" bs=1 status=none | "${tool[@]}" -q >"$BATS_TEST_TMPDIR/got"
        "${tool[@]}" -q "$BATS_TEST_TMPDIR/short" >"$BATS_TEST_TMPDIR/want"
        same
    }
    each_way chunks
}
@test "neighbours: shuffled records give the same lines" {
    shuffled() {
        go want -j1
        shuf --random-source="$in" "$in" >"$BATS_TEST_TMPDIR/mixed"
        "${tool[@]}" -q "$BATS_TEST_TMPDIR/mixed" >"$BATS_TEST_TMPDIR/got"
        [ -s "$BATS_TEST_TMPDIR/want" ] || return
        cmp <(sort "$BATS_TEST_TMPDIR/want") <(sort "$BATS_TEST_TMPDIR/got")
    }
    each_way shuffled
}
@test "every level of this CPU gives the bytes of ref" {
    levels() {
        TEXTMILL_ISA=ref go want
        for isa in avx2 avxvnni avx512; do
            TEXTMILL_ISA=$isa go got && same || return
        done
    }
    each_way levels
}
@test "in parts or at once" {
    parts() {
        go want -j1
        for p in "1,40p" "41,90p" '91,$p'; do sed -n "$p" "$in" | "${tool[@]}" -q; done >"$BATS_TEST_TMPDIR/got"
        same
    }
    each_way parts
}
