#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2086  # quotes are jq's; options are split
# generate: a tiny model against transformers; prompts, sampling, schemas, choices, limits,
# mistakes; and, where it has been pulled, the real one.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    tiny=$PWD/tests/golden/tiny-lm
    answers=$tiny/answers.jsonl
    shared=${TEXTMILL_SHARED:-../shared}
    smollm2=${TEXTMILL_MODELS:-$HOME/.local/share/textmill/models}/smollm2
    in=$BATS_TEST_TMPDIR/in
    out=$BATS_TEST_TMPDIR/out
}

# holds FILTER [FILE]: there are records, and the filter is true for each
holds() {
    jq -es "length > 0 and all(.[]; $1)" "${@:2}" >/dev/null
}

# The tiny model; the ids of the answer to one text
tiny() { generate -m "$tiny" "$@"; }
ids() { jq -cn --arg t "$1" '{text: $t}' | tiny --tokens -n 12 "${@:2}" | jq -c .completion_tokens; }

@test "f32: what transformers answers, with its log-probabilities" {
    tiny --precision=f32 -n 24 --tokens --logprobs "$answers" >"$out"
    [ "$(wc -l <"$out")" = 12 ]
    holds '.completion_tokens == .ids and (.completion_cut // false) == .cut and
        (.ids | length) == (.completion_logprobs | length) and
        ([.logprobs, .completion_logprobs] | transpose | all((.[0] - .[1] | fabs) < 0.02))' "$out"
    # Without it, too; late in one answer two tokens are as good as each other.
    tiny --precision=f32 -n 24 --tokens --raw-prompt "$answers" >"$out"
    holds '.completion_tokens[:12] == .raw_ids[:12]' "$out"
    jq -es 'map(select(.completion_tokens == .raw_ids)) | length >= 11' "$out"
}

@test "--dry-run counts the prompts' tokens as transformers does" {
    tiny -q --dry-run --stats="$out" "$answers" >/dev/null
    [ "$(jq .tokens "$out")" = "$(jq -s 'map(.n_chat) | add' "$answers")" ]
}

@test "the same bytes: slots, threads, windows, order, repeats, level; greedy, sampled, --schema" {
    echo '{"type":"object","properties":{"a":{"type":"string","maxLength":9},"b":{"type":"number"}},"required":["a"]}' >"$in"
    for how in '' '--temperature=1 --seed=7 --top-p=0.9' "--temperature=1 --schema=$in" '--choice=yes --choice=no'; do
        tiny -n 12 $how -j1 "$answers" | sort >"$out"
        for o in -j2 --slots=1 --slots=3 --batch=1 --batch=5 --mem=256M --dedup; do
            tac "$answers" | tiny -n 12 $how $o | sort | cmp - "$out"
        done
        TEXTMILL_ISA=ref tiny -n 12 $how "$answers" | sort | cmp - "$out"
    done
}

@test "--mem: fewer slots, less memory, the same bytes; too little of it: 2" {
    for t in generate score summarize; do
        run -2 --separate-stderr $t -m "$tiny" --mem=1M "$answers"
        [ -z "$output" ] && [[ $stderr == *--mem* ]]
    done
    tiny -n 4 --mem=1G --stats="$out" "$answers" >"$in"
    [ "$(jq .result.slots "$out")" = 32 ]
    jq -e '.result.mem_tokens > 8192' "$out"
    [ -d "$smollm2" ] || skip 'smollm2 not pulled'
    [ "${TEXTMILL_OUT:-build}" = build ] || skip 'memory is measured without sanitizers'
    jq -nc 'range(6) | {text: ([range(.; . + 130)] | join(" "))}' >"$in"
    for mem in 1G 210M; do
        m=${mem%[MG]}
        bytes=$((m << (m == 1 ? 30 : 20)))
        for t in score 'generate -n 20'; do
            $t -m smollm2 -j1 --ctx=600 --mem=$mem --stats="$out.$mem" "$in" >"$out"
            [ $mem != 1G ] || cp "$out" "$out.${t%% *}"
            cmp "$out" "$out.${t%% *}"
            jq -e ".peak_bytes <= $bytes" "$out.$mem"
        done
    done
    # 6 texts of some 520 tokens, 12 MB each, at once; or fewer
    jq -es '.[0].peak_bytes - .[1].peak_bytes > 25e6' "$out.1G" "$out.210M"
}

