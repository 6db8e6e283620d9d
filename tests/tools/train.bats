#!/usr/bin/env bats
# shellcheck disable=SC2015  # A && B || C means that
# train: heads that classify uses, the same bytes at every run, the cache, bad input; with
# minilm and the shared data, scikit-learn's accuracy.

bats_require_minimum_version 1.5.0
load until

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    export TEXTMILL_MODELS=$BATS_TEST_TMPDIR/models XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
    mkdir "$TEXTMILL_MODELS"
    ln -s "$PWD/tests/golden/tiny-bert/f32" "$TEXTMILL_MODELS/tiny"
    ln -s "$PWD/tests/golden/tiny-bert/odd" "$TEXTMILL_MODELS/odd"
    dir=$BATS_TEST_TMPDIR
    in=$dir/in
    head=$dir/x.head
    # Two topics, told apart by their words; every seventh has the other's label.
    for i in $(seq 120); do
        words=(session opened user root password from)
        label=login
        [ $((i % 2)) = 0 ] || { words=(error failed connection not port ed) && label=failure; }
        [ $((i % 7)) != 0 ] || label=$([ $label = login ] && echo failure || echo login)
        printf '{"i":%d,"text":"%s %s %s %d","label":"%s"}\n' "$i" "${words[i * 5 % 6]}" \
            "${words[i * 7 % 5]}" "${words[i % 4]}" $((i % 10)) "$label"
    done >"$in"
}

# fit [ARG...]: train on $in, quietly
fit() {
    train -q -t label -m tiny --save="$head" "$@" "$in"
}

@test "what it fits, classify uses: labels, scores, --all" {
    fit
    classify -m "$head" -o mood --all "$in" >"$dir/out"
    [ "$(wc -l <"$dir/out")" = 120 ]
    jq -es 'all(.[]; (.mood_all | keys_unsorted) == ["failure", "login"]
        and .mood_all[.mood] == .mood_score
        and (.mood_all | add | . > 0.99999 and . < 1.00001))
        and (map(select(.mood == .label)) | length > 85)' "$dir/out"
}

@test "the report: stderr, --stats, the file" {
    run -0 --separate-stderr train -t label -m tiny --save="$head" --curve --stats="$dir/stats" "$in"
    [ -z "$output" ]
    [[ $stderr == *'120 records, 2 labels, 5 folds'*Wilson*bootstrap*'curve: '* ]]
    jq -e '.done == 120 and .out == 0 and .in == 120 and .model.name == "tiny"
        and (.result.held_out | .accuracy > 0.6 and .accuracy < 0.95
            and .accuracy_95[0] < .accuracy and .accuracy_95[1] > .accuracy
            and .macro_f1_95[0] < .macro_f1 and .ece < 0.3)
        and (.result.labels | map(.records) | add) == 120 and (.result.curve | length) == 5
        and (.result.grid | length) == 7' "$dir/stats"
    jq -e '.format == "textmill-head" and .version == 1 and .base == "tiny" and .precision == "i8"
        and .labels == ["failure", "login"] and (.weights | map(length)) == [32, 32]
        and .training.records == 120 and (.training.sha256 | length) == 64' "$head"
    [ "$(jq -r .base_sha256 "$head")" = "$(sha256sum <tests/golden/tiny-bert/f32/model.safetensors | cut -d' ' -f1)" ]
}

@test "progress tells of the vectors, too; -q of nothing" {
    fit -j1 --progress --no-cache 2>"$dir/err"
    grep -q '^train: 64 of 120 vectors$' "$dir/err"
    fit -j1 --no-cache 2>"$dir/err"
    [ ! -s "$dir/err" ]
    # on a terminal one line, which is gone before the report
    script -qec "train -t label -m tiny -j1 --no-cache '$in'" /dev/null >"$dir/err"
    grep -q $'\r\033\\[Ktrain: 64 of 120 vectors' "$dir/err"
    grep -q $'\r\033\\[Ktrain: 120 records, 2 labels' "$dir/err"
}

