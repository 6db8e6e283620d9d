#!/usr/bin/env bats
# evaluate: measures by hand, members by path, bad records, mistakes. The numbers of
# lib/learn are compared with scikit-learn's in tests/unit.

bats_require_minimum_version 1.5.0

setup() {
    dir=$BATS_TEST_TMPDIR
    in=$dir/in
    # 3 of 4 right, one of them without a label, one with a label that gold never has.
    cat >"$in" <<'JSON'
{"gold":"a","label":"a","label_score":0.9}
{"gold":"a","label":"a","label_score":0.9}
{"gold":"a","label":"b","label_score":0.5}
{"gold":"b","label":"b","label_score":0.7}
{"gold":"b","label":"b"}
{"gold":"b","label":null,"label_score":0.4}
{"gold":"b","label":"c","label_score":0.5}
{"gold":"a","label":"a","label_score":0.8}
JSON
}

# near FILTER WANT: within 1e-6, as --json rounds
near() {
    jq -e "($1) - ($2) | . < 1e-6 and . > -1e-6" "$dir/out" >/dev/null || {
        jq "$1" "$dir/out"
        return 1
    }
}

@test "labels: accuracy, F1, counts, calibration" {
    evaluate --gold=gold --json "$in" >"$dir/out"
    jq -e '.records == 8 and .without_label == 1 and .accuracy == 0.625
        and .confusion == [[3,1,0,0],[0,2,1,1],[0,0,0,0]]
        and (.labels | map(.label)) == ["a","b","c"] and (.labels | map(.support)) == [4,4,0]
        and (.labels | map(.given)) == [3,3,1]' "$dir/out"
    near '.labels[0].precision' 1
    near '.labels[0].recall' 0.75
    near '.labels[1].f1' '4/7'
    near .macro_f1 '(6/7 + 4/7 + 0) / 3'
    # bins of 15: 0.9 twice right, 0.8 right (bin 12), 0.7 right, 0.5 twice wrong
    near .ece '(2*0.1 + 0.2 + 0.3 + 2*0.5) / 6'
    [ "$(jq .scores "$dir/out")" = 6 ]
    jq -e '.accuracy_low < .accuracy and .accuracy < .accuracy_high' "$dir/out"
}

@test "labels: the table" {
    evaluate -t gold "$in" >"$dir/out"
    grep -qx 'records   8, without a label 1' "$dir/out"
    grep -q '^accuracy  0.6250 (0.3057 to 0.8632, 95 %, Wilson)$' "$dir/out"
    grep -q '^b  *0.6667  0.5000  0.5714       4$' "$dir/out"
    grep -q '^b  *0  *2  *1  *1$' "$dir/out"
}

@test "the same bytes for any threads; --stats has the result" {
    for _ in $(seq 300); do cat "$in"; done >"$dir/many"
    evaluate -t gold --json -j1 --stats="$dir/stats" "$dir/many" >"$dir/want"
    for j in 2 5; do
        evaluate -t gold --json -j$j "$dir/many" | cmp - "$dir/want"
    done
    jq -e '.in == 2400 and .done == 2400 and .out == 0 and .result.records == 2400' "$dir/stats"
    jq -c .result "$dir/stats" | jq -S . >"$dir/a"
    jq -S . "$dir/want" | cmp - "$dir/a"
}

@test "other members: paths, numbers as labels, --score" {
    jq -c '{x: {g: .gold}, y: [.label, .label_score]}' "$in" >"$dir/deep"
    evaluate -t gold --json "$in" >"$dir/want"
    evaluate -t .x.g --pred='.y[0]' --score='.y[1]' --json "$dir/deep" | cmp - "$dir/want"
    printf '{"g":1,"p":1}\n{"g":true,"p":"true"}\n{"g":"x","p":2.50}\n' |
        evaluate -t g --pred=p --json >"$dir/out"
    near .accuracy 2/3
    jq -e '(.labels | map(.label)) == ["1","true","x","2.50"] and .scores == 0 and (has("ece") | not)' "$dir/out"
}

@test "bad records: codes, counted, the rest is measured" {
    {
        echo '{"label":"a"}'
        echo '{"gold":null,"label":"a"}'
        echo '{"gold":[],"label":"a"}'
        echo '{"gold":"a","label":{}}'
        echo '{"gold":"a","label":"a","label_score":"x"}'
        echo '{"gold":"a","label":"a","label_score":1.5}'
        echo '{"gold":"a","label":"a","label":"a"}'
        echo '{"gold":"a","gold":"a"}'
        echo '{"gold":"\ud800"}'
        echo '[]'
        cat "$in"
    } >"$dir/bad"
    evaluate -t gold --json "$in" >"$dir/want"
    run -1 --separate-stderr evaluate -t gold --json --errors="$dir/errors" --stats="$dir/stats" "$dir/bad"
    [ "$output" = "$(cat "$dir/want")" ]
    [ "$(jq -r .code "$dir/errors" | paste -sd,)" = missing,missing,type,type,type,range,json,json,utf8,not-object ]
    jq -e '.in == 18 and .done == 8 and .rejected == 10' "$dir/stats"
    run -2 --separate-stderr evaluate -t gold --json --stats="$dir/want" "$dir/bad"
    [ -z "$output" ] && [ "$(evaluate -t gold --json "$in")" = "$(cat "$dir/want")" ]
    run -3 evaluate -t gold --on-error=fail "$dir/bad"
    [[ $output != *accuracy* ]]
}

