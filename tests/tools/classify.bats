#!/usr/bin/env bats
# classify: labels from words and files, scores, null, long texts, mistakes.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    tiny=./tests/golden/tiny-bert/f32
    lm=./tests/golden/tiny-lm
    labels=(-l 'login=session opened for user' -l 'failure=error connection failed' -l port)
    in=$BATS_TEST_TMPDIR/in
    out=$BATS_TEST_TMPDIR/out
}

# holds FILTER [FILE]: there are records, and the filter is true for each
holds() {
    jq -es "length > 0 and all(.[]; $1)" "${@:2}" >/dev/null
}

@test "a text that is a description gets its label, with a score" {
    printf '%s\n' 'session opened for user' 'error connection failed' port |
        classify -T -m "$tiny" "${labels[@]}" >"$out"
    [ "$(jq -r .label "$out" | paste -sd' ')" = 'login failure port' ]
    jq -es 'all(.label_score > 0.5 and .label_score <= 1) and all(has("label_all") | not)' "$out"
}

@test "--all: every label in the order given, the sum is 1, the best is label" {
    echo 'password for root' | classify -T -m "$tiny" "${labels[@]}" --all >"$out"
    holds '(.label_all | keys_unsorted) == ["login", "failure", "port"]
        and (.label_all | add | . > 0.99999 and . < 1.00001)
        and .label_all[.label] == .label_score
        and (.label_all | map(.) | max) == .label_score' "$out"
}

@test "-L: a file; comments, blanks and CRLF; after -l" {
    printf '# kinds\r\n\nlogin = session opened for user\r\n  failure=error connection failed\nport' >"$in"
    echo 'root' | classify -T -m "$tiny" -L "$in" --all -l first >"$out"
    holds '(.label_all | keys_unsorted) == ["first", "login", "failure", "port"]' "$out"
    echo root | classify -T -m "$tiny" "${labels[@]}" --all >"$out"
    echo root | classify -T -m "$tiny" -L "$in" --all | cmp - "$out"
}

@test "--min-score: null below it, the score stays" {
    echo 'password for root' | classify -T -m "$tiny" "${labels[@]}" >"$out"
    score=$(jq .label_score "$out")
    echo 'password for root' | classify -T -m "$tiny" "${labels[@]}" --min-score=1 |
        holds ".label == null and .label_score == $score"
    echo 'password for root' | classify -T -m "$tiny" "${labels[@]}" --min-score=0.01 | cmp - "$out"
}

@test "--temperature: the same label, a surer score" {
    for t in 1 0.1 0.01; do
        echo 'password for root' | classify -T -m "$tiny" "${labels[@]}" --temperature=$t
    done >"$out"
    jq -es '(map(.label) | unique | length) == 1
        and .[0].label_score < .[1].label_score and .[1].label_score < .[2].label_score' "$out"
}

@test "names are written as JSON strings" {
    echo 'user' | classify -T -m "$tiny" -l $'q"\\\t\xc3\xa9=user' | holds '.label == "q\"\\\t\u00e9"'
    echo 'user' | classify -T -r -m "$tiny" -l 'a b=user' -l c >"$out"
    [ "$(cat "$out")" = 'a b' ]
}

@test "-o names all members; they exist: exists, -f replaces" {
    echo '{"text":"user"}' | classify -m "$tiny" -l a -l b -o mood --all >"$out"
    holds 'keys_unsorted == ["text", "mood", "mood_score", "mood_all"]' "$out"
    run -1 --separate-stderr classify -m "$tiny" -l a -l b -o mood --all "$out"
    [[ $stderr == *exists* ]]
    classify -f -m "$tiny" -l a -l b -o mood --all "$out" | cmp - "$out"
}

@test "a long text: chunks, and it says so" {
    long=$(seq 61 | sed 's/.*/a/' | paste -sd' ')
    echo "$long" | classify -T -m "$tiny" "${labels[@]}" |
        holds '._overlong.label == {"tokens": 63, "kept": 63, "how": "chunk"} and .label_score > 0'
    echo "$long" | classify -T -m "$tiny" "${labels[@]}" --overlong=skip |
        holds 'has("label") | not'
    run -1 --separate-stderr classify -T -m "$tiny" "${labels[@]}" --overlong=error <<<"$long"
    [[ $stderr == *overlong* ]]
}

@test "mistakes: 2, before anything is read" {
    run -2 --separate-stderr classify -T <<<a
    [[ $stderr == *'no labels'* ]]
    run -4 --separate-stderr classify -T -m "$tiny" <<<a
    [[ $stderr == *'architectures'* ]]
    run -2 --separate-stderr classify -T -m "$tiny" -l a -l a <<<a
    [[ $stderr == *"'a' is given twice"* ]]
    for o in -l= '-l=x' -l$'\xff' -L/nonexistent --min-score=2 --min-score=-1 --temperature=0 \
        --temperature=-1 --temperature=nan --overlong=maybe; do
        run -2 --separate-stderr classify -T -m "$tiny" -l b "$o" <<<a
        [ -z "$output" ] && [ -n "$stderr" ]
    done
    run -4 --separate-stderr classify -T -m ./nonexistent -l a <<<a
    [ -n "$stderr" ]
}

