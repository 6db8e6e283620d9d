#!/usr/bin/env bats
# embed: vectors of a tiny model against sentence-transformers, formats, options, limits.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    tiny=./tests/golden/tiny-bert/f32
    in=$BATS_TEST_TMPDIR/in
    out=$BATS_TEST_TMPDIR/out
}

# holds FILTER [FILE]: there are records, and the filter is true for each
holds() {
    jq -es "length > 0 and all(.[]; $1)" "${@:2}" >/dev/null
}

# letters N: a text of N tokens for the tiny model, whose limit is 32, [CLS] and [SEP] included
letters() {
    seq "$1" | sed 's/.*/a/' | paste -sd' '
}

@test "the vectors that sentence-transformers gives, long texts truncated" {
    jq -c '{text}' "$tiny/vectors.jsonl" >"$in"
    embed -m "$tiny" --precision=f32 --overlong=truncate "$in" >"$out"
    paste -d'\n' "$tiny/vectors.jsonl" "$out" | jq -es '
        [range(0; length; 2) as $i | [.[$i].embedding, .[$i + 1].embedding]
         | transpose | map(.[0] * .[1]) | add]
        | length == 13 and min > 0.99999 and max < 1.00001'
}

@test "base64 holds the floats that json shows" {
    echo '{"text":"the error"}' | embed -m "$tiny" --format=base64 | jq -r .embedding |
        base64 -d | od -An -v -w4 -tf4 | tr -d ' ' >"$out"
    echo '{"text":"the error"}' | embed -m "$tiny" | jq '.embedding[]' >"$in"
    [ "$(wc -l <"$out")" = 32 ]
    paste "$in" "$out" | awk '{ d = $1 - $2; if (d * d > 1e-12) exit 1 }'
}

@test "numbers read back to the same floats: json and base64 agree to the bit" {
    echo '{"text":"session for user"}' | embed -m "$tiny" | jq -c .embedding |
        python3 -c 'import json, struct, sys, base64
v = json.load(sys.stdin); print(base64.b64encode(struct.pack("<%df" % len(v), *v)).decode())' >"$in"
    echo '{"text":"session for user"}' | embed -m "$tiny" --format=base64 -r >"$out"
    cmp "$in" "$out"
}

@test "--dims cuts, then scales; --no-normalize scales nothing" {
    echo 'the error' >"$in"
    embed -T -m "$tiny" --dims=4 "$in" | holds '.embedding
        | length == 4 and (map(. * .) | add | . > 0.99999 and . < 1.00001)'
    embed -T -m "$tiny" --no-normalize "$in" | holds '.embedding
        | length == 32 and (map(. * .) | add | . > 1.1 or . < 0.9)'
    whole=$(embed -T -m "$tiny" --no-normalize "$in" | jq -c '.embedding[:4]')
    [ "$(embed -T -m "$tiny" --no-normalize --dims=4 "$in" | jq -c .embedding)" = "$whole" ]
}

@test "--pool=cls is another vector; the model's own is mean" {
    echo 'the error' >"$in"
    embed -T -m "$tiny" "$in" >"$out"
    embed -T -m "$tiny" --pool=mean "$in" | cmp - "$out"
    embed -T -m "$tiny" --pool=cls "$in" >"$BATS_TEST_TMPDIR/cls"
    run -1 cmp -s "$BATS_TEST_TMPDIR/cls" "$out"
}

@test "--overlong: chunk says so, truncate, skip and error do as they say" {
    printf '{"text":"%s"}\n' "$(letters 30)" "$(letters 31)" >"$in"
    embed -m "$tiny" "$in" | jq -c '[._overlong.embedding, (.embedding | length)]' >"$out"
    [ "$(sed -n 1p "$out")" = '[null,32]' ]
    [ "$(sed -n 2p "$out")" = '[{"tokens":33,"kept":33,"how":"chunk"},32]' ]
    embed -m "$tiny" --overlong=truncate "$in" | jq -c '[._overlong.embedding, (.embedding | length)]' >"$out"
    [ "$(sed -n 2p "$out")" = '[{"tokens":33,"kept":32,"how":"truncate"},32]' ]
    embed -m "$tiny" --overlong=skip "$in" | jq -c '[._overlong.embedding, has("embedding")]' >"$out"
    [ "$(sed -n 1p "$out")" = '[null,true]' ]
    [ "$(sed -n 2p "$out")" = '[{"tokens":33,"kept":0,"how":"skip"},false]' ]
    rm "$out"
    run -1 --separate-stderr embed -m "$tiny" --overlong=error --errors="$out" "$in"
    [ "${#lines[@]}" = 1 ]
    [ "$(jq -r '[.line, .code, .msg] | join(" ")' "$out")" = '2 overlong 33 tokens, the model takes 32' ]
}