@test "the same bytes: runs, threads, the cache, levels, OpenBLAS's kernels" {
    fit
    cp "$head" "$dir/want"
    for o in -j1 -j2 -j5 --no-cache '--utf8=reject'; do
        fit "$o"
        cmp "$dir/want" "$head"
    done
    for isa in ref avx2; do
        TEXTMILL_ISA=$isa fit --no-cache
        cmp "$dir/want" "$head"
    done
    for core in Prescott Nehalem Haswell SkylakeX; do
        grep -q avx512f /proc/cpuinfo || [ $core != SkylakeX ] || continue
        grep -q avx2 /proc/cpuinfo || [ $core != Haswell ] || continue
        OPENBLAS_CORETYPE=$core fit
        cmp "$dir/want" "$head"
    done
    OPENBLAS_NUM_THREADS=7 fit
    cmp "$dir/want" "$head"
    head -n 60 "$in" >"$dir/a"
    tail -n 60 "$in" >"$dir/b"
    train -q -t label -m tiny --save="$head" "$dir/a" - <"$dir/b"
    cmp "$dir/want" "$head"
}

@test "options change what they say they do" {
    fit --C=0.5
    [ "$(jq .training.C "$head")" = 0.5 ]
    fit --seed=3 --folds=3
    jq -e '.training.seed == 3 and .training.folds == 3' "$head"
    grep -v login "$in" >"$dir/few"
    grep login "$in" | head -n 8 >>"$dir/few"
    cp "$dir/few" "$in"
    fit --C=1
    classify -m "$head" -r -f "$in" | grep -c login >"$dir/plain" || true
    fit --C=1 --balance
    [ "$(classify -m "$head" -r -f "$in" | grep -c login)" -gt "$(cat "$dir/plain")" ]
    jq -e .training.balance "$head"
    fit --precision=f32
    [ "$(jq -r .precision "$head")" = f32 ]
    classify -m "$head" --stats="$dir/stats" "$in" >"$dir/out" -o x
    [ "$(jq -r .model.precision "$dir/stats")" = f32 ]
    classify -m "$head" --precision=i8 --stats="$dir/stats" "$in" >"$dir/out" -o x
    [ "$(jq -r .model.precision "$dir/stats")" = i8 ]
    rm "$head"
    run -0 --separate-stderr train -m tiny "$in"
    [ ! -e "$head" ] && [[ $stderr == *accuracy* ]]
}