@test "--mem: short texts are many at once, however long a text might be; a long one is alone" {
    [ -d "$smollm2" ] || skip 'smollm2 not pulled'
    [ "${TEXTMILL_OUT:-build}" = build ] || skip 'memory is measured without sanitizers'
    jq -nc 'range(40) | {text: ([range(.; . + 4 + . % 7)] | join(" "))}' >"$in"
    for j in 1 2; do
        generate -m smollm2 -n 4 -j$j --mem=300M --stats="$out" "$in" | cmp - <(generate -m smollm2 -n 4 "$in")
        jq -e '.result.slots > 10 and .peak_bytes <= 300 * 1048576 and .result.mem_tokens < 8192' "$out"
    done
    # 2,600 tokens take 60 MB, and --mem leaves less than that.
    jq -nc '{text: ([range(700)] | join(" "))}' >>"$in"
    jq -nc 'range(40) | {text: ([range(.; . + 4 + . % 7)] | join(" "))}' >>"$in"
    generate -m smollm2 -n 4 -j2 --mem=230M "$in" | cmp - <(generate -m smollm2 -n 4 "$in")
    score -m smollm2 -j2 --mem=230M "$in" | cmp - <(score -m smollm2 "$in")
}

@test "--mem: what there is does not depend on whether weights are packed, nor on the cache of files" {
    [ -d "$smollm2" ] || skip 'smollm2 not pulled'
    [ "${TEXTMILL_OUT:-build}" = build ] || skip 'memory is measured without sanitizers'
    jq -nc 'range(40) | {text: ([range(.; . + 4 + . % 7)] | join(" "))}' >"$in"
    small() { generate -n 4 -j2 --mem=230M --stats="$out.$1" "${@:2}" "$in"; }
    XDG_CACHE_HOME=$BATS_TEST_TMPDIR small cold -m smollm2 >"$out"
    XDG_CACHE_HOME=$BATS_TEST_TMPDIR small warm -m smollm2 | cmp - "$out"
    small without -m smollm2 --no-cache | cmp - "$out"
    # Written at once, a file may be there in huge pages.
    dd if="$(echo "$smollm2"/*.gguf)" of="$BATS_TEST_TMPDIR/m.gguf" bs=64M status=none
    small huge -m "$BATS_TEST_TMPDIR/m.gguf" | cmp - "$out"
    jq -es 'map(.result.slots) | max - min <= 1' "$out".{cold,warm,without,huge}
    jq -es 'map(.peak_bytes) | max - min < 20e6' "$out".{cold,warm,without,huge}
}

@test "--seed: other draws; the same seed, the same" {
    a=$(ids Hi --temperature=1 -s 1)
    [ "$(ids Hi --temperature=1 -s 1)" = "$a" ]
    [ "$(ids Hi --temperature=1 -s 2)" != "$a" ]
    [ "$(ids Hi --temperature=1 -s 1 --top-k=1)" = "$(ids Hi)" ]
    [ "$(ids Hi --temperature=1 -s 1 --top-p=0.0001)" = "$(ids Hi)" ]
    [ "$(ids Hi --temperature=1 -s 1 --min-p=1)" = "$(ids Hi)" ]
    [ "$(ids 'Name three colours, please.' -n 24 --penalty=5)" != "$(ids 'Name three colours, please.' -n 24)" ]
    ids 'Name three colours, please.' -n 24 --penalty=100 | jq -e 'length == (unique | length)'
}

@test "-p: members, paths, jq, a file; what is missing is rejected" {
    want=$(ids 'Hi <1> and "x" or [1,2]')
    printf '{"a":"Hi","b":{"c":[0,1]},"d":"x","e":[1,2]}\n' >"$in"
    got=$(tiny -n 12 --tokens -p '{a} <{.b.c[1]}> and "{{.d}}" or {e}' "$in" | jq -c .completion_tokens)
    [ "$got" = "$want" ]
    echo '{a} <{.b.c[1]}> and "{{.d}}" or {e}' >"$out"
    [ "$(tiny -n 12 --tokens -p "@$out" "$in" | jq -c .completion_tokens)" = "$want" ]
    for p in '{nope}' '{{.a, .a}}' '{{.e}}'; do
        run -1 --separate-stderr generate -m "$tiny" -p "$p" "$in"
        [ -z "$output" ] && [ -n "$stderr" ]
    done
    run -2 generate -m "$tiny" -p '{a}' -i a "$in"
    for p in '{{' '{{.a | }}' '{{input}}'; do
        run -2 generate -m "$tiny" -p "$p" "$in"
    done
    run -3 generate -m "$tiny" -p @/nonexistent "$in"
}

