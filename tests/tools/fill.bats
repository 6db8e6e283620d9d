#!/usr/bin/env bats
# fill: words as transformers ranks them, the text filled in, masks that are none, records.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    models=./tests/golden/tiny-encoders
    tiny=$models/bert-mlm
    in=$BATS_TEST_TMPDIR/in
    out=$BATS_TEST_TMPDIR/out
    # Masks at any place, some texts longer than the model takes.
    for i in $(seq 60); do
        printf '{"i":%d,"text":"%s [MASK] root%s"}\n' "$i" "$(seq -s ' ' $((i * 7 % 50)))" \
            "$([ $((i % 3)) = 0 ] && echo ' [MASK]ed')"
    done >"$in"
}

# holds FILTER [FILE]: there are records, and the filter is true for each
holds() {
    jq -es "length > 0 and all(.[]; $1)" "${@:2}" >/dev/null
}

@test "the words of transformers, of three architectures" {
    for arch in bert distilbert mpnet; do
        jq -c 'del(.fill_all)' "$models"/$arch-mlm/fill.jsonl |
            fill -m "$models"/$arch-mlm --precision=f32 -k 5 |
            jq -c '[.fill_all[] | map(.word)]' >"$out"
        jq -c '[.fill_all[] | map(.word)]' "$models"/$arch-mlm/fill.jsonl | cmp - "$out"
    done
}

@test "members: the text, the least score, and with -k all words" {
    echo 'the [MASK] failed [MASK]' >"$in"
    fill -T -m "$tiny" "$in" >"$out"
    holds 'keys_unsorted == ["text", "fill", "fill_score"]' "$out"
    fill -T -m "$tiny" -k 3 "$in" |
        holds '(.fill_all | length) == 2 and all(.fill_all[]; length == 3 and .[0].score >= .[1].score)
            and .fill_score == ([.fill_all[][0].score] | min)
            and .fill == "the \(.fill_all[0][0].word) failed \(.fill_all[1][0].word)"'
    fill -T -m "$tiny" -k 1 "$in" | jq -c 'del(.fill_all)' | jq -c . | cmp - <(jq -c . "$out")
    fill -T -r -m "$tiny" "$in" | cmp - <(jq -r .fill "$out")
    # More than there are: each word once, no special token.
    fill -T -m "$tiny" -k 1000 "$in" |
        holds 'all(.fill_all[]; (map(.word) | length > 50 and length == (unique | length)
            and (index("[MASK]") | not)) and (map(.score) | add) <= 1.00001)'
}

@test "a text without a mask is missing; other special tokens are text" {
    printf '%s\n' '{"text":"no mask"}' '{"text":""}' '{"text":"[mask] [CLS] <mask>"}' '{"text":"a [MASK]"}' >"$in"
    run -1 --separate-stderr fill -m "$tiny" --errors="$BATS_TEST_TMPDIR/errors" "$in"
    [ "$(jq -r .code "$BATS_TEST_TMPDIR/errors" | paste -sd,)" = missing,missing,missing ]
    [ "$(wc -l <<<"$output")" = 1 ]
    echo '[CLS] [MASK] [SEP] <s>' | fill -T -m "$tiny" | holds '.fill | startswith("[CLS] ") and endswith(" [SEP] <s>")'
    echo 'a <mask>' | fill -T -m "$models"/mpnet-mlm | holds '.fill != .text'
}

@test "same bytes: threads, windows, neighbours, repeats, levels; every precision" {
    for p in i8 i8b32 f32; do
        fill -m "$tiny" --precision=$p -k 4 -j1 "$in" >"$out"
        [ "$(wc -l <"$out")" = 60 ]
        for o in -j2 -j3 --batch=1 --batch=7 --mem=1M --dedup --linger=0 --no-cache; do
            fill -m "$tiny" --precision=$p -k 4 $o "$in" | cmp - "$out"
        done
        for isa in ref avx2 avx512; do
            TEXTMILL_ISA=$isa fill -m "$tiny" --precision=$p -k 4 "$in" | cmp - "$out"
        done
        shuf --random-source="$in" "$in" | fill -m "$tiny" --precision=$p -k 4 | sort | cmp - <(sort "$out")
    done
}

@test "a long text: windows, and it says so; truncate, skip, error" {
    long="$(seq -s ' ' 90) [MASK]"
    echo "$long" | fill -T -m "$tiny" | holds '._overlong.fill.how == "chunk" and .fill_score > 0'
    run -1 --separate-stderr fill -T -m "$tiny" --overlong=truncate <<<"$long"
    [[ $stderr == *missing* ]]
    echo "[MASK] $long" | fill -T -m "$tiny" --overlong=truncate |
        holds '._overlong.fill.kept == 32 and (.fill | endswith("[MASK]"))'
    echo "$long" | fill -T -m "$tiny" --overlong=skip | holds 'has("fill") | not'
    run -1 --separate-stderr fill -T -m "$tiny" --overlong=error <<<"$long"
    [[ $stderr == *overlong* ]]
}

@test "mistakes: 2; models without words for a mask: 4, one sentence" {
    for o in --top=1001 --top=-1 --top=x --overlong=maybe --precision=x; do
        run -2 --separate-stderr fill -T -m "$tiny" "$o" <<<a
        [ -z "$output" ] && [ -n "$stderr" ]
    done
    for m in ./nonexistent "$models"/bert-seq "$models"/bert-tok "$models"/roberta-mlm tests/golden/tiny-bert/f32; do
        run -4 --separate-stderr fill -T -m "$m" <<<a
        [ -z "$output" ] && [ "$(wc -l <<<"$stderr")" = 1 ]
    done
}

@test "a checkpoint cut, or with other shapes: 4" {
    cp -R "$tiny" "$BATS_TEST_TMPDIR/m"
    size=$(wc -c <"$tiny"/model.safetensors)
    for i in $(seq 0 15); do
        head -c $((size * i / 16)) "$tiny"/model.safetensors >"$BATS_TEST_TMPDIR/m/model.safetensors"
        run -4 --separate-stderr fill -T -m "$BATS_TEST_TMPDIR/m" <<<a
        [ "$(wc -l <<<"$stderr")" = 1 ]
    done
    cp "$tiny"/model.safetensors "$BATS_TEST_TMPDIR/m"
    for change in '.vocab_size=97' '.hidden_act="relu"' '.tie_word_embeddings=false'; do
        jq "$change" "$tiny"/config.json >"$BATS_TEST_TMPDIR/m/config.json"
        run -4 --separate-stderr fill -T -m "$BATS_TEST_TMPDIR/m" <<<a
        [ -z "$output" ] && [ "$(wc -l <<<"$stderr")" = 1 ]
    done
}
