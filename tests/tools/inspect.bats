#!/usr/bin/env bats
# inspect: files of our own, hostile ones, and the models that are here
# shellcheck disable=SC2030,SC2031 # run sets output in the test that reads it

bats_require_minimum_version 1.5.0

setup() {
    unset MAKEFLAGS
    tiny=$(realpath "$BATS_TEST_DIRNAME/../golden/tiny-bert/f32")
    corpus=$(realpath "$BATS_TEST_DIRNAME/../fuzz/corpus/gguf")
    models=${TEXTMILL_MODELS:-$HOME/.local/share/textmill/models}
    cd "$BATS_TEST_TMPDIR" || return
}

# u64 N, str TEXT: as GGUF writes them
u64() {
    printf '%016x\n' "$1" | fold -w 2 | tac | while read -r byte; do printf '%b' "\x$byte"; done
}
str() {
    u64 "$(printf '%b' "$1" | wc -c)"
    printf '%b' "$1"
}

# A GGUF file of two pairs and one tensor; the texts may have any bytes (printf's %b).
# hostile KEY VALUE TENSOR
hostile() {
    printf 'GGUF\3\0\0\0'
    u64 1
    u64 2
    str general.name
    printf '\10\0\0\0'
    str "$2"
    str "$1"
    printf '\10\0\0\0'
    str "$2"
    str "$3"
    printf '\1\0\0\0'
    u64 1
    printf '\0\0\0\0'
    u64 0
    head -c 64 /dev/zero
}