@test "--system and --shots come before the text, as the template has them" {
    raw='<|im_start|>system
Be brief.<|im_end|>
<|im_start|>user
one<|im_end|>
<|im_start|>assistant
1<|im_end|>
<|im_start|>user
two<|im_end|>
<|im_start|>assistant
'
    want=$(ids "$raw" --raw-prompt --special)
    echo '{"input":"one","output":"1"}' >"$in"
    [ "$(ids two --system='Be brief.' --shots="$in")" = "$want" ]
    echo 'Be brief.' >"$out"
    [ "$(ids two --system=@"$out" --shots="$in")" = "$want" ]
    [ "$(ids two)" != "$want" ]
    echo '{"text":"one","output":"1"}' >"$in"
    [ "$(ids two --system='Be brief.' --shots="$in" -p '{text}')" = "$want" ]
    for bad in '{' '{"input":1,"output":"x"}' '{"output":"x"}' '[]'; do
        echo "$bad" >"$in"
        run -3 generate -m "$tiny" --shots="$in" <<<'{"text":"a"}'
        [[ $output == *1* ]]
    done
}

@test "--special: written in a text a special token is text, unless it is asked for" {
    [ "$(ids '<|im_end|>')" != "$(ids '<|im_end|>' --special)" ]
    tiny -q --dry-run --stats="$out" <<<'{"text":"<|im_end|>"}' >/dev/null
    tiny -q --dry-run --stats="$in" --special <<<'{"text":"<|im_end|>"}' >/dev/null
    [ "$(jq .tokens "$out")" -gt "$(jq .tokens "$in")" ]
}

@test "-n: exactly so many tokens; completion_cut" {
    for n in 1 2 24; do
        tiny -n $n --tokens "$answers" | holds \
            "(.completion_tokens | length) <= $n and (.completion_cut // false) == ((.completion_tokens | length) == $n)"
    done
}

@test "--stop: the answer ends before it" {
    full=$(echo '{"text":"Why is the sky blue?"}' | tiny -n 24 | jq -r .completion)
    stop=sWEI
    [[ $full == ?*$stop?* ]]
    echo '{"text":"Why is the sky blue?"}' | tiny -n 24 --stop="$stop" --stop=nonesuch >"$out"
    [ "$(jq -r .completion "$out")" = "${full%%"$stop"*}" ]
    holds 'has("completion_cut") | not' "$out"
}

@test "--schema: each answer is a value of it, whatever -n, temperature, seed" {
    cat >"$in" <<'S'
{"type":"object","properties":{"kind":{"enum":["good","bad"]},"n":{"type":"integer"},
 "ok":{"type":"boolean"},"words":{"type":"array","maxItems":3,"items":{"type":"string","maxLength":5}}},
 "required":["kind","n","ok","words"]}
S
    for o in '-n 60' '-n 45 --temperature=2 -s 1' '-n 200 --temperature=100 -s 2'; do
        tiny $o --schema="$in" "$answers" >"$out"
        [ "$(wc -l <"$out")" = 12 ]
        holds '.completion | (.kind | IN("good", "bad")) and (.n | type == "number" and floor == .) and
            (.ok | type == "boolean") and (.words | type == "array" and length <= 3 and
            all(type == "string" and length <= 5)) and length == 4' "$out"
    done
    tiny --schema="$in" -n 60 --logprobs --tokens "$answers" |
        holds '(.completion_tokens | length) == (.completion_logprobs | length) and
            (.completion_logprobs | any(. == null)) and (.completion_logprobs | any(. != null))'
    # Too few tokens for any value
    run -1 --separate-stderr generate -m "$tiny" -n 3 --schema="$in" <<<'{"text":"a"}'
    [[ $stderr == *range* ]]
}

