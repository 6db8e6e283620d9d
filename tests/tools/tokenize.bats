#!/usr/bin/env bats
# tokenize: what it writes, both ways. The contract of records is in records.bats.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    PATH=$PWD/build/bin:$PATH
    tiny=$BATS_TEST_TMPDIR/tiny
    mkdir "$tiny"
    # Our own small tokenizer, with the sections that its rows would add.
    jq -c --argjson more "$(head -n 1 tests/golden/wordpiece.jsonl)" '. + $more' \
        tests/golden/wordpiece.json >"$tiny/tokenizer.json"
}

# The result of tokenize -r on one text.
tokens() {
    jq -cn --arg t "$1" '{text: $t}' | tokenize -m "$tiny" -r "${@:2}"
}

@test "ids, pieces, count" {
    [ "$(tokens 'hello ab' --pieces)" = '["[CLS]","hello","a","##b","[SEP]"]' ]
    [ "$(tokens 'hello ab' --count)" = 5 ]
    want=$(jq -c '.model.vocab as $v | ["[CLS]","hello","a","##b","[SEP]"] | map($v[.])' "$tiny/tokenizer.json")
    [ "$(tokens 'hello ab')" = "$want" ]
}
@test "the record's bytes stay, the member comes last" {
    run -0 tokenize -m "$tiny" --count <<<'{ "x":1.0 ,"text":"a"  }'
    [ "$output" = '{ "x":1.0 ,"text":"a","tokens":3  }' ] || [ "$output" = '{ "x":1.0 ,"text":"a"  ,"tokens":3}' ]
}
@test "empty text: the frame alone; nothing without it" {
    [ "$(tokens '' --pieces)" = '["[CLS]","[SEP]"]' ]
    [ "$(tokens ' ' --no-special)" = '[]' ]
}
@test "--offsets count code points" {
    run -0 tokenize -m "$tiny" --offsets --no-special --pieces <<<'{"text":"é 😀 ab"}'
    [ "$(jq -c .tokens_offsets <<<"$output")" = '[[0,1],[2,3],[4,5],[5,6]]' ]
}
@test "special tokens in the text are text, unless --special" {
    [ "$(tokens '[MASK]' --no-special --pieces | jq length)" -gt 1 ]
    [ "$(tokens '[MASK]' --no-special --pieces --special)" = '["[MASK]"]' ]
}
@test "-o names both members" {
    run -0 tokenize -m "$tiny" -o t --offsets <<<'{"text":"a"}'
    [ "$(jq -c keys <<<"$output")" = '["t","t_offsets","text"]' ]
}
@test "-d joins; --no-special leaves [CLS] out" {
    ids=$(tokens 'hello world. abc')
    [ "$(tokenize -m "$tiny" -d -r <<<"{\"tokens\":$ids}")" = '[CLS] hello world. abc [SEP]' ]
    [ "$(tokenize -m "$tiny" -d -r --no-special <<<"{\"tokens\":$ids}")" = 'hello world. abc' ]
    [ "$(tokenize -m "$tiny" -d -r <<<'{"tokens":[ ]}')" = '' ]
}
@test "-d: what is no token is type or range" {
    for bad in '[1,2.5]:type' '["a"]:type' '[1e3]:type' '[[1]]:type' '[99999999999]:type' '[-1]:range' '[9999999]:range' '5:type' 'null:missing'; do
        run -1 --separate-stderr tokenize -m "$tiny" -d <<<"{\"tokens\":${bad%:*}}"
        [ -z "$output" ]
        # shellcheck disable=SC2154 # run sets it
        [[ "$stderr" == *": ${bad##*:}: "* ]]
    done
}
@test "-d of JSON written with white space" {
    [ "$(tokenize -m "$tiny" -d -r <<<'{"tokens": [ 2 ,	3 ] }')" = '[CLS] [SEP]' ]
}
@test "options that do not go together: 2" {
    for o in "-d --count" "-d --pieces" "-d --offsets" "-d --special" "--count --pieces" "--count --offsets"; do
        # shellcheck disable=SC2086
        run -2 tokenize -m "$tiny" $o </dev/null
    done
}
@test "a model that asks for what is not known: 4, by name" {
    for change in '.normalizer = {type: "Precompiled"}' '.pre_tokenizer = {type: "Split"}' \
        '.model.type = "Unigram"' '.decoder = {type: "Fuse"}' '.post_processor = {type: "ByteLevel"}'; do
        mkdir -p "$BATS_TEST_TMPDIR/odd"
        jq -c "$change" "$tiny/tokenizer.json" >"$BATS_TEST_TMPDIR/odd/tokenizer.json"
        run -4 tokenize -m "$BATS_TEST_TMPDIR/odd" <<<'{"text":"a"}'
        [[ "$output" == *"${change#*\"}"* ]] || [[ "$output" == *"$(grep -oE '[A-Z][A-Za-z]+' <<<"$change")"* ]]
    done
}
@test "no tokenizer.json: 4" {
    mkdir "$BATS_TEST_TMPDIR/none"
    run -4 tokenize -m "$BATS_TEST_TMPDIR/none" <<<'{"text":"a"}'
}
@test "a 1 MB word, 50,000 marks, 300 kB of one letter: quick" {
    local word marks kept same
    word=$(head -c 1000000 /dev/zero | tr '\0' x)
    marks=$(printf '\xcc\x81%.0s' $(seq 50000))           # all stripped
    kept=$(printf '\xe3\x80\xae\xcc\x81%.0s' $(seq 25000)) # every other one stays
    same=$(printf '\xc3\xa9%.0s' $(seq 300000))
    for text in "$word" "a$marks" "$kept" "$same"; do
        printf '{"text":"%s"}\n' "$text" >"$BATS_TEST_TMPDIR/in"
        n=$(timeout 5 tokenize -m "$tiny" -r --count "$BATS_TEST_TMPDIR/in")
        [ "$n" = 3 ]
    done
}
@test "every row of the reference through the tool" {
    rows=$BATS_TEST_TMPDIR/rows
    jq -c 'select(.text != null)' <(sed -n '2,/^{"normalizer"/{/^{"normalizer"/!p}' tests/golden/wordpiece.jsonl) >"$rows"
    [ "$(wc -l <"$rows")" -gt 40 ]
    jq -c 'select(.special != false) | {text}' "$rows" | tokenize -m "$tiny" --special --offsets |
        jq -c '[.tokens, .tokens_offsets]' >"$BATS_TEST_TMPDIR/got"
    jq -c 'select(.special != false) | [.ids, .offsets]' "$rows" | cmp - "$BATS_TEST_TMPDIR/got"
    jq -c '{tokens: .ids}' "$rows" | tokenize -m "$tiny" -d --no-special | jq .text >"$BATS_TEST_TMPDIR/got"
    jq .decoded "$rows" | cmp - "$BATS_TEST_TMPDIR/got"
}

# GGUF: a file that the unit tests of the reader have built, with <end> as token 259.
gguf() {
    cp "$BATS_TEST_DIRNAME/../fuzz/corpus/tokgguf/bpe-00" "$BATS_TEST_TMPDIR/small.gguf"
    echo "$BATS_TEST_TMPDIR/small.gguf"
}
@test "GGUF: a file, and a folder with one; there and back" {
    file=$(gguf)
    run -0 tokenize -m "$file" --pieces <<<'{"text":"hello"}'
    [ "$(jq -c .tokens <<<"$output")" = '["<end>","hell","o"]' ]
    run -0 tokenize -m "$BATS_TEST_TMPDIR" --no-special <<<'{"text":"hello \u0000 é"}'
    [ "$(tokenize -m "$file" -d <<<"{\"tokens\":$(jq -c .tokens <<<"$output")}" | jq -c .text)" = '"hello \u0000 é"' ]
    tokenize -m "$file" --stats="$BATS_TEST_TMPDIR/stats" <<<'{"text":"a"}' >/dev/null
    [ "$(jq -r .model_sha256 "$BATS_TEST_TMPDIR/stats")" = "$(sha256sum <"$file" | cut -c 1-64)" ] ||
        grep -q "$(sha256sum <"$file" | cut -c 1-64)" "$BATS_TEST_TMPDIR/stats"
}
@test "GGUF: cut anywhere, or with a tokenizer that is not known: 4" {
    file=$(gguf)
    size=$(stat -c %s "$file")
    for i in $(seq 0 63); do
        head -c $((size * i / 64)) "$file" >"$BATS_TEST_TMPDIR/cut.gguf"
        run -4 tokenize -m "$BATS_TEST_TMPDIR/cut.gguf" <<<'{"text":"a"}'
        [ "${#lines[@]}" = 1 ]
    done
    sed 's/gpt2/none/' "$file" >"$BATS_TEST_TMPDIR/none.gguf"
    run -4 tokenize -m "$BATS_TEST_TMPDIR/none.gguf" <<<'{"text":"a"}'
    [[ "$output" == *"'none' is not supported" ]]
}