@test "the cache: made once, private, healed, none with --no-cache" {
    fit --no-cache
    [ ! -e "$XDG_CACHE_HOME/textmill/vectors" ]
    cp "$head" "$dir/want"
    fit
    f=$(echo "$XDG_CACHE_HOME"/textmill/vectors/*)
    [ -f "$f" ]
    [ "$(stat -c %a "$XDG_CACHE_HOME/textmill/vectors")" = 700 ]
    before=$(stat -c '%i %Y %Z' "$f")
    fit
    [ "$before" = "$(stat -c '%i %Y %Z' "$f")" ]
    size=$(wc -c <"$f")
    cp "$f" "$dir/good"
    for i in $(seq 0 7); do
        truncate -s $((size * i / 8)) "$f"
        fit && cmp "$dir/want" "$head" && cmp "$f" "$dir/good"
        printf '\125' | dd of="$f" bs=1 seek=$((size * i / 8 + 3)) conv=notrunc status=none
        fit && cmp "$dir/want" "$head" && cmp "$f" "$dir/good"
    done
    XDG_CACHE_HOME=/dev/null/x fit
    cmp "$dir/want" "$head"
}

@test "bad records are told and left out, as by every tool" {
    cp "$in" "$dir/all"
    {
        echo '{"text":"a"}'
        echo '{"text":"a","label":7}'
        echo '{"text":"a","label":""}'
        echo '{"text":"a","label":"x","label":"y"}'
        echo '{"label":"login"}'
        echo nope
        echo
        cat "$dir/all"
    } >"$in"
    train -q -m tiny --save="$dir/want" "$dir/all"
    run -1 --separate-stderr fit --errors="$dir/errors" --stats="$dir/stats"
    [ "$(jq -r .code "$dir/errors" | paste -sd,)" = missing,type,range,json,missing,json ]
    jq -e '.done == 120 and .rejected == 6 and .blank == 1' "$dir/stats"
    cmp "$dir/want" "$head"
    run -1 fit -w '.i != null' --errors="$dir/errors"
    [ "$(jq -r .code "$dir/errors")" = json ]
    run -3 fit --on-error=fail
    run -2 fit --on-error=keep
    run -3 fit --max-errors=2
}

@test "too little to learn from: 3; nothing is written" {
    : >"$dir/empty"
    for file in "$dir/empty" <(grep login "$in") /nonexistent; do
        run -3 --separate-stderr train -m tiny --save="$head" "$file"
        [ ! -e "$head" ] && [ "$(wc -l <<<"$stderr")" = 1 ]
    done
    printf '{"text":"a","label":"x"}\n{"text":"b","label":"y"}\n' >"$dir/two"
    train -q -m tiny --save="$head" "$dir/two"
    classify -m "$head" -T <<<a
}

@test "mistakes: 2; no model: 4; no place for the file: 5" {
    for o in --kind=tree --folds=1 --folds=101 --C=-1 --C=1e9 --C=nan --target= '-t.a|.b' -T -o; do
        run -2 --separate-stderr train -m tiny "$o" "$in"
        [ -z "$output" ] && [ -n "$stderr" ]
    done
    run -4 train -m nonesuch "$in"
    run -5 --separate-stderr train -q -m tiny --save=/nonexistent/x "$in"
    [[ $stderr == *nonexistent* ]]
    run -5 train -q -m tiny --save="$head" --stats=/dev/full "$in"
}

@test "--save replaces a head, and nothing else: 2 before a record is read" {
    fit
    fit
    classify -m "$head" -o mood "$in" >"$dir/want"
    cp "$in" "$dir/copy"
    for o in --save="$in" --save="$dir/want" "--stats=$head" "--save=$dir/x --stats=$dir/x"; do
        # shellcheck disable=SC2086  # two options
        run -2 --separate-stderr train -t label -m tiny $o "$in"
        [ -z "$output" ] && [ -n "$stderr" ] && [[ $stderr != *$'\n'* ]]
    done
    cmp "$in" "$dir/copy"
    classify -m "$head" -o mood "$in" | cmp - "$dir/want"
}

@test "SIGTERM while reading: --stats, no head, ended by the signal" {
    mkfifo "$dir/fifo"
    train -m tiny --save="$head" --stats="$dir/stats" <"$dir/fifo" 2>"$dir/err" 3>&- &
    pid=$!
    exec 9>"$dir/fifo"
    { cat "$in" && echo nope; } >&9
    until_true $pid test -s "$dir/err" # it complains of the last line: all is read
    until_true $pid tells $pid "$dir/err" '"records":121'
    kill -TERM $pid
    s=0
    wait $pid || s=$?
    exec 9>&-
    [ $s = 143 ] && [ ! -e "$head" ]
    jq -e '.stopped == "SIGTERM" and .done == 120 and .rejected == 1
        and (has("result") | not)' "$dir/stats"
}

@test "-i and -t: paths, jq for the text" {
    jq -c '{doc: {title: .text, tags: [.label]}}' "$in" >"$dir/deep"
    fit
    train -q -m tiny -i .doc.title -t '.doc.tags[0]' --save="$dir/y" "$dir/deep"
    cmp "$head" "$dir/y"
    train -q -m tiny -i '.doc | .title' -t '.doc.tags[0]' --save="$dir/y" "$dir/deep"
    cmp "$head" "$dir/y"
}

@test "classify: a head by name, in the folder of models, and by a second name" {
    fit
    cp "$head" "$TEXTMILL_MODELS/log-mood.head"
    ln -s log-mood.head "$TEXTMILL_MODELS/mood.head"
    classify -m "$head" "$in" -o x >"$dir/want"
    for name in log-mood mood; do
        classify -m $name "$in" -o x | cmp - "$dir/want"
    done
    cd "$dir" # the current folder is not looked at
    run -4 --separate-stderr classify -m x "$in"
    [[ $stderr == *'textmill pull x'* ]]
}

@test "classify: --min-score, -r, --temperature; -l with a head is 2" {
    fit
    echo 'session opened' | classify -T -m "$head" --min-score=1 | jq -e '.label == null and .label_score < 1'
    [ "$(echo 'session opened' | classify -T -r -m "$head")" = login ]
    sharp=$(echo 'session opened' | classify -T -m "$head" --temperature=0.1 | jq .label_score)
    flat=$(echo 'session opened' | classify -T -m "$head" --temperature=10 | jq .label_score)
    jq -ne "$sharp > 0.9 and $flat < 0.6 and $flat > 0.5"
    run -2 --separate-stderr classify -T -m "$head" -l a <<<a
    [[ $stderr == *'has its labels'* ]]
    run -2 classify -T -m "$head" -L samples/log-labels.txt <<<a
}

@test "classify: same bytes for threads, windows, neighbours, levels" {
    fit
    classify -m "$head" --all -o x -j1 "$in" >"$dir/want"
    for o in -j2 --batch=1 --batch=7 --dedup --mem=1M; do
        classify -m "$head" --all -o x "$o" "$in" | cmp - "$dir/want"
    done
    for isa in ref avx2 avx512; do
        TEXTMILL_ISA=$isa classify -m "$head" --all -o x "$in" | cmp - "$dir/want"
    done
    tac "$in" | classify -m "$head" --all -o x | tac | cmp - "$dir/want"
}

@test "classify: a head cut at every 1/64 is 4 and one sentence" {
    fit
    size=$(wc -c <"$head")
    for i in $(seq 0 63); do
        head -c $((size * i / 64)) "$head" >"$dir/cut.head"
        s=0
        classify -T -m "$dir/cut.head" <<<a >"$dir/out" 2>"$dir/err" || s=$?
        [ $s = 4 ] && [ ! -s "$dir/out" ] && [ "$(wc -l <"$dir/err")" = 1 ] || {
            echo "at $i/64: status $s"
            return 1
        }
    done
}

@test "classify: another model's head is refused by hash; a base that is not here" {
    fit
    rm "$TEXTMILL_MODELS/tiny"
    run -4 --separate-stderr classify -T -m "$head" <<<a
    [[ $stderr == *"model 'tiny' is not here"* ]]
    cp -RL tests/golden/tiny-bert/f32 "$TEXTMILL_MODELS/tiny"
    classify -T -m "$head" <<<a
    # some numbers in the middle become zero
    head -c 1600 /dev/zero | dd of="$TEXTMILL_MODELS/tiny/model.safetensors" bs=8 conv=notrunc \
        status=none seek=$(($(wc -c <"$TEXTMILL_MODELS/tiny/model.safetensors") / 16))
    run -4 --separate-stderr classify -T -m "$head" <<<a
    [ -z "$output" ] && [ "$(wc -l <<<"$stderr")" = 1 ] && [[ $stderr == *sha256* ]]
}

@test "classify needs no OpenBLAS" {
    ldd "$(command -v train)" | grep -q blas
    for tool in classify evaluate embed; do
        run -0 ldd "$(command -v $tool)"
        [[ $output == *libjq* && $output != *blas* ]]
    done
}

@test "minilm, SST-2: scikit-learn's accuracy; from the cache much sooner" {
    unset TEXTMILL_MODELS
    [ -d "$HOME/.local/share/textmill/models/minilm" ] || skip "minilm not pulled"
    sst=${TEXTMILL_SHARED:-../shared}/data/sst2
    [ -f "$sst/train.tsv" ] || skip "no shared data"
    for part in train dev; do
        jq -cR 'rindex("\t") as $i | {text: .[:$i], label: (if .[$i+1:] == "1" then "positive" else "negative" end)}' \
            "$sst/$part.tsv" >"$dir/$part"
    done
    t0=$(date +%s%N)
    train -q -m minilm --C=1 --save="$head" "$dir/train"
    t1=$(date +%s%N)
    classify -m "$head" -o said "$dir/dev" | evaluate -t label --pred=said --json >"$dir/out"
    # scikit-learn with C=1 on vectors of sentence-transformers: 0.812
    jq -e '.accuracy > 0.807 and .accuracy < 0.817 and .ece < 0.05' "$dir/out"
    t2=$(date +%s%N)
    train -q -m minilm --C=1 --save="$dir/again" "$dir/train"
    t3=$(date +%s%N)
    cmp "$head" "$dir/again"
    [ $((2 * (t3 - t2))) -lt $((t1 - t0)) ] # alone 1 to 26
}

# words [ARG...]: a head on words, no model anywhere
words() {
    TEXTMILL_MODELS=/nonexistent train -q --kind=words --save="$head" "$@" "$in"
}

@test "--kind=words: no model, the file, what classify says by it" {
    words --stats="$dir/stats"
    jq -e '.kind == "words" and (has("base") | not) and .labels == ["failure", "login"]
        and (.words | index("session") != null and index("failed connection") != null and . == sort)
        and (.weights | map(length)) == [(.words | length), (.words | length)]' "$head"
    jq -e '.done == 120 and (has("model") | not) and .result.held_out.accuracy > 0.7' "$dir/stats"
    export TEXTMILL_MODELS=/nonexistent
    classify -m "$head" -o mood --all --stats="$dir/stats" "$in" >"$dir/out"
    jq -es 'length == 120 and all(.[]; .mood_all[.mood] == .mood_score
            and (.mood_all | add | . > 0.99999 and . < 1.00001))
        and (map(select(.mood == .label)) | length > 85)' "$dir/out"
    jq -e --arg sha "$(sha256sum <"$head" | cut -d' ' -f1)" \
        '.model == {name: $ARGS.positional[0], sha256: $sha, precision: "f32"} and .tokens > 240' \
        "$dir/stats" --args "$head"
    # softmax((sum of weights / sqrt(n) + bias) / T), in jq
    jq -n --slurpfile h "$head" '$h[0] as $h
        | ["user", "root", "user root"] | map(. as $w | $h.words | index($w)) | map(select(.)) as $i
        | $h.labels | keys | map(. as $l | ($i | map($h.weights[$l][.]) | add / ($i | length | sqrt))
            + $h.bias[$l]) | map(. / $h.temperature | exp) | . as $e | ($e[1] / ($e | add))' >"$dir/want"
    echo 'User 7 root' | classify -T -m "$head" --all | jq -e --slurpfile want "$dir/want" \
        '.label_all.login - $want[0] | fabs < 1e-6'
    # no words, no known ones: the biases alone
    printf '{"text":"%s"}\n' '' 'x 1 2' 'zzz qqq' |
        classify -m "$head" | jq -es 'map([.label, .label_score]) | unique | length == 1'
}

@test "--kind=words: the same bytes for runs, threads, levels" {
    words --balance --curve
    cp "$head" "$dir/want"
    for o in -j1 -j2 -j5; do
        words --balance --curve $o
        cmp "$dir/want" "$head"
    done
    for isa in ref avx2; do
        TEXTMILL_ISA=$isa words --balance --curve
        cmp "$dir/want" "$head"
    done
    classify -m "$head" --all -o x -j1 "$in" >"$dir/out"
    for o in -j2 --batch=1 --batch=7 --dedup --mem=1M; do
        classify -m "$head" --all -o x "$o" "$in" | cmp - "$dir/out"
    done
    for isa in ref avx2 avx512; do
        TEXTMILL_ISA=$isa classify -m "$head" --all -o x "$in" | cmp - "$dir/out"
    done
    tac "$in" | classify -m "$head" --all -o x | tac | cmp - "$dir/out"
}

@test "--kind=words: --min-count; mistakes are 2, a cut file is 4, no words 3" {
    words --min-count=1
    all=$(jq '.words | length' "$head")
    words --min-count=9
    [ "$(jq '.words | length' "$head")" -lt "$all" ]
    for o in -mtiny --precision=f32 --overlong=skip; do
        run -2 --separate-stderr words "$o"
        [[ $stderr == *--kind=words* ]]
    done
    for o in --precision=f32 --overlong=skip '-l a'; do
        # shellcheck disable=SC2086 # two words
        run -2 --separate-stderr classify -T -m "$head" $o <<<a
        [ -n "$stderr" ]
    done
    cp "$head" "$dir/whole"
    rm "$head"
    run -3 --separate-stderr words --min-count=1000
    [[ $stderr == *'no word is in 1000'* ]] && [ ! -e "$head" ]
    size=$(wc -c <"$dir/whole")
    for i in $(seq 0 63); do
        head -c $((size * i / 64)) "$dir/whole" >"$dir/cut.head"
        run -4 --separate-stderr classify -T -m "$dir/cut.head" <<<a
        [ -z "$output" ] && [ "$(wc -l <<<"$stderr")" = 1 ]
    done
}

@test "heads that come with the suite are found, in the tree and installed" {
    for name in models/*.head; do
        name=${name#models/}
        echo 'Operation failed' | classify -T -m "${name%.head}" >"$dir/out" 2>"$dir/err" ||
            { [ $? = 4 ] && [[ $(cat "$dir/err") == *"model 'minilm' is not here"* ]]; }
    done
    env -u MAKEFLAGS -u MAKELEVEL make -s --no-print-directory install-files \
        DESTDIR="$dir/place" PREFIX=/opt OUT="${TEXTMILL_OUT:-build}"
    run -4 --separate-stderr "$dir/place/opt/bin/textmill" classify -T -m review-sentiment <<<a
    [[ $stderr == *share/textmill/review-sentiment.head* && $stderr == *"model 'minilm' is not here"* ]]
    for name in sentiment log-sentiment; do
        [ "$(echo 'Operation failed' | "$dir/place/opt/bin/textmill" classify -T -r -m $name)" = negative ]
    done
}
