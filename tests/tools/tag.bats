#!/usr/bin/env bats
# shellcheck disable=SC2016  # what is in single quotes is jq's
# tag: spans as transformers finds them, offsets, long texts, scores, what is refused.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    models=./tests/golden/tiny-encoders
    tiny=$models/bert-tok
    in=$BATS_TEST_TMPDIR/in
    out=$BATS_TEST_TMPDIR/out
}

# holds FILTER [FILE]: there are records, and the filter is true for each
holds() {
    jq -es "length > 0 and all(.[]; $1)" "${@:2}" >/dev/null
}

@test "the spans of transformers, of three architectures" {
    for arch in bert distilbert mpnet; do
        jq -c 'del(.tags)' "$models"/$arch-tok/tags.jsonl |
            tag -m "$models"/$arch-tok --precision=f32 |
            jq -c '[.tags[] | [.text, .label, .start, .end]]' >"$out"
        jq -c '[.tags[] | [.text, .label, .start, .end]]' "$models"/$arch-tok/tags.jsonl | cmp - "$out"
        [ "$(jq -s 'map(length) | add > 60' "$out")" = true ]
    done
}

@test "characters and bytes both cut the text out" {
    jq -c '{text}' "$models"/mpnet-tok/tags.jsonl | tag -m "$models"/mpnet-tok >"$out"
    holds '.text as $t | all(.tags[]; .text == $t[.start:.end] and .byte_end > .byte)' "$out"
    holds '[.tags[] | (.byte_end - .byte) - (.text | utf8bytelength)] | all(. == 0)' "$out"
    jq -es 'any(.[].tags[]; .byte > .start)' "$out"
}

@test "--min-score leaves out, and changes nothing else" {
    jq -c '{text}' "$models"/bert-tok/tags.jsonl >"$in"
    tag -m "$tiny" "$in" | jq -c '[.tags[] | select(.score >= 0.6)]' >"$out"
    tag -m "$tiny" --min-score=0.6 "$in" | jq -c .tags | cmp - "$out"
    jq -es 'map(length) | add > 5' "$out"
}

@test "no text, no tags" {
    printf '{"text":""}\n{"text":" \\t\\n"}\n' | tag -m "$tiny" | holds '.tags == []'
}

@test "a long text: windows, and it says so; truncate, skip, error" {
    long="$(seq -s ' ' 90) error"
    echo "$long" | tag -T -m "$tiny" >"$out"
    holds '._overlong.tags.how == "chunk" and ._overlong.tags.tokens == ._overlong.tags.kept
        and .tags[-1].end > 200' "$out"
    echo "$long" | tag -T -m "$tiny" --overlong=truncate |
        holds '._overlong.tags.kept == 32 and all(.tags[]; .end < 85)'
    echo "$long" | tag -T -m "$tiny" --overlong=skip | holds 'has("tags") | not'
    run -1 --separate-stderr tag -T -m "$tiny" --overlong=error <<<"$long"
    [[ $stderr == *overlong* ]]
}

@test "special tokens in a text are plain text" {
    echo 'error [CLS] root [MASK]' | tag -T -m "$tiny" --stats="$BATS_TEST_TMPDIR/stats" >/dev/null
    echo 'error [ CLS ] root [ MASK ]' | tag -T -m "$tiny" --stats="$BATS_TEST_TMPDIR/stats2" >/dev/null
    [ "$(jq .tokens "$BATS_TEST_TMPDIR/stats")" = "$(jq .tokens "$BATS_TEST_TMPDIR/stats2")" ]
}

@test "mistakes: 2; models without labels of tokens: 4, one sentence" {
    for o in --min-score=2 --min-score=-1 --min-score=nan --overlong=maybe --precision=x; do
        run -2 --separate-stderr tag -T -m "$tiny" "$o" <<<a
        [ -z "$output" ] && [ -n "$stderr" ]
    done
    for m in ./nonexistent "$models"/bert-seq "$models"/bert-mlm "$models"/roberta-tok tests/golden/tiny-bert/f32; do
        run -4 --separate-stderr tag -T -m "$m" <<<a
        [ -z "$output" ] && [ "$(wc -l <<<"$stderr")" = 1 ]
    done
    run -4 --separate-stderr tag -T <<<a
    [ -n "$stderr" ]
}

@test "a checkpoint cut, or with other shapes: 4" {
    cp -R "$tiny" "$BATS_TEST_TMPDIR/m"
    size=$(wc -c <"$tiny"/model.safetensors)
    for i in $(seq 0 15); do
        head -c $((size * i / 16)) "$tiny"/model.safetensors >"$BATS_TEST_TMPDIR/m/model.safetensors"
        run -4 --separate-stderr tag -T -m "$BATS_TEST_TMPDIR/m" <<<a
        [ "$(wc -l <<<"$stderr")" = 1 ]
    done
    cp "$tiny"/model.safetensors "$BATS_TEST_TMPDIR/m"
    for change in 'del(.id2label["4"])' '.id2label["5"]="x"' '.id2label["0"]=0' '.hidden_size=23' \
        '.architectures=["BertModel"]' '.architectures=[]' '.num_hidden_layers=3'; do
        jq "$change" "$tiny"/config.json >"$BATS_TEST_TMPDIR/m/config.json"
        run -4 --separate-stderr tag -T -m "$BATS_TEST_TMPDIR/m" <<<a
        [ -z "$output" ] && [ "$(wc -l <<<"$stderr")" = 1 ]
    done
}