@test "a folder of Hugging Face: summary, then a line for each tensor" {
    run -0 inspect "$tiny"
    [ "${lines[0]}" = 'format         safetensors' ]
    [[ "$output" == *'architecture   bert'* ]]
    n=$(inspect --json "$tiny" | jq '.tensors | length')
    [ "$(sed -n '/^tensors (/,$p' <<<"$output" | tail -n +2 | wc -l)" = "$n" ]
    [[ "$output" == *"tensors ($n)"* ]]
}
@test "--json is one object in one line and agrees with config.json" {
    run -0 inspect --json --metadata "$tiny"
    [ "${#lines[@]}" = 1 ]
    for pair in vocabulary:vocab_size layers:num_hidden_layers width:hidden_size \
        context:max_position_embeddings heads:num_attention_heads; do
        [ "$(jq ".${pair%:*}" <<<"$output")" = "$(jq ".${pair#*:}" "$tiny/config.json")" ]
    done
    [ "$(jq -cS .metadata <<<"$output")" = "$(jq -cS . "$tiny/config.json")" ]
    [ "$(jq '[.tensors[].bytes] | add' <<<"$output")" -lt "$(jq .file_bytes <<<"$output")" ]
    [ "$(jq '[.tensors[].shape | reduce .[] as $d (1; . * $d)] | add' <<<"$output")" = \
        "$(jq .parameters <<<"$output")" ]
}
@test "--summary leaves tensors out, --metadata adds settings" {
    run -0 inspect --summary "$tiny"
    [[ "$output" != *tensors\ \(* ]]
    run -0 inspect --json --summary "$tiny"
    [ "$(jq 'has("tensors") or has("metadata")' <<<"$output")" = false ]
    run -0 inspect --summary --metadata "$tiny"
    [[ "$output" == *"metadata ("* ]]
    [[ "$output" == *"hidden_size"* ]]
}
@test "safetensors alone" {
    run -0 inspect --json "$tiny/model.safetensors"
    [ "$(jq .parameters <<<"$output")" = "$(inspect --json "$tiny" | jq .parameters)" ]
}
@test "GGUF: every type of metadata" {
    cp "$corpus/types" types.gguf
    run -0 inspect --json --metadata ./types.gguf
    [ "$(jq -c .metadata <<<"$output")" = '{"a":255,"b":-1,"c":65535,"d":-1,"e":4294967295,"f":-1,"g":1,"h":true,"i":"text","j":{"of":"string","n":2,"first":["x","yz"]},"k":18446744073709551615,"l":-1,"m":1}' ] ||
        [ "$(jq -c '.metadata | del(.k)' <<<"$output")" = '{"a":255,"b":-1,"c":65535,"d":-1,"e":4294967295,"f":-1,"g":1,"h":true,"i":"text","j":{"of":"string","n":2,"first":["x","yz"]},"l":-1,"m":1}' ]
    [[ "$output" == *'"k":18446744073709551615'* ]]
    run -0 inspect --metadata ./types.gguf
    [[ "$output" == *'string[2]'*'["x","yz"]'* ]]
}
@test "GGUF: tensors, rows first" {
    cp "$corpus/two" two.gguf
    run -0 inspect --json two.gguf
    [ "$(jq -c '.tensors[1]' <<<"$output")" = '{"name":"b","type":"Q8_0","shape":[2,32],"bytes":68}' ]
    [ "$(jq .parameters <<<"$output")" = 67 ]
}
@test "texts of any bytes come out harmless" {
    evil='\033[2J\007\0\r\n\302\233\342\200\256\377\300x'
    hostile "$evil" "$evil" "$evil" >evil.gguf
    run -0 inspect --metadata evil.gguf
    [ "$(LC_ALL=C tr -d '\n' <<<"$output" | LC_ALL=C grep -c '[[:cntrl:]]')" = 0 ]
    [[ "$output" == *'\u{1b}[2J\u{7}\u{0}\u{d}\u{a}\u{9b}\u{202e}'* ]]
    iconv -f UTF-8 -t UTF-8 <<<"$output" >/dev/null
    inspect --metadata --json evil.gguf >evil.json
    iconv -f UTF-8 -t UTF-8 evil.json >/dev/null
    [ "$(wc -l <evil.json)" = 1 ]
    [ "$(jq '.tensors[0].name | explode | .[0]' evil.json)" = 27 ]
    [ "$(LC_ALL=C tr -d '\n' <evil.json | LC_ALL=C grep -c '[[:cntrl:]]')" = 0 ]
}
@test "a megabyte of text is cut" {
    hostile key "$(head -c 1000000 /dev/zero | tr '\0' a)" t >long.gguf
    run -0 inspect --metadata long.gguf
    [ "${#output}" -lt 1500 ]
    [ "$(awk '{ if (length($0) > n) n = length($0) } END { print n }' <<<"$output")" -le 100 ]
    run -0 inspect --metadata --json long.gguf
    [ "$(jq '.metadata.key | length' <<<"$output")" = 1003 ]
}
@test "a control character in an error message does not reach the terminal" {
    hostile 'a' 'b' '\033[2J' | head -c 120 >cut.gguf
    run -4 inspect cut.gguf
    [ "${#lines[@]}" = 1 ]
    [ "$(LC_ALL=C tr -d '\n' <<<"$output" | LC_ALL=C grep -c '[[:cntrl:]]')" = 0 ]
}
@test "what every reader must refuse: 4, one sentence" {
    for file in "$corpus"/*; do
        cp "$file" x.gguf
        run inspect x.gguf
        [ "$status" = 0 ] || { [ "$status" = 4 ] && [ "${#lines[@]}" = 1 ]; }
    done
    cp "$corpus/dims-wrap" x.gguf
    run -4 inspect x.gguf
    [[ "$output" == "inspect: x.gguf: tensor 'a': its shape overflows" ]]
}
@test "nothing there, nothing known: 4; wrong usage: 2" {
    run -4 inspect ./none
    [[ "$output" == *"'./none' is not there" ]]
    run -4 inspect nonesuch
    [[ "$output" == *"model 'nonesuch' is not here; run: textmill pull nonesuch" ]]
    mkdir empty
    run -4 inspect ./empty
    echo text >some.txt
    run -4 inspect ./some.txt
    [[ "$output" == *'of a known kind' ]]
    run -2 inspect
    run -2 inspect a b
    run -2 inspect --nonesuch
}
@test "output that cannot be written: 5" {
    full() { inspect "$tiny" >/dev/full; }
    run -5 full
}
@test "a closed pipe is no failure of its own" {
    inspect "$tiny" | head -n 1 >one
    [ "$(cat one)" = 'format         safetensors' ]
}
@test "each file of a folder, cut at any 1/64: 4, one sentence" {
    for file in config.json model.safetensors tokenizer.json; do
        rm -rf cut && cp -r "$tiny" cut && chmod -R u+w cut
        size=$(stat -c %s "$tiny/$file")
        for i in $(seq 0 63); do
            head -c $((size * i / 64)) "$tiny/$file" >cut/$file
            run -4 inspect ./cut
            [ "${#lines[@]}" = 1 ]
        done
    done
}
@test "a name with the models folder" {
    mkdir -p m/small
    cp "$corpus/two" m/small/weights.gguf
    export TEXTMILL_MODELS=m
    run -0 inspect --json small
    [ "$(jq .parameters <<<"$output")" = 67 ]
    cp "$corpus/two" m/small/other.gguf
    run -4 inspect small
    [[ "$output" == *'2 files'*'end in .gguf: name one' ]]
}

# The numbers are those of the Python packages gguf and safetensors.
real() {
    [ -d "$models/$1" ] || skip "model $1 is not here"
    run -0 inspect --json "$models/$1"
    [ "$(jq -c '[.parameters, (.tensors | length), .vocabulary, .context, .architecture]' <<<"$output")" = "$2" ]
}
@test "smollm2" {
    real smollm2 '[134515008,272,49152,8192,"llama"]'
    [ "$(jq -r .licence <<<"$output")" = apache-2.0 ]
}
@test "gemma3" {
    real gemma3 '[268098176,236,262144,32768,"gemma3"]'
}
@test "minilm" {
    real minilm '[22713216,104,30522,512,"bert"]'
}
@test "smollm2 cut at any 1/64: 4, one sentence" {
    [ -d "$models/smollm2" ] || skip "model smollm2 is not here"
    cp "$models"/smollm2/*.gguf cut.gguf && chmod u+w cut.gguf
    size=$(stat -c %s cut.gguf)
    for i in $(seq 63 -1 0); do
        truncate -s $((size * i / 64)) cut.gguf
        run -4 inspect cut.gguf
        [ "${#lines[@]}" = 1 ]
    done
}

@test "a model for images and texts: the sizes of its part for texts" {
    run -0 inspect --json "$BATS_TEST_DIRNAME/../golden/tiny-decoders/gemma3-images"
    jq -e '.architecture == "gemma3" and .width == 32 and .layers == 7 and .vocabulary == 64' <<<"$output"
}