@test "--choice: one of them, with probabilities; also where one begins another" {
    tiny --choice=yes --choice=no --choice=maybe "$answers" >"$out"
    holds '.completion as $c | (.completion_all | keys_unsorted) == ["yes", "no", "maybe"]
        and (.completion_all | add | . > 0.9999 and . < 1.0001)
        and .completion_all[$c] == .completion_score and .completion_score == (.completion_all | map(.) | max)' "$out"
    tiny --choice=a --choice=aa "$answers" | holds '.completion_all | keys == ["a", "aa"]'
    # Room for the longest label, not for --max-tokens
    tiny --choice=yes --choice=no -n 4000 "$answers" | cmp - <(tiny --choice=yes --choice=no "$answers")
}

@test "--choice: the probabilities that score gives the labels" {
    p='{text} is'
    tiny --raw-prompt --precision=f32 -p "$p" --choice=' good' --choice=' bad' "$answers" | jq -c .completion_all >"$out"
    for l in ' good' ' bad'; do
        jq -c --arg l "$l" '{text: (.text + " is" + $l)}' "$answers" |
            score -m "$tiny" --precision=f32 | jq '.mean_nll * (.n_tokens - 1)' >"$in$l"
    done
    paste -d' ' "$in good" "$in bad" | jq -cR 'split(" ") | map(tonumber) | (.[0] - .[1]) | 1 / (1 + exp)' >"$in.p"
    paste "$out" "$in.p" | jq -Rse 'split("\n")[:-1] | length == 12 and
        all(split("\t") | ((.[0] | fromjson)[" good"] - (.[1] | tonumber) | fabs) < 0.01)'
}

@test "long texts: --overlong, --ctx; a very long one" {
    seq 120 | paste -sd' ' | jq -cR '{text: .}' >"$in"
    tiny -n 8 "$in" | holds '._overlong.completion | .kept <= 248 and .kept > 240 and .how == "truncate"'
    tiny -n 8 --ctx=100 "$in" | holds '._overlong.completion.kept <= 92'
    tiny -n 8 --overlong=skip "$in" | holds 'has("completion") | not'
    run -1 --separate-stderr generate -m "$tiny" -n 8 --overlong=error "$in"
    [[ $stderr == *overlong* ]]
    run -2 generate -m "$tiny" --overlong=chunk "$in"
    run -2 generate -m "$tiny" -n 256 "$in"
    run -1 --separate-stderr generate -m "$tiny" -n 8 --ctx=20 "$in"
    [[ $stderr == *overlong* ]]
    head -c 100000 /dev/zero | tr '\0' x | jq -cR '{text: .}' | tiny -n 4 | holds '.completion_cut and ._overlong'
}

@test "a text that is cut loses its end, not what -p puts behind it" {
    seq 200 | paste -sd' ' | jq -cR '{text: .}' >"$in"
    for tail in 'in one' 'in two'; do
        tiny -n 8 --tokens -p "Say {text} $tail word:" "$in" >"$out"
        holds '._overlong.completion | .kept <= 248 and .kept > 240' "$out"
        jq -c .completion_tokens "$out"
    done | sort -u | wc -l | grep -qx 2
}

@test "no text, no token: an answer by the template, a reject without it" {
    tiny -n 4 <<<'{"text":""}' | holds 'has("completion")'
    for o in '' --choice=a "--schema=$in"; do
        echo '{"type":"integer"}' >"$in"
        run -1 --separate-stderr generate -m "$tiny" -n 4 --raw-prompt $o <<<'{"text":""}'
        [[ $stderr == *'no token'* ]]
    done
}

@test "--kv: each kind of numbers" {
    for kv in f16 i8 f32; do
        [ "$(ids Hi --kv=$kv)" != '' ]
    done
    run -2 generate -m "$tiny" --kv=x <<<'{"text":"a"}'
    [[ $output == *f32* ]]
}

@test "members: -o, -r, exists, -f" {
    tiny -n 4 -o a --tokens --logprobs <<<'{"text":"Hi"}' | holds 'keys_unsorted == ["text", "a", "a_cut", "a_tokens", "a_logprobs"]'
    tiny -n 4 -o a --choice=x --choice=y <<<'{"text":"Hi"}' | holds 'keys_unsorted == ["text", "a", "a_score", "a_all"]'
    run -1 --separate-stderr generate -m "$tiny" -n 4 <<<'{"text":"Hi","completion_cut":1}'
    [[ $stderr == *exists* ]]
    [ "$(tiny -T -r -n 4 --choice=x <<<Hi)" = x ]
}

