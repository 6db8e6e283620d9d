#!/usr/bin/env bats
# detect: what it writes. The contract of records is in records.bats. The small models of
# tests/golden/fasttext are fastText's own; lid176 is there after `pull lid176`.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    PATH=$PWD/${TEXTMILL_OUT:-build}/bin:$PATH
    small=./tests/golden/fasttext/hs-kept.ftz
    dir=$BATS_TEST_TMPDIR
}

need_lid() {
    models=${TEXTMILL_MODELS:-$HOME/.local/share/textmill/models}
    [ -d "$models/lid176" ] || skip "no model lid176: pull lid176"
}

@test "language and score, in this order, behind the record's bytes" {
    run -0 detect -m "$small" <<<'{ "x":1.0,"text":"die Mühle am Fluss"}'
    [[ $output == '{ "x":1.0,"text":"die Mühle am Fluss","lang":"de","lang_score":0.9'* ]]
}
@test "--top: the most probable, best first; no more than there are" {
    run -0 detect -m "$small" -k 2 <<<'{"text":"the miller"}'
    [ "$(jq -c '[.lang, (.lang_all | keys_unsorted | length), (.lang_all | keys_unsorted[0])]' <<<"$output")" = '["en",2,"en"]' ]
    run -0 detect -m "$small" --top=99 <<<'{"text":"the miller"}'
    [ "$(jq '.lang_all | length' <<<"$output")" = 5 ]
    [ "$(jq '.lang_all | [.[]] | . == (sort | reverse) and (add > 0.999)' <<<"$output")" = true ]
}
@test "--min-score: null below, the score stays" {
    run -0 detect -m "$small" --min-score=0.999999 <<<'{"text":"the wheel und"}'
    [ "$(jq -c '[.lang, (.lang_score | type)]' <<<"$output")" = '[null,"number"]' ]
    run -2 detect -m "$small" --min-score=2 <<<'{"text":"a"}'
}
@test "a text without a word is in no language" {
    for text in '' ' ' '\t\n\u0000'; do
        run -0 detect -m "$small" -k 1 <<<"{\"text\":\"$text\"}"
        [ "$(jq -c 'del(.text)' <<<"$output")" = '{"lang":null,"lang_score":null,"lang_all":{}}' ]
    done
}
@test "lines of a text are one text" {
    run -0 detect -m "$small" <<<'{"text":"die\nMühle"}'
    with=$(jq .lang_score <<<"$output")
    run -0 detect -m "$small" <<<'{"text":"die Mühle"}'
    [ "$with" = "$(jq .lang_score <<<"$output")" ]
}
@test "-o names the members, -r prints the language alone" {
    run -0 detect -m "$small" -o l -k 1 <<<'{"text":"o moinho"}'
    [ "$(jq -c 'keys' <<<"$output")" = '["l","l_all","l_score","text"]' ]
    run -0 detect -m "$small" -rT <<<'o moinho'
    [ "$output" = pt ]
}
@test "a model cut at every 1/64, longer, or of something else: 4, one line, before any record" {
    size=$(wc -c <"$small")
    for i in $(seq 0 64); do
        if [ "$i" = 64 ]; then
            (cat "$small" && echo) >"$dir/cut.ftz"
        else
            head -c $((size * i / 64)) "$small" >"$dir/cut.ftz"
        fi
        run -4 --separate-stderr detect -m "$dir/cut.ftz" <<<'{"text":"a"}'
        # shellcheck disable=SC2154 # stderr is set by run
        [ -z "$output" ] && [ "${stderr_lines[0]#*cut.ftz}" != "$stderr" ] && [ "${#stderr_lines[@]}" = 1 ]
    done
    run -4 detect -m ./README.md <<<'{"text":"a"}'
    run -4 detect -m ./nonesuch.ftz <<<'{"text":"a"}'
    TEXTMILL_MODELS=$dir run -4 detect -m nonesuch <<<'{"text":"a"}'
    [[ $output == *'textmill pull nonesuch'* ]]
}
@test "a folder with one model in it" {
    mkdir "$dir/m"
    cp "$small" "$dir/m/any.ftz"
    [ "$(detect -m "$dir/m" -rT <<<'o moinho')" = pt ]
    [ "$(TEXTMILL_MODELS=$dir detect -m m -rT <<<'o moinho')" = pt ]
    cp "$small" "$dir/m/other.ftz"
    run -4 detect -m "$dir/m" -rT <<<'o moinho'
}
@test "1 MB of one word, of letters, of marks: in time" {
    for c in 'a ' a ä . 水; do
        # shellcheck disable=SC2046 # many words
        printf "{\"text\":\"%s\"}\n" "$(printf "$c%.0s" $(seq 500000))" >"$dir/in"
        TEST_SECONDS=60 timeout 60 detect -m "$small" -r "$dir/in" >"$dir/out"
        [ "$(wc -l <"$dir/out")" = 1 ]
    done
}
@test "lid176 is the default: languages of the world" {
    need_lid
    while IFS='|' read -r want text; do
        run -0 detect -rT <<<"$text"
        [ "$output" = "$want" ] || { echo "$text: $output"; return 1; }
    done <<'TEXTS'
en|The wheel of the mill turns in the river.
de|Das Rad der Mühle dreht sich im Fluss.
pt|A roda do moinho gira no rio há muitos anos.
fr|La roue du moulin tourne dans la rivière.
ru|Колесо мельницы крутится в реке.
el|Ο τροχός του μύλου γυρίζει στο ποτάμι.
ja|水車は川の中で回っています。
zh|老磨坊的轮子在河里转了很多年，磨坊主把谷物磨成面粉。
ko|물레방아가 강에서 돌고 있습니다.
ar|تدور عجلة الطاحونة في النهر
hi|चक्की का पहिया नदी में घूमता है।
TEXTS
}