@test "minilm: labels of the samples make sense" {
    [ -d "${TEXTMILL_MODELS:-$HOME/.local/share/textmill/models}/minilm" ] || skip "minilm not pulled"
    printf '%s\n' 'Failed password for root from 203.0.113.9 port 41022 ssh2' \
        '"GET /index.html HTTP/1.1" 200 "curl"' 'Out of memory: Killed process 4242' |
        classify -T -L samples/log-labels.txt -r >"$out"
    [ "$(paste -sd, "$out")" = 'authentication,web request,memory' ]
}

@test "-m a checkpoint with labels of its own: as transformers has it" {
    dir=$(realpath "$BATS_TEST_DIRNAME/../golden/tiny-encoders/bert-seq")
    jq -c '{text, scores}' "$dir/labels.jsonl" >"$in"
    classify -m "$dir" --precision=f32 --all -o got "$in" >"$out"
    [ "$(wc -l <"$out")" -eq "$(wc -l <"$in")" ]
    jq -es 'all(. as $r | $r.scores | to_entries | all($r.got_all[.key] - .value | fabs < 1e-4))' "$out"
    jq -es 'all(.got as $l | .got_all[$l] == ([.got_all[]] | max))' "$out"
    run -2 classify -m "$dir" --temperature=0 "$in"
    run -4 classify -m "$(dirname "$dir")/bert-tok" "$in"
    [[ $output == *ForSequenceClassification* ]]
}

@test "-m a classifier of fastText: as fastText predicts, and no label without a word" {
    dir=$(realpath "$BATS_TEST_DIRNAME/../golden/fasttext")
    for model in hs-kept.ftz hs.bin; do
        jq -c --arg m "$model" 'select(.model == $m)' "$dir/predictions.jsonl" >"$in"
        [ -s "$in" ]
        classify -m "$dir/$model" --all -o got "$in" >"$out"
        jq -es 'length > 3 and all(. as $r | if .got == null then true else
            ([range(.label | length)] | all(. as $i |
                $r.prob[$i] - $r.got_all[$r.label[$i]] | fabs < 1e-3)) end)' "$out"
        jq -es 'map(select(.got)) | length > 3' "$out"
    done
    [ "$(echo '{"text":" "}' | classify -m "$dir/hs.bin")" = '{"text":" "}' ]
    run -2 classify -m "$dir/hs.bin" --precision=f32 "$in"
    run -4 classify -m ./nonesuch.ftz "$in"
}

# logp PROMPT LABEL...: log p(label | prompt) of each, by score
logp() {
    local l
    for l in '' "${@:2}"; do
        jq -cn --arg t "$1$l" '{text: $t}'
    done | score -m "$lm" --precision=f32 | jq -s 'map(.mean_nll * (.n_tokens - 1)) | .[0] as $p | .[1:] | map($p - .)'
}

