#!/usr/bin/env bats
# score: a tiny model against transformers, order, long texts, mistakes; and, where it has
# been pulled, the real one.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    tiny=$PWD/tests/golden/tiny-lm
    answers=$tiny/answers.jsonl
    shared=${TEXTMILL_SHARED:-../shared}
    smollm2=${TEXTMILL_MODELS:-$HOME/.local/share/textmill/models}/smollm2
    out=$BATS_TEST_TMPDIR/out
}

# holds FILTER [FILE]: there are records, and the filter is true for each
holds() {
    jq -es "length > 0 and all(.[]; $1)" "${@:2}" >/dev/null
}

@test "f32: as transformers has it; perplexity is its exponential" {
    score -m "$tiny" --precision=f32 -o got "$answers" >"$out"
    [ "$(wc -l <"$out")" = 12 ]
    holds '.n_tokens == .n and if .n == 1 then .got == null and .perplexity == null else
        (.got - .mean_nll | fabs) < 0.003 and (.perplexity / (.got | exp) - 1 | fabs) < 1e-5 end' "$out"
}

@test "the default precision and an i8 cache are near it" {
    for o in -q --kv=i8; do
        score -m "$tiny" $o -o got "$answers" |
            holds '.n == 1 or (.got / .mean_nll - 1 | fabs) < 0.02'
    done
}

@test "the same bytes in any order, for any threads and windows" {
    score -m "$tiny" -o got "$answers" | sort >"$out"
    for o in -j1 -j2 --batch=1 --batch=5 --mem=256M --dedup; do
        tac "$answers" | score -m "$tiny" -o got $o | sort | cmp - "$out"
    done
    TEXTMILL_ISA=ref score -m "$tiny" -o got "$answers" | sort | cmp - "$out"
}

@test "long texts: as many tokens as --ctx, or as the model takes" {
    long=$(seq 200 | paste -sd' ')
    echo "$long" | score -T -m "$tiny" >"$out"
    holds '.n_tokens == 256 and ._overlong.mean_nll.kept == 256 and ._overlong.mean_nll.how == "truncate"' "$out"
    echo "$long" | score -T -m "$tiny" --ctx=100 | holds '.n_tokens == 100'
    echo "$long" | score -T -m "$tiny" --overlong=skip | holds 'has("mean_nll") or has("n_tokens") | not'
    run -1 --separate-stderr score -T -m "$tiny" --overlong=error <<<"$long"
    [[ $stderr == *overlong* ]]
    # What is kept gets the same number as that text alone.
    a=$(echo "$long" | score -T -m "$tiny" --ctx=50 | jq .mean_nll)
    head=$(tokenize -T -m "$tiny" <<<"$long" | jq -c '{tokens: .tokens[:50]}' |
        tokenize -m "$tiny" --decode -i tokens -o text -r)
    [ "$(jq -cn --arg t "$head" '{text: $t}' | score -m "$tiny" | jq .mean_nll)" = "$a" ]
}

@test "--special: tokens written in the text are such" {
    [ "$(score -T -m "$tiny" <<<'<|im_end|>' | jq .n_tokens)" -gt 5 ]
    [ "$(score -T -m "$tiny" --special <<<'<|im_end|>' | jq .n_tokens)" = 1 ]
}

@test "-o names the first member; the others keep their names; --dry-run counts" {
    score -m "$tiny" -o a.b <<<'{"text":"a b"}' | holds 'keys_unsorted == ["text", "a.b", "perplexity", "n_tokens"]'
    run -1 --separate-stderr score -m "$tiny" <<<'{"text":"a b","perplexity":1}'
    [[ $stderr == *exists* ]]
    score -q -o got -m "$tiny" --dry-run --stats="$out" "$answers" >/dev/null
    [ "$(jq .tokens "$out")" = "$(jq -s 'map(.n) | add' "$answers")" ]
}

@test "mistakes: 2, and a model that is none: 4" {
    for o in --ctx=257 --ctx=x --kv=f8 --overlong=chunk --precision=f64 --nonesuch; do
        run -2 --separate-stderr score -m "$tiny" "$o" <<<'{"text":"a"}'
        [ -z "$output" ] && [ -n "$stderr" ]
    done
    run -4 score -m tests/golden/tiny-bert/f32 <<<'{"text":"a"}'
    run -4 score -m ./nonesuch <<<'{"text":"a"}'
}

@test "smollm2: mean_nll of five golden prompts within 1 %" {
    [ -d "$smollm2" ] || skip 'smollm2 not pulled'
    golden=$shared/golden/smollm2-greedy.jsonl
    [ -e "$golden" ] || skip 'no reference data'
    # The shortest ones.
    jq -c '{n: (.ids | length), prompt, mean_nll}' "$golden" | sort -t: -k2n | head -n 5 |
        jq -c '{prompt, want: .mean_nll}' | score -m smollm2 --special -i prompt >"$out"
    [ "$(wc -l <"$out")" = 5 ]
    holds '(.mean_nll / .want - 1 | fabs) < 0.01' "$out"
}
