#!/usr/bin/env bats
# chunk: pieces of texts, a record each. The contract of records is in records.bats.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    PATH=$PWD/${TEXTMILL_OUT:-build}/bin:$PATH
    tiny=./tests/golden/tiny-bert/f32
    dir=$BATS_TEST_TMPDIR
    two='{ "id":9007199254740993,"text":"One. \"Two\" é.\n\nThree.","x":1.0 }'
}

@test "a record for each sentence; every other byte stays, the text is the piece" {
    run -0 chunk <<<"$two"
    [ "${#lines[@]}" = 3 ]
    [ "${lines[0]}" = '{ "id":9007199254740993,"text":"One.","x":1.0 ,"_chunk":{"i":0,"n":3,"bytes":[0,4],"chars":[0,4]}}' ]
    [ "${lines[1]}" = '{ "id":9007199254740993,"text":"\"Two\" é.","x":1.0 ,"_chunk":{"i":1,"n":3,"bytes":[5,14],"chars":[5,13]}}' ]
}
@test "--by=paragraphs; -n packs units, --overlap repeats them" {
    [ "$(chunk --by=paragraphs -r <<<"$two")" = $'One. "Two" é.\nThree.' ]
    [ "$(chunk -n 100 -m "$tiny" -r <<<"$two")" = 'One. "Two" é.\n\nThree.' ]
    echo '{"text":"Ab. Ab. Ab. Ab. Ab."}' >"$dir/in"
    [ "$(chunk -n 6 -m "$tiny" -r "$dir/in" | paste -sd'|')" = 'Ab. Ab.|Ab. Ab.|Ab.' ]
    [ "$(chunk -n 6 --overlap=1 -m "$tiny" -r "$dir/in" | paste -sd'|')" = 'Ab. Ab.|Ab. Ab.|Ab. Ab.|Ab. Ab.' ]
    run -0 chunk --by=tokens -n 4 -m "$tiny" "$dir/in"
    [ "$(jq -sc 'map(._chunk.tokens)' <<<"$output")" = '[4,4,4,3]' ]
}
@test "offsets are those of the source, in bytes and in characters" {
    jq -c '{text: .text, s: .text}' samples/../tests/golden/minilm-own.jsonl >"$dir/in"
    for o in '' '--by=paragraphs' "-n 7 --overlap=2 -m $tiny" "--by=tokens -n 5 -m $tiny"; do
        # shellcheck disable=SC2086
        chunk $o "$dir/in" >"$dir/out"
        [ "$(jq -c 'select(.text != (.s[._chunk.chars[0]:._chunk.chars[1]]) or
            (.text | utf8bytelength) != ._chunk.bytes[1] - ._chunk.bytes[0])' "$dir/out")" = '' ]
        [ "$(wc -l <"$dir/out")" -ge "$(wc -l <"$dir/in")" ]
    done
}
@test "a text without a word is one piece" {
    [ "$(chunk <<<'{"text":""}')" = '{"text":"","_chunk":{"i":0,"n":1,"bytes":[0,0],"chars":[0,0]}}' ]
    [ "$(chunk <<<'{"text":" \n"}' | jq -c '[.text, ._chunk.n]')" = '[" \n",1]' ]
}
@test "-o keeps the text; -i names what is replaced; a path needs -o" {
    run -0 chunk -o piece <<<'{"text":"Ab cd. Ef gh."}'
    [ "$(jq -sc 'map([.text, .piece])' <<<"$output")" = '[["Ab cd. Ef gh.","Ab cd."],["Ab cd. Ef gh.","Ef gh."]]' ]
    run -0 chunk -i body <<<'{"body":"Ab cd. Ef gh.","text":1}'
    [ "$(jq -sc 'map([.body, .text])' <<<"$output")" = '[["Ab cd.",1],["Ef gh.",1]]' ]
    run -2 chunk -i .a.b <<<'{"a":{"b":"x"}}'
    run -0 chunk -i .a.b -o piece <<<'{"a":{"b":"x"}}'
    run -1 chunk <<<'{"text":"a","_chunk":1}'
    [[ $output == *exists* ]]
}
@test "the equation: in is done and rejected, out is all pieces" {
    printf '%s\n' "$two" '' '{"text":1}' '{"text":"x","_error":{}}' "$two" |
        chunk -q --stats="$dir/stats" >"$dir/out" || [ $? = 1 ]
    [ "$(jq -c '[.in, .blank, .done, .passed, .rejected, .out]' "$dir/stats")" = '[5,1,2,1,1,7]' ]
    [ "$(wc -l <"$dir/out")" = 7 ]
}
@test "same bytes for any threads, window, repeats, and in company" {
    for i in $(seq 200); do
        printf '{"i":%d,"text":"%s"}\n' "$i" "$(printf 'Word %.0s. The next' $(seq $((i % 9 + 1))))"
    done >"$dir/in"
    for how in '' "-n 9 --overlap=1 -m $tiny"; do
        # shellcheck disable=SC2086
        chunk -j1 $how "$dir/in" >"$dir/want"
        for o in -j3 --batch=1 --batch=7 --dedup '--dedup --batch=3 -j2' --mem=1M; do
            # shellcheck disable=SC2086
            chunk $o $how "$dir/in" | cmp "$dir/want" -
        done
    done
}
@test "options that contradict each other: 2; a model that is not there: 4" {
    run -2 chunk --by=words <<<''
    run -2 chunk --by=tokens <<<''
    run -2 chunk --overlap=1 <<<''
    run -2 chunk -m "$tiny" <<<''
    run -4 chunk -n 5 -m ./nonesuch <<<'{"text":"a"}'
}
@test "a megabyte without a stop, and of stops: in time" {
    for c in 'a ' '. ' 水 'A. '; do
        # shellcheck disable=SC2046
        printf "{\"text\":\"%s\"}\n" "$(printf "$c%.0s" $(seq 300000))" >"$dir/in"
        timeout 60 chunk "$dir/in" >"$dir/out"
        timeout 100 chunk -n 100 --overlap=2 -m "$tiny" "$dir/in" >"$dir/out"
    done
}

