#!/usr/bin/env bats
# shellcheck disable=SC2086,SC2015,SC2030,SC2031  # options are split; A && B || C means that;
# $f is a test's own
# --prefix-cache: what all prompts begin with, in a file: never a word of it in the output,
# whatever has happened to the file.

bats_require_minimum_version 1.5.0
load until

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    dir=$BATS_TEST_TMPDIR
    lm=tests/golden/tiny-lm
    f=$dir/prefix
    in=$dir/in
    jq -c '{text: .text[:20]}' $lm/answers.jsonl >"$in"
    # More than one block of 64 tokens, and part of another
    how=(--system='The system says what it will, at some length, and it is said again: at length.' -n 6)
    ask >"$dir/want"
}

# ask [OPTION...]: the answers of the tiny model, and where the beginning came from: $dir/from
ask() {
    generate -m $lm "${how[@]}" --stats="$dir/stats" "$@" "$in" && jq -r .result.prefix "$dir/stats" >"$dir/from"
}

# same FROM [OPTION...]: the answers are those without a file, nothing is said, and the
# beginning came from there
same() {
    ask --prefix-cache="$f" "${@:2}" >"$dir/out" 2>"$dir/err" && [ ! -s "$dir/err" ] &&
        cmp "$dir/want" "$dir/out" && [ "$(cat "$dir/from")" = "$1" ]
}

# What a write changes
state() {
    stat -c '%i %Y %Z %s' "$f" && ls -A "$dir"
}

# spared: what is at $f is refused by 2, and stays
spared() {
    local s=0
    before=$(stat -c '%i %s %a %F' "$f")
    ask --prefix-cache="$f" >"$dir/out" 2>"$dir/err" || s=$?
    [ $s = 2 ] && [ ! -s "$dir/out" ] && grep -q "$f" "$dir/err" && [ "$(stat -c '%i %s %a %F' "$f")" = "$before" ]
}

@test "without, cold, warm: the same bytes; the second start does not write" {
    jq -e '.result.prefix == "computed" and .result.prefix_tokens > 64' "$dir/stats"
    same written
    before=$(state)
    same read
    same read -j1 --slots=3
    [ "$(state)" = "$before" ]
}

@test "greedy, sampled, --schema, --choice, -p, --shots, --kv; summarize" {
    echo '{"type":"string"}' >"$dir/schema"
    echo '{"input":"one","output":"1"}' >"$dir/shots"
    while read -r o; do
        rm -f "$f"
        ask $o >"$dir/want"
        same written $o
        same read $o
        TEXTMILL_ISA=ref ask $o --prefix-cache="$f" | cmp - "$dir/want"
    done <<X
--temperature=1 --seed=3
--schema=$dir/schema
--choice=yes --choice=no
-p {text}!
--shots=$dir/shots
--kv=i8
--precision=f32
--logprobs --tokens
X
    rm -f "$f"
    summarize -m $lm -n 8 --words=4 "$in" >"$dir/want"
    for from in written read; do
        summarize -m $lm -n 8 --words=4 --prefix-cache="$f" --stats="$dir/stats" "$in" | cmp - "$dir/want"
        [ "$(jq -r .result.prefix "$dir/stats")" = $from ]
    done
}

@test "another prompt, --ctx, --kv, --precision, model: made anew, and right" {
    same written
    for o in --ctx=200 --kv=i8 --precision=f32 --raw-prompt; do
        ask $o >"$dir/want"
        same written $o
        same read $o
    done
    how=(--system='The system says what it will, at some length, and it is said again: no length.' -n 6)
    ask >"$dir/want"
    same written
    cp -r $lm "$dir/m"
    printf 'ab' | dd of="$dir/m/model.safetensors" bs=1 conv=notrunc status=none \
        seek=$(($(wc -c <"$dir/m/model.safetensors") - 4000))
    lm=$dir/m
    ask >"$dir/want"
    same written
    same read
}

@test "cut at each 1/64, a byte altered there: made anew, with the bytes it had" {
    same written
    cp "$f" "$dir/good"
    size=$(wc -c <"$f")
    for i in $(seq 0 63); do
        truncate -s $((size * i / 64)) "$f"
        same written
        cmp "$f" "$dir/good"
        printf '\125' | dd of="$f" bs=1 seek=$((size * i / 64)) conv=notrunc status=none
        if ! cmp -s "$f" "$dir/good"; then same written; fi
        cmp "$f" "$dir/good"
    done
    same read
    chmod g+w "$f"
    same written
    same read
}

@test "cut while it is in use: 4 and a message, no signal; then made anew" {
    same written
    mkfifo "$dir/pipe"
    generate -m $lm "${how[@]}" --prefix-cache="$f" "$dir/pipe" >"$dir/out" 2>"$dir/err" &
    pid=$!
    exec 9>"$dir/pipe"
    head -n 1 "$in" >&9
    until_true $pid test -s "$dir/out"
    grep -q "r--s .*$f" /proc/$pid/maps # it is mapped, to be read, and shared
    : >"$f"
    head -n 2 "$in" >&9
    exec 9>&-
    s=0
    wait $pid || s=$?
    [ $s = 4 ]
    grep -q 'cut short' "$dir/err"
    same written
    same read
}

@test "two cold starts at once, ten times: both right, one good file, nothing else" {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        rm -f "$f"
        for i in 1 2; do
            generate -m $lm "${how[@]}" --prefix-cache="$f" "$in" >"$dir/out$i" 2>"$dir/err$i" &
        done
        wait
        cmp "$dir/want" "$dir/out1" && cmp "$dir/want" "$dir/out2"
        [ ! -s "$dir/err1" ] && [ ! -s "$dir/err2" ]
        [ "$(echo "$f"*)" = "$f" ]
        same read
    done
}

@test "no place for it: no folder, a folder that is read-only, a full disk: the answer comes" {
    good=$f
    for f in "$dir/no/prefix" /proc/prefix /dev/null/prefix; do
        same computed
    done
    [ ! -e "$dir/no" ]
    f=$good
    (
        ulimit -f 8
        same computed
    )
    [ "$(echo "$f"*)" = "$f*" ]
    if [ "$(id -u)" != 0 ]; then
        mkdir "$dir/ro"
        f=$dir/ro/prefix
        same written
        rm "$f"
        chmod 500 "$dir/ro"
        same computed
        chmod 700 "$dir/ro"
        same written
        chmod 500 "$dir/ro"
        same read # what cannot be written is still read
        chmod 700 "$dir/ro"
    fi
}

@test "what is no such file is not touched: 2" {
    echo 'Dear Sir or Madam,' >"$f"
    spared
    printf '{"text":"x"}' >"$f"
    spared
    rm "$f" && mkdir "$f" && spared
    rmdir "$f" && ln -s in "$f" && spared
    rm "$f" && mkfifo "$f" && spared
    rm "$f" && f=/dev/null && spared
    f=$dir/prefix
    : >"$f"
    same written
    # in this folder, by its name alone
    cd "$dir"
    PATH=$BATS_TEST_DIRNAME/../../${TEXTMILL_OUT:-build}/bin:$PATH
    lm=$BATS_TEST_DIRNAME/../../$lm
    f=prefix
    same read
}