@test "empty and blank texts have one vector" {
    printf '{"text":""}\n{"text":" \\n"}\n{"text":"\\u0000"}\n' | embed -m "$tiny" |
        jq -c .embedding | sort -u >"$out"
    [ "$(wc -l <"$out")" = 1 ]
    holds 'length == 32 and (map(. * .) | add > 0.99)' "$out"
}

@test "--dry-run counts tokens and long texts and runs nothing" {
    printf '{"text":"%s"}\n' "$(letters 3)" "$(letters 40)" >"$in"
    run -0 embed -m "$tiny" --dry-run "$in"
    holds '.records == 2' <<<"$output"
    [[ $output != *embedding\":\[* ]]
}

@test "--stats names the model, its hash and the arithmetic" {
    sum=$(sha256sum "$tiny/model.safetensors")
    for p in '' i8 i8b32 f32; do
        echo a | embed -T -m "$tiny" ${p:+--precision=$p} --stats="$out" >/dev/null
        jq -e --arg sum "${sum%% *}" --arg p "${p:-i8}" '.model.sha256 == $sum
            and .model.precision == $p and .model.name == "f32"' "$out"
    done
}

@test "mistakes: 2 for options, 4 for models, with a message, and nothing goes out" {
    for o in --format=xml --pool=max --dims=33 --precision=f8 --overlong=no; do
        run -2 --separate-stderr embed -T -m "$tiny" "$o" <<<a
        [ -z "$output" ] && [ -n "$stderr" ]
    done
    for m in ./tests ./nonexistent nonesuch ./tests/golden/tiny-bert/odd; do
        run -4 --separate-stderr embed -T -m "$m" <<<a
        [ -z "$output" ] && [ -n "$stderr" ]
    done
}

@test "--precision: i8 where none is named; --help and a mistake say which there are" {
    echo 'session for user' >"$in"
    for p in i8 i8b32 f32; do
        embed -T -m "$tiny" --precision=$p "$in" >"$BATS_TEST_TMPDIR/$p"
    done
    embed -T -m "$tiny" "$in" | cmp - "$BATS_TEST_TMPDIR/i8"
    run -1 cmp -s "$BATS_TEST_TMPDIR/f32" "$BATS_TEST_TMPDIR/i8" # it is looked at
    embed --help | grep -q -e '--precision.*i8, i8b32, i16, f32'
    for p in '' I8 i8b f16 i8,f32; do
        run -2 --separate-stderr embed -T -m "$tiny" --precision="$p" <<<a
        [[ $stderr == *"one of f32, i8, i8b32, i16, not '$p'"* ]]
    done
}

@test "a damaged model: 4, what and where" {
    cp -r "$tiny" "$BATS_TEST_TMPDIR/m"
    truncate -s -1 "$BATS_TEST_TMPDIR/m/model.safetensors"
    run -4 --separate-stderr embed -T -m "$BATS_TEST_TMPDIR/m" <<<a
    [[ $stderr == *model.safetensors*'beyond the end of the file'* ]]
    cp "$tiny/model.safetensors" "$BATS_TEST_TMPDIR/m/"
    sed -i 's/"gelu"/"relu"/' "$BATS_TEST_TMPDIR/m/config.json"
    run -4 --separate-stderr embed -T -m "$BATS_TEST_TMPDIR/m" <<<a
    [[ $stderr == *config.json*"hidden_act: 'relu'"* ]]
}

# The unit test has the bars of the other precisions.
@test "minilm: the golden texts of this repository" {
    [ -d "${TEXTMILL_MODELS:-$HOME/.local/share/textmill/models}/minilm" ] || skip "minilm not pulled"
    jq -c '{text}' tests/golden/minilm-own.jsonl >"$in"
    embed -m minilm --precision=f32 --overlong=truncate "$in" >"$out"
    paste -d'\n' tests/golden/minilm-own.jsonl "$out" | jq -es '
        [range(0; length; 2) as $i | [.[$i].embedding, .[$i + 1].embedding]
         | transpose | map(.[0] * .[1]) | add] | length == 22 and min > 0.99999'
}