@test "a language model: what score gives the labels, less what it gives them behind no text" {
    (logp $'Text: Hi there\n\nCategory:' ' good' ' very bad'
     for blank in '' N/A '[MASK]'; do logp "Text: $blank"$'\n\nCategory:' ' good' ' very bad'; done) >"$in"
    want=$(jq -s '.[0] as $f | (.[1:] | transpose | map(add / 3)) as $b |
        (($f[0] - $b[0]) - ($f[1] - $b[1])) | 1 / (1 + (- . | exp))' "$in")
    classify -T -m "$lm" --precision=f32 -l good -l bad='very bad' --all <<<'Hi there' >"$out"
    holds "(.label_all.good - $want | fabs) < 0.005 and (.label_all | keys_unsorted) == [\"good\", \"bad\"]
        and .label_all[.label] == .label_score" "$out"
    # 0.5: the ratio of the probabilities squared
    classify -T -m "$lm" --precision=f32 -l good -l bad='very bad' --all --temperature=0.5 <<<'Hi there' >"$in"
    jq -es '(.[0].label_all | .good / .bad) as $r | .[1].label_all | (.good / .bad / ($r * $r) - 1 | fabs) < 0.001' "$out" "$in"
}

@test "a language model: -p, of members and jq; the default is one, too" {
    echo '{"a":"Hi","b":{"c":[1]}}' >"$in"
    run -1 classify -m "$lm" -l good -l bad -p $'Text: {text}\n\nCategory:' "$in"
    [[ $output == *missing* ]]
    classify -m "$lm" -l good -l bad -p $'Text: {a}\n\nCategory:' --all "$in" | jq -c .label_all >"$out"
    classify -T -m "$lm" -l good -l bad --all <<<Hi | jq -c .label_all | cmp - "$out"
    classify -m "$lm" -l good -l bad -p $'{a} {.b.c[0]} {{.a}} is' --all "$in" | jq -c .label_all >"$out.2"
    [ -s "$out.2" ]
    run -1 cmp "$out" "$out.2"
    run -2 classify -m "$lm" -l good -p '{a}' -i a "$in"
    run -2 --separate-stderr classify -m "$tiny" -l good -p '{a}' "$in"
    [[ $stderr == *'language model'* ]]
}

@test "a language model: long texts, empty ones, one label that begins another" {
    seq 200 | paste -sd' ' | jq -cR '{text: .}' >"$in"
    classify -m "$lm" -l good -l bad "$in" | holds '.label and (._overlong.label | .how == "truncate" and .kept > 240 and .kept < 256)'
    classify -m "$lm" -l good -l bad --overlong=skip "$in" | holds '(has("label") | not) and ._overlong.label.kept == 0'
    run -1 --separate-stderr classify -m "$lm" -l good -l bad --overlong=error "$in"
    [[ $stderr == *overlong*'takes 256'* ]]
    run -2 classify -m "$lm" -l good -l bad --overlong=chunk "$in"
    run -2 --separate-stderr classify -m "$lm" -l good -l bad -p "$(seq 200) {text}" "$in"
    [[ $stderr == *'around a text'* ]]
    classify -m "$lm" -l so -l some -l 'some more' --all <<<'{"text":""}' | holds '.label and (.label_all | length) == 3'
    n=$(classify -q -m "$lm" -l good -l bad --dry-run --stats="$out" <<<'{"text":"Hi"}' >/dev/null; jq .tokens "$out")
    classify -q -m "$lm" -l good -l bad --stats="$out" <<<'{"text":"Hi"}' >/dev/null
    [ "$n" -gt 3 ] && [ "$n" = "$(jq .tokens "$out")" ]
    [ "$(jq -r .model.name "$out")" = tiny-lm ]
}

@test "a language model: --ctx, --kv, --mem" {
    for n in 1 5 30; do seq $n | paste -sd' ' | jq -cR '{text: .}'; done >"$in"
    lm() { classify -m "$lm" -l good -l 'some more' --all "$@" "$in"; }
    lm >"$out"
    lm --mem=100M | cmp - "$out"
    lm --mem=100M -j2 | cmp - "$out"
    run -2 --separate-stderr lm --mem=1M
    [ -z "$output" ] && [[ $stderr == *--mem* ]]
    lm --kv=f16 | cmp - "$out"
    lm --kv=i8 | jq -es 'length == 3 and all(.[]; .label)'
    [ "$(lm --kv=i8)" != "$(cat "$out")" ]
    lm --ctx=60 | jq -es '(.[0] | has("_overlong") | not) and .[2]._overlong.label.kept <= 60'
    run -1 --separate-stderr lm --ctx=60 --overlong=error
    [[ $stderr == *overlong*'takes 60'* ]]
    run -2 lm --ctx=9999
    run -2 lm --kv=i9
    for o in --ctx=60 --kv=i8; do
        run -2 --separate-stderr classify -m "$tiny" -l good $o "$in"
        [[ $stderr == *'language model'* ]]
    done
}

@test "a language model: mistakes, an unknown architecture by its name, a cut file" {
    run -2 --separate-stderr classify -m "$lm" <<<'{"text":"a"}'
    [[ $stderr == *'no labels'* ]]
    run -2 classify -m "$lm" -l a=x -l b=x <<<'{"text":"a"}'
    run -2 classify -m "$lm" -l a --precision=f64 <<<'{"text":"a"}'
    cp -r "$lm" "$BATS_TEST_TMPDIR/odd"
    jq '.model_type = "oddity" | .architectures = ["OddForCausalLM"]' "$lm/config.json" >"$BATS_TEST_TMPDIR/odd/config.json"
    run -4 --separate-stderr classify -m "$BATS_TEST_TMPDIR/odd" -l a <<<'{"text":"a"}'
    [[ $stderr == *"'oddity'"* ]]
    cp "$lm/config.json" "$BATS_TEST_TMPDIR/odd/"
    size=$(stat -c %s "$lm/model.safetensors")
    for i in 1 20 40 63; do
        head -c $((size * i / 64)) "$lm/model.safetensors" >"$BATS_TEST_TMPDIR/odd/model.safetensors"
        run -4 classify -m "$BATS_TEST_TMPDIR/odd" -l a <<<'{"text":"a"}'
        [ "${#lines[@]}" = 1 ]
    done
}

@test "smollm2: labels of texts of two kinds make sense" {
    [ -d "${TEXTMILL_MODELS:-$HOME/.local/share/textmill/models}/smollm2" ] || skip "smollm2 not pulled"
    printf '%s\n' 'I loved every minute of it.' 'I hate it.' |
        classify -T -r -m smollm2 -l positive -l negative >"$out"
    [ "$(paste -sd, "$out")" = positive,negative ]
    printf '%s\n' 'The goalkeeper saved two penalties.' 'Shares fell by three percent.' |
        classify -T -r -m smollm2 -l sport -l business -l cooking >"$out"
    [ "$(paste -sd, "$out")" = sport,business ]
}