@test "mistakes: 2, before anything is read; no such file: 3; no such model: 4" {
    for o in -n0 -nx --slots=2000 --temperature=-1 --temperature=nan --top-p=0 --top-p=2 --top-k=-1 --min-p=2 --penalty=0 \
        --seed=-1 --kv=f8 --ctx=257 --stop= --choice= '--choice=a --choice=a' '--choice=a --stop=b' --precision=f64 --nonesuch; do
        run -2 --separate-stderr generate -m "$tiny" $o <<<'{"text":"a"}'
        [ -z "$output" ] && [ -n "$stderr" ]
    done
    run -2 generate -m "$tiny" --system=$'\xff' <<<'{"text":"a"}'
    for o in --schema --shots; do
        run -3 generate -m "$tiny" $o=/nonexistent <<<'{"text":"a"}'
    done
    run -3 generate -m "$tiny" --system=@/nonexistent <<<'{"text":"a"}'
    run -4 generate -m ./nonesuch <<<'{"text":"a"}'
    run -4 generate -m tests/golden/tiny-bert/f32 <<<'{"text":"a"}'
    # A template that is not known is named as such; the model still continues texts.
    cp -r "$tiny" "$BATS_TEST_TMPDIR/odd"
    jq '.chat_template = "{{ odd }}"' "$tiny/tokenizer_config.json" >"$BATS_TEST_TMPDIR/odd/tokenizer_config.json"
    run -4 generate -m "$BATS_TEST_TMPDIR/odd" <<<'{"text":"a"}'
    [[ $output == *template* ]]
    generate -m "$BATS_TEST_TMPDIR/odd" --raw-prompt -n 2 <<<'{"text":"a"}' | holds 'has("completion")'
}

@test "a model without numbers: nan, whatever is asked of it; a cut one: 4" {
    cp -r "$tiny" "$BATS_TEST_TMPDIR/nan"
    weights=$BATS_TEST_TMPDIR/nan/model.safetensors
    size=$(stat -c %s "$weights")
    printf '\0\0\300\177' | dd of="$weights" bs=1 seek=$((size - 4)) conv=notrunc status=none
    echo '{"type":"string"}' >"$in"
    for how in 'generate -n 4' 'generate -n 4 --temperature=1' "generate -n 9 --schema=$in" \
        'generate --choice=a --choice=b' 'classify -l a -l b' score; do
        run -1 --separate-stderr $how -m "$BATS_TEST_TMPDIR/nan" <<<'{"text":"a b"}'
        [ -z "$output" ]
        [[ $stderr == *nan* ]]
    done
    for i in 1 20 40 63; do
        head -c $((size * i / 64)) "$tiny/model.safetensors" >"$weights"
        run -4 generate -m "$BATS_TEST_TMPDIR/nan" <<<'{"text":"a"}'
        [ "${#lines[@]}" = 1 ]
    done
}

@test "smollm2: the greedy ids of five golden prompts" {
    [ -d "$smollm2" ] || skip 'smollm2 not pulled'
    golden=$shared/golden/smollm2-greedy.jsonl
    [ -e "$golden" ] || skip 'no reference data'
    jq -c '{n: (.ids | length), prompt, want: .greedy[:8]}' "$golden" | sort -t: -k2n | head -n 5 >"$in"
    generate -m smollm2 --precision=f32 --raw-prompt --special -i prompt -n 8 --tokens "$in" >"$out"
    holds '.completion_tokens[0] == .want[0]' "$out"
    jq -es 'map(select(.completion_tokens == .want[:(.completion_tokens | length)])) | length >= 4' "$out"
}

@test "smollm2: an answer, and choices" {
    [ -d "$smollm2" ] || skip 'smollm2 not pulled'
    generate -T -r -m smollm2 -n 16 --system='Answer in a few words.' \
        <<<'What is the capital of France?' >"$out"
    [ "$(wc -c <"$out")" -gt 5 ]
    printf '%s\n' 'I loved every minute.' 'A waste of time.' |
        generate -T -r -m smollm2 --raw-prompt -p $'Review: {text}\nSentiment:' \
            --choice=' positive' --choice=' negative' >"$out"
    [ "$(paste -sd, "$out")" = ' positive, negative' ]
}