# ---- --join ----

@test "--join: what chunk cut comes back to the byte, but for white space" {
    for o in '' '--by=paragraphs' "-n 7 -m $tiny" "--by=tokens -n 5 -m $tiny"; do
        # shellcheck disable=SC2086
        chunk $o <<<"$two" | chunk --join >"$dir/out"
        [ "$(cat "$dir/out")" = '{ "id":9007199254740993,"text":"One. \"Two\" é. Three.","x":1.0 }' ] ||
            { [ "$o" != '' ] && [ "$(cat "$dir/out")" = "$two" ]; }
    done
    jq -c '.text |= gsub("\\s+"; " ") | .text |= ltrimstr(" ") | .text |= rtrimstr(" ")' tests/golden/minilm-own.jsonl >"$dir/in"
    chunk "$dir/in" | chunk --join >"$dir/out"
    jq -c .text "$dir/in" | cmp - <(jq -c .text "$dir/out")
    chunk --by=tokens -n 3 -m "$tiny" "$dir/in" | chunk --join | jq -c .text | cmp - <(jq -c .text "$dir/in")
}
@test "--join: results of pieces, texts and lists; --between; others pass" {
    chunk -o piece <<<"$two" | jq -c '.up = (.piece | ascii_upcase) | .words = (.piece / " ")' >"$dir/in"
    [ "$(chunk --join -i up "$dir/in" | jq -r .up)" = 'ONE. "TWO" é. THREE.' ]
    [ "$(chunk --join -i up --between=' / "' "$dir/in" | jq -r .up)" = 'ONE. / ""TWO" é. / "THREE.' ]
    [ "$(chunk --join -i words "$dir/in" | jq -c .words)" = '["One.","\"Two\"","é.","Three."]' ]
    [ "$(echo '{"text":"a","n":1.0}' | chunk --join)" = '{"text":"a","n":1.0}' ]
    [ "$(echo '{"_chunk":{"i":0,"n":1,"bytes":[0,1]} , "text":"a"}' | chunk --join)" = '{"text":"a"}' ]
    [ "$(echo '{"_chunk":{"i":0,"n":1,"bytes":[0,1]},"words":[ ] }' | chunk --join -i words)" = '{"words":[] }' ]
}
@test "--join: a piece that is missing, of another source, that overlaps: all are rejected" {
    { chunk <<<"$two"; chunk <<<'{"text":"It is. So it was."}'; } >"$dir/in"
    for lost in 1 2 3; do
        rm -f "$dir/r"
        run -1 chunk --join --errors="$dir/e" --rejects="$dir/r" --stats="$dir/s" <(sed "${lost}d" "$dir/in")
        [ "$output" = '{"text":"It is. So it was."}' ]
        [ "$(jq -r .code "$dir/e" | sort -u)" = missing ]
        sed "${lost}d" "$dir/in" | head -2 | cmp - "$dir/r"
        jq -e '.in == 4 and .done == 1 and .blank == 1 and .rejected == 2 and .out == 1' "$dir/s"
    done
    run -1 chunk --join --errors="$dir/e" <(sed 4d "$dir/in")
    [ "${#lines[@]}" = 1 ]
    jq -c '._src = {a: ._chunk.i}' "$dir/in" >"$dir/src"
    run -1 chunk --join --errors="$dir/e" "$dir/src"
    [ "$output" = '' ]
    echo '{"text":"Ab. Ab. Ab. Ab. Ab."}' | chunk -n 6 --overlap=1 -m "$tiny" >"$dir/over"
    run -1 chunk --join --errors="$dir/e" "$dir/over"
    [ "$(jq -r .code "$dir/e" | sort -u)" = range ]
    printf '%s\n' '{"text":1,"_chunk":{"i":0,"n":1,"bytes":[0,1]}}' '{"text":"a","_chunk":1}' \
        '{"text":"a","_chunk":{"i":3,"n":2,"bytes":[0,1]}}' 'x' '[1]' >"$dir/bad"
    run -1 chunk --join --errors="$dir/e" "$dir/bad"
    [ "$(jq -r .code "$dir/e" | paste -sd,)" = type,type,type,json,not-object ]
    run -2 chunk --join -n 3 "$dir/in"
    run -2 chunk --join -T "$dir/in"
    run -2 chunk --between=x "$dir/in"
}
