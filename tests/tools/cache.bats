#!/usr/bin/env bats
# shellcheck disable=SC2015  # A && B || C means that
# The cache of packed weights: never a word of it in the output, whatever has happened to it.

load records
load until

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    dir=$BATS_TEST_TMPDIR
    export HOME=$dir/home XDG_CACHE_HOME=$dir/cache
    packed=$dir/cache/textmill/packed
    in=$dir/in
    printf '{"text":"the error of a user"}\n{"text":"session"}\n' >"$in"
    embed -m "$TINY" --no-cache "$in" >"$dir/want"
}

# same [MODEL [ARG...]]: embed exits with 0, says nothing, prints what it prints without a cache
same() {
    embed -m "${1:-$TINY}" "${@:2}" "$in" >"$dir/out" 2>"$dir/err" &&
        [ ! -s "$dir/err" ] && cmp "$dir/want" "$dir/out"
}

# What a write to the cache changes: names, inodes, times
state() {
    find "$packed" -printf '%p %i %T@ %C@ %s\n' | sort
}

# one [GLOB]: the cache has one file, and that is its path
one() {
    local all
    all=("$packed"/*)
    [ ${#all[@]} = 1 ] && [ -f "${all[0]}" ] && [ ! -L "${all[0]}" ] && echo "${all[0]}"
}

# healed: after what was done to the file $f, the output is right and the file is good:
# its bytes are those it had, and the next start does not write.
healed() {
    same && cmp "$f" "$dir/good" && [ "$(one)" = "$f" ] || return
    before=$(state)
    same && [ "$(state)" = "$before" ]
}

@test "without, cold and warm: the same bytes; the second start does not write" {
    [ ! -e "$packed" ]
    same
    one
    before=$(state)
    same
    same "$TINY" --no-cache
    [ "$(state)" = "$before" ]
}

@test "every tool that runs a model has it, and agrees" {
    while IFS= read -r line; do
        read -ra tool <<<"$line"
        rm -rf "$dir/cache"
        "${tool[@]}" --no-cache -m "$TINY" "$in" >"$dir/without"
        [ ! -e "$packed" ]
        "${tool[@]}" -m "$TINY" "$in" >"$dir/cold"
        one
        "${tool[@]}" -m "$TINY" "$in" >"$dir/warm"
        cmp "$dir/without" "$dir/cold"
        cmp "$dir/without" "$dir/warm"
    done < <(echo embed && echo classify -l good -l bad)
}

@test "cut at every 1/16, or a byte altered there: healed" {
    same
    f=$(one)
    cp "$f" "$dir/good"
    size=$(wc -c <"$f")
    for i in $(seq 0 15); do
        truncate -s $((size * i / 16)) "$f"
        healed
        printf '\125' | dd of="$f" bs=1 seek=$((size * i / 16)) conv=notrunc status=none
        healed
    done
}

@test "cut while it is in use: 4 and a message, no signal; then healed" {
    same
    f=$(one)
    cp "$f" "$dir/good"
    mkfifo "$dir/pipe"
    embed -m "$TINY" "$dir/pipe" >"$dir/out" 2>"$dir/err" &
    pid=$!
    exec 9>"$dir/pipe"
    head -n 1 "$in" >&9
    until_true $pid test -s "$dir/out" # the first record is there: all is mapped
    : >"$f"
    head -n 1 "$in" >&9
    exec 9>&-
    s=0
    wait $pid || s=$?
    [ $s = 4 ]
    grep -q 'cut short' "$dir/err"
    healed
}

@test "replaced by a folder, a link, nothing, a pipe, or another's file: healed" {
    same
    f=$(one)
    cp "$f" "$dir/good"
    rm "$f" && mkdir "$f" && healed
    cp "$f" "$dir/elsewhere" && rm "$f" && ln -s "$dir/elsewhere" "$f" && healed
    : >"$f" && healed
    rm "$f" && mkfifo "$f" && healed
    chmod g+w "$f" && healed
    chmod o+w "$f" && healed
    [ "$(id -u)" != 0 ] || { chown 12345 "$f" && healed; }
}

@test "two cold starts at once, ten times: both right, one good file, nothing else" {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        rm -rf "$packed"
        for i in 1 2; do
            embed -m "$TINY" "$in" >"$dir/out$i" 2>"$dir/err$i" &
        done
        wait
        cat "$dir"/err?
        cmp "$dir/want" "$dir/out1" && cmp "$dir/want" "$dir/out2" && one
    done
    before=$(state)
    same
    [ "$(state)" = "$before" ]
}

@test "no place for it: no home, a file in the way, a folder that is read-only, a full disk" {
    (
        unset XDG_CACHE_HOME HOME
        same
    )
    echo file >"$dir/file"
    XDG_CACHE_HOME=$dir/file same
    XDG_CACHE_HOME=/dev/null/x same
    XDG_CACHE_HOME=/proc same
    HOME=relative XDG_CACHE_HOME=relative same
    [ ! -e relative ]
    if [ "$(id -u)" != 0 ]; then
        mkdir -p "$packed"
        chmod 500 "$packed"
        same
        chmod 700 "$packed"
    fi
    (
        ulimit -f 8
        same
    )
    [ -z "$(find "$packed" -type f)" ]
    same
    one
}

@test "without XDG_CACHE_HOME it is in ~/.cache" {
    unset XDG_CACHE_HOME
    same
    [ -n "$(find "$HOME/.cache/textmill/packed" -type f)" ]
}

@test "a cache that cannot be written is still read" {
    [ "$(id -u)" != 0 ] || skip "root can write everywhere"
    same
    chmod 500 "$packed"
    before=$(state)
    same
    [ "$(state)" = "$before" ]
    chmod 700 "$packed"
}

@test "one level does not use the file of another" {
    same
    TEXTMILL_ISA=ref same
    find "$packed" -type f >"$dir/files"
    grep -q -e '-ref-' "$dir/files"
    embed -m "$TINY" --stats="$dir/stats" "$in" >"$dir/out"
    if grep -q '"isa":"ref"' "$dir/stats"; then skip "this processor has but one"; fi
    [ "$(wc -l <"$dir/files")" = 2 ]
}

@test "other weights under the same name, size and time: not the old answer" {
    cp -R "$TINY" "$dir/m"
    sleep 3.1 # until the hash of the file is remembered
    same "$dir/m"
    same "$dir/m"
    [ -n "$(ls "$dir/cache/textmill/sha256")" ]
    touch -r "$dir/m/model.safetensors" "$dir/time"
    # some numbers in the middle become zero
    head -c 1600 /dev/zero | dd of="$dir/m/model.safetensors" bs=8 conv=notrunc status=none \
        seek=$(($(wc -c <"$dir/m/model.safetensors") / 16))
    touch -r "$dir/time" "$dir/m/model.safetensors"
    cp "$dir/want" "$dir/old"
    embed -m "$dir/m" --no-cache "$in" >"$dir/want"
    if cmp -s "$dir/old" "$dir/want"; then false; fi
    same "$dir/m"
    same "$dir/m"
}

@test "a model that does not fit its configuration is refused, and leaves nothing" {
    cp -R "$TINY" "$dir/m"
    same "$dir/m"
    before=$(state)
    for change in '.intermediate_size += 1' '.num_hidden_layers += 1' '.vocab_size -= 1'; do
        jq "$change" "$TINY/config.json" >"$dir/m/config.json"
        for arg in --no-cache --quiet; do
            s=0
            embed "$arg" -m "$dir/m" "$in" >"$dir/out" 2>"$dir/err" || s=$?
            [ $s = 4 ] && [ ! -s "$dir/out" ]
        done
    done
    [ "$(state)" = "$before" ]
    cp "$TINY/config.json" "$dir/m"
    same "$dir/m"
}

@test "shards: one file for all of them, and another when one of them is another" {
    cp -R "$TINY" "$dir/m"
    rm "$dir/m/model.safetensors"
    cp "$TINY"/../shards/model* "$dir/m"
    embed -m "$dir/m" --no-cache "$in" >"$dir/want"
    same "$dir/m"
    one
    before=$(state)
    same "$dir/m"
    [ "$(state)" = "$before" ]
    printf 'a' | dd of="$dir/m/model-00002-of-00003.safetensors" bs=1 conv=notrunc status=none \
        seek=$(($(wc -c <"$dir/m/model-00002-of-00003.safetensors") - 50))
    embed -m "$dir/m" --no-cache "$in" >"$dir/want"
    same "$dir/m"
    [ "$(find "$packed" -type f | wc -l)" = 2 ]
}
