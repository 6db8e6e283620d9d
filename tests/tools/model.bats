#!/usr/bin/env bats
# shellcheck disable=SC2015  # A && B || C means that
# -m: where a model is looked for; a model that is missing, cut or altered is 4, before the
# first record.

load records

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    dir=$BATS_TEST_TMPDIR
    echo '{"text":"a"}' >"$dir/in"
}

# The tools that run a model, with everything but -m.
model_tools() {
    echo tokenize
    echo embed
    echo 'classify -l good -l bad'
    echo 'summarize --extract=1'
}

# refused MODEL: every tool ends with 4, one line on stderr, nothing on stdout.
refused() {
    local line s
    while IFS= read -r line; do
        read -ra tool <<<"$line"
        [ -z "${2:-}" ] || [ "${tool[0]}" != "$2" ] || continue
        s=0
        "${tool[@]}" -m "$1" "$dir/in" >"$dir/out" 2>"$dir/err" || s=$?
        [ $s = 4 ] && [ ! -s "$dir/out" ] && [ "$(wc -l <"$dir/err")" = 1 ] || {
            echo "$line: status $s"
            cat "$dir/err"
            return 1
        }
    done < <(model_tools)
}

@test "a name that is not here: 4, and the command that gets it" {
    TEXTMILL_MODELS=$dir refused nonesuch
    grep -q 'textmill pull nonesuch' "$dir/err"
    TEXTMILL_MODELS=$dir refused ''
    TEXTMILL_MODELS=$dir refused ..
}
@test "a name is not looked for in the current folder" {
    cp -R "$TINY" "$dir/mine"
    cd "$dir"
    TEXTMILL_MODELS=$dir/empty refused mine
    tokenize -m ./mine in
    TEXTMILL_MODELS=$dir tokenize -m mine in
}
@test "a folder that is none, or is empty: 4" {
    refused ./nonesuch
    grep -q "'./nonesuch' is not there" "$dir/err"
    mkdir "$dir/empty"
    refused "$dir/empty"
}
@test "tokenizer.json cut at every 1/16: 4" {
    cp -R "$TINY" "$dir/m"
    size=$(wc -c <"$TINY/tokenizer.json")
    for i in $(seq 0 15); do
        head -c $((size * i / 16)) "$TINY/tokenizer.json" >"$dir/m/tokenizer.json"
        refused "$dir/m"
    done
}
@test "weights and settings cut at every 1/16: 4" {
    for file in model.safetensors config.json; do
        rm -rf "$dir/m"
        cp -R "$TINY" "$dir/m"
        size=$(wc -c <"$TINY/$file")
        for i in $(seq 0 15); do
            head -c $((size * i / 16)) "$TINY/$file" >"$dir/m/$file"
            refused "$dir/m" tokenize
        done
    done
}
@test "weights longer than they say, or with another name in them: 4" {
    cp -R "$TINY" "$dir/m"
    echo >>"$dir/m/model.safetensors"
    refused "$dir/m" tokenize
    LC_ALL=C sed 's/word_embeddings/werd_embeddings/' "$TINY/model.safetensors" >"$dir/m/model.safetensors"
    refused "$dir/m" tokenize
    grep -q word_embeddings "$dir/err"
}
@test "settings that mean another network: 4, by name" {
    cp -R "$TINY" "$dir/m"
    for change in '.hidden_act="relu"' '.num_attention_heads=7' '.hidden_size=1e9' '.num_hidden_layers=99' \
        '.architectures=["Other"]|.model_type="other"' '.vocab_size=5'; do
        jq "$change" "$TINY/config.json" >"$dir/m/config.json"
        refused "$dir/m" tokenize
    done
}
