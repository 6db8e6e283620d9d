#!/usr/bin/env bats
# summarize: which sentences, how many, and what comes of odd texts; the words of a model, long
# texts in pieces; by tiny models, and by minilm where it has been pulled.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    tiny=./tests/golden/tiny-bert/f32
    lm=./tests/golden/tiny-lm
    in=$BATS_TEST_TMPDIR/in
    out=$BATS_TEST_TMPDIR/out
    errors=$BATS_TEST_TMPDIR/errors
}

# one TEXT [OPTION...]: the summary of one text (a JSON string without its quotes)
one() {
    printf '{"text":"%s"}\n' "$1" | summarize -m "$tiny" "${@:2}" | jq -r .summary
}

@test "so many sentences of the text, in its order, as they are" {
    text='The disk is full.  The user has an \"error\".\n\nThe session for user root. A server. The end of it'
    for n in 1 2 3 4; do
        one "$text" --extract=$n >"$out"
        [ "$(wc -l <"$out")" = 1 ]
        # Each is one of the text's, and they rise.
        python3 - "$out" "$n" <<'PY'
import sys
s = ['The disk is full.', 'The user has an "error".', 'The session for user root.', 'A server.', 'The end of it']
text, n = open(sys.argv[1]).read().rstrip('\n'), int(sys.argv[2])
import itertools
assert text in [' '.join(c) for c in itertools.combinations(s, n)], text
PY
    done
    [ "$(one "$text" --extract=5)" = 'The disk is full. The user has an "error". The session for user root. A server. The end of it' ]
    [ "$(one "$text" --extract=9)" = "$(one "$text" --extract=5)" ]
}

@test "a text without a sentence has an empty summary; one sentence is its own" {
    [ "$(printf '{"text":"%s"}\n' '' ' \n ' 'the end' | summarize -m "$tiny" --extract=2 | jq -c .summary | paste -sd,)" = '"","","the end"' ]
}

@test "what is said twice is not chosen twice" {
    text='The disk is full. The disk is full. The disk is full. A user on the server has an error.'
    [ "$(one "$text" --extract=2)" = 'The disk is full. A user on the server has an error.' ]
}

@test "--lang: where sentences end" {
    text='Am 3. Oktober ist frei. Das Ende.'
    [ "$(one "$text" --extract=1 --lang=de | cut -c 1-5)" != 'Okt' ]
    [ "$(one "$text" --extract=2 --lang=de)" = "$text" ]
}

@test "--overlong: of sentences, each by itself" {
    long=$(printf 'a %.0s' $(seq 40))end.
    short=$(printf 'A server. %.0s' $(seq 20))
    [ "$(one "$short" --extract=1)" = 'A server.' ]
    printf '{"text":"The disk. %s"}\n' "$long" >"$in"
    summarize -m "$tiny" --extract=1 "$in" | jq -e '._overlong.summary.how == "chunk" and has("summary")'
    summarize -m "$tiny" --extract=1 --overlong=skip "$in" | jq -e '._overlong.summary.how == "skip" and (has("summary") | not)'
    run -1 summarize -m "$tiny" --extract=1 --overlong=error --errors="$errors" "$in"
    [ "$(jq -r .code "$errors")" = overlong ]
}

@test "mistakes: no number of sentences, none, a model that is not there" {
    for o in --extract=0 --extract=-1 --extract=x; do
        run -2 --separate-stderr summarize -m "$tiny" ${o:+"$o"} </dev/null
        [ -z "$output" ] && [ -n "$stderr" ]
    done
    run -4 --separate-stderr summarize -m nonesuch --extract=1 <<<'{"text":"a"}'
    [ -z "$output" ]
}

@test "a model is asked; what it says is cut at --max-tokens, and says so" {
    echo '{"text":"The disk is full. The server is down. Call the admin now."}' >"$in"
    summarize -m "$lm" -n 5 "$in" | jq -e '.summary_cut and (.summary | length > 0)'
    # It is what generate answers to the same prompt.
    p=$(printf 'Summarize the following text in at most 5 words.\n\n{text}')
    [ "$(summarize -m "$lm" --words=5 -n 9 --penalty=1 "$in" | jq .summary)" = "$(generate -m "$lm" -p "$p" -n 9 "$in" |
        jq '.completion | sub("^[ \n]+"; "") | sub("[ \n]+$"; "")')" ]
    run -2 summarize -m "$lm" --style=poem "$in"
}

@test "--penalty: of the summary's own tokens, not of the text's; 1.2 by default" {
    echo '{"text":"The disk is full. The server is down."}' >"$in"
    s() { summarize -m "$lm" --words=2 "$@" "$in"; }
    # Below 1 what was there comes again; before the first token nothing was.
    s -n 1 --penalty=0.01 | cmp - <(s -n 1)
    run -1 cmp <(s -n 20 --penalty=0.01) <(s -n 20)
    p=$(printf 'Summarize the following text in at most 2 words.\n\n{text}')
    run -1 cmp <(generate -m "$lm" -p "$p" -n 1 --penalty=0.01 "$in") <(generate -m "$lm" -p "$p" -n 1 "$in")
    s -n 24 | cmp - <(s -n 24 --penalty=1.2)
}

@test "a long text is a tree of pieces, the same in any company" {
    jq -cn '[range(30)] | map("Line \(.) of the log: the disk \(. * 7) is full.") | {text: join(" ")},
        {text: "short"}, {text: (join("\n\n") * 2)}' >"$in"
    summarize -m "$lm" --words=2 -n 6 "$in" >"$out"
    jq -es '.[0]._overlong.summary.how == "chunk" and .[0]._overlong.summary.kept == .[0]._overlong.summary.tokens
        and (.[1] | has("_overlong") | not) and all(.[]; has("summary"))' "$out"
    summarize -m "$lm" --words=2 -n 6 -j1 --slots=2 --batch=1 "$in" | cmp - "$out"
    tac "$in" | summarize -m "$lm" --words=2 -n 6 | tac | cmp - "$out"
    summarize -m "$lm" --words=2 -n 6 --overlong=truncate "$in" |
        jq -es '.[2]._overlong.summary.how == "truncate" and .[2]._overlong.summary.kept < .[2]._overlong.summary.tokens'
}

@test "--dry-run counts the tokens of all sentences" {
    printf '{"text":"A server. The end."}\n' >"$in"
    n=$(summarize -m "$tiny" --extract=1 --stats="$out" "$in" >/dev/null && jq .tokens "$out")
    [ "$n" -gt 4 ]
    run -0 summarize -m "$tiny" --extract=1 --dry-run "$in"
    jq -e --argjson n "$n" '.tokens == $n' <<<"$output"
}

# tests/bench/rouge.py measures how good it is.
@test "minilm: what the text is about" {
    [ -d "${TEXTMILL_MODELS:-$HOME/.local/share/textmill/models}/minilm" ] || skip "minilm not pulled"
    text='I had coffee. The weather is fine. The server room was flooded last night after a pipe had burst. Eleven machines were lost in the flooded room. A plumber repaired the burst pipe. The mail server will be back on Monday.'
    printf '{"text":"%s"}\n' "$text" | summarize --extract=1 -r >"$out"
    [ "$(cat "$out")" = 'The server room was flooded last night after a pipe had burst.' ]
}

@test "smollm2: summaries may be long" {
    [ -d "${TEXTMILL_MODELS:-$HOME/.local/share/textmill/models}/smollm2" ] || skip "smollm2 not pulled"
    summarize -m smollm2 --words=400 </dev/null
    run -2 summarize -m smollm2 --words=1000 </dev/null
    [[ $output == *'no room'* ]]
}