@test "nothing to measure is no mistake" {
    evaluate -t gold --json </dev/null >"$dir/out"
    jq -e '.records == 0 and .accuracy == 0 and .labels == []' "$dir/out"
    for task in spearman retrieval; do
        evaluate -t gold --task=$task --json </dev/null >"$dir/out"
        jq -e '.records == 0' "$dir/out"
    done
}

@test "what is no label, as it is never the same: 3; 2,000 labels are fine" {
    seq 2001 | sed 's/.*/{"g":"&","label":"&"}/' >"$dir/many"
    run -3 --separate-stderr evaluate -t g "$dir/many"
    [[ $stderr == *'2001 different labels'* ]]
    head -n 2000 "$dir/many" | evaluate -t g --json | jq -e '.accuracy == 1 and (.labels | length) == 2000'
}

@test "spearman: two numbers; two vectors" {
    printf '{"g":%s,"p":%s}\n' 1 10 2 20 3 15 4 40 | evaluate -t g --pred=p --task=spearman --json >"$dir/out"
    near .spearman 0.8
    printf '{"g":%s,"a":[1,0],"b":%s}\n' 1 '[0,1]' 2 '[1,1]' 3 '[5,1]' |
        evaluate -t g --pred=a --pred=b --task=spearman --json >"$dir/out"
    near .spearman 1
    printf '{"g":1,"score":%s}\n' 1 2 | evaluate -t g --task=spearman --json | jq -e '.spearman == null'
    run -1 --separate-stderr evaluate -t g --pred=a --pred=b --task=spearman --errors="$dir/errors" --json \
        <<<'{"g":1,"a":[1],"b":[1,2]}
{"g":1,"a":[1],"b":"no"}
{"g":1,"a":[],"b":[1]}
{"g":1,"a":[1]}
{"g":"1","a":[1],"b":[1]}'
    [ "$(jq -r .code "$dir/errors" | paste -sd,)" = range,type,range,missing,type ]
}

@test "retrieval: each a query, or those that say so; keys that are shared; base64" {
    cat >"$in" <<'JSON'
{"id":["x"],"q":true,"embedding":[1,0]}
{"id":"y","embedding":[0.9,0.1]}
{"id":"x","embedding":[3,1]}
{"id":["z","x"],"embedding":[0,2]}
{"id":"nobody","q":true,"embedding":[0,1]}
JSON
    evaluate --task=retrieval -t id --query=q --json "$in" >"$dir/out"
    jq -e '.records == 5 and .queries == 1 and .queries_without_relevant == 1
        and .mrr == 0.5 and .recall_at_1 == 0 and .recall_at_5 == 1' "$dir/out"
    near .ndcg_at_10 '((1/(3|log2)) + 1/(4|log2)) / (1 + 1/(3|log2))'
    evaluate --task=retrieval -t id "$in" | grep -q '^records   5, queries 3, without a relevant document 2$'
    tiny=$BATS_TEST_DIRNAME/../golden/tiny-bert/f32
    printf '{"id":%d,"text":"%s"}\n' 1 error 1 errors 2 port 2 ports 3 user >"$dir/texts"
    embed -m "$tiny" "$dir/texts" | evaluate --task=retrieval -t id --json >"$dir/want"
    embed -m "$tiny" --format=base64 "$dir/texts" | evaluate --task=retrieval -t id --json | cmp - "$dir/want"
    run -3 --separate-stderr evaluate --task=retrieval -t id <<<'{"id":1,"embedding":[1,2]}
{"id":1,"embedding":[1]}'
    [[ $stderr == *'vectors of 2 and of 1 numbers'* ]]
}

@test "mistakes: 2; a full disk: 5" {
    run -2 --separate-stderr evaluate "$in"
    [[ $stderr == *--gold* ]]
    for o in --task=none --pred= '-t.a|.b' '--pred=.a|.b' '--pred=a --pred=b' --on-error=keep -i -o; do
        # shellcheck disable=SC2086
        run -2 --separate-stderr evaluate -t gold $o "$in"
        [ -z "$output" ] && [ -n "$stderr" ]
    done
    s=0
    evaluate -t gold "$in" >/dev/full 2>"$dir/err" || s=$?
    [ $s = 5 ]
    run -3 evaluate -t gold /nonexistent
}
