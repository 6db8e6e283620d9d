#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016,SC2030,SC2031 # run sets stderr; quotes are texts; each test has its own variables
# translate: a tiny model against a reference in numpy, what stays of a text, routes, damage;
# and, where it has been pulled, the real one against Bergamot.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    tiny=$PWD/tests/golden/tiny-marian
    shared=${TEXTMILL_SHARED:-../shared}
    in=$BATS_TEST_TMPDIR/in
    out=$BATS_TEST_TMPDIR/out
    # Are the strings of .keep in .ours, one behind the other?
    kept='.ours as $t | reduce .keep[] as $k (0; if . == null then . else
        . as $at | ($t[$at:] | index($k)) as $i | if $i == null then null
        else $at + $i + ($k | length) end end) != null'
}

# holds FILTER [FILE]: there are records, and the filter is true for each
holds() {
    jq -es "length > 0 and all(.[]; $1)" "${@:2}" >/dev/null
}

# The translation of one text by the tiny model
one() {
    jq -cn --arg t "$1" '{text: $t}' | translate -m "$tiny/i8" -r "${@:2}"
}

@test "f32, all words: what the reference translates" {
    translate -m "$tiny/f32" --precision=f32 -o ours -f "$tiny/f32/answers.jsonl" >"$out"
    [ "$(wc -l <"$out")" = 9 ]
    # An empty text is not translated at all.
    holds '.text == "" or .ours == .translation' "$out"
}
@test "a shortlist: only words that it allows" {
    translate -m "$tiny/i8" --precision=f32 "$tiny/f32/answers.jsonl" -o ours -f >"$out"
    holds 'has("ours")' "$out"
    run ! holds '.ours == .translation' "$out"
    # Those of the source 'x' alone: its pieces, the ten frequent ones, and their lists.
    jq -c 'select(.text == "x") | .source' "$tiny/f32/answers.jsonl" >"$in"
    translate -T -r -m "$tiny/i8" <<<x >"$out"
    [ -s "$out" ]
}
@test "white space, paragraphs, marks of lists and lines without words stay" {
    a=$(one 'the server')
    b=$(one 'a disk is full')
    [ "$(one $'  the server\n\n\ta disk is full \n')" = "  $a\\n\\n"$'\t'"$b \\n" ]
    [ "$(one $'- the server\n- a disk is full')" = "- $a\\n- $b" ]
    [ "$(one $'1. the server\n12) a disk is full')" = "1. $a\\n12) $b" ]
    [ "$(one $'the server\n\n--- ***\n\na disk is full')" = "$a\\n\\n--- ***\\n\\n$b" ]
    [ "$(one ' ... ')" = ' ... ' ]
}
@test "--markup: what is no language comes through, in its place" {
    t='the server <b class="x">a disk</b> is `rm -rf /` at https://a.example/b?c=d. user {name} or %s, root@a.example &amp; ${x} the %(n)d'
    one "$t" --markup >"$out"
    for s in '<b class="x">' '</b>' '`rm -rf /`' 'https://a.example/b?c=d' '{name}' '%s' 'root@a.example' '&amp;' '${x}' '%(n)d'; do
        grep -qF -- "$s" "$out"
    done
    a=$(one 'the server')
    b=$(one 'a disk')
    [ "$(one 'the server <b>a disk</b>' --markup)" = "$a <b>$b</b>" ]
    [ "$(one 'the server' --markup)" = "$a" ]
    [ "$(one '<br/> `x`' --markup)" = '<br/> `x`' ]
}
@test "--markup: a table of sixty, all kept, in their order" {
    translate -m "$tiny/i8" --markup -o ours tests/golden/markup.jsonl >"$out"
    [ "$(wc -l <"$out")" = 60 ]
    holds "$kept" "$out"
    # So the table tells: without --markup they do not come through.
    translate -m "$tiny/i8" -o ours tests/golden/markup.jsonl >"$out"
    run ! holds "$kept" "$out"
}
@test "--beam and --n-best: what the reference finds, in its order" {
    translate -m "$tiny/f32" --precision=f32 --n-best=4 -o ours "$tiny/f32/beam.jsonl" >"$out"
    [ "$(wc -l <"$out")" = 9 ]
    holds '.text == "" or [.ours_all[].translation] == [.best[].translation]' "$out"
    holds '.text == "" or ([.ours_all, .best] | transpose
        | all(.[0].logprob - .[1].logprob | fabs < 0.00001))' "$out"
    holds '.ours == .ours_all[0].translation' "$out"
    # An empty text is not translated at all.
    holds '.text != "" or .ours_all == [{translation: "", logprob: 0}]' "$out"
    jq -c 'del(.ours_all)' "$out" >"$in"
    translate -m "$tiny/f32" --precision=f32 --beam=4 -o ours "$tiny/f32/beam.jsonl" | cmp - "$in"
}
@test "--beam=1 is greedy; a beam's bytes are the same over threads, batches and neighbours" {
    jq -c '{text}' "$tiny/f32/answers.jsonl" | tee "$in" >"$in.twice"
    tac "$in" >>"$in.twice"
    translate -m "$tiny/i8" --score "$in" >"$out"
    translate -m "$tiny/i8" --score --beam=1 "$in" | cmp - "$out"
    translate -m "$tiny/i8" --score --n-best=3 "$in.twice" >"$out"
    for how in '-j1 --batch=1' '-j2 --batch=2' '-j3 --batch=5'; do
        # shellcheck disable=SC2086 # several options
        translate -m "$tiny/i8" --score --n-best=3 $how "$in.twice" | cmp - "$out"
    done
    [ "$(sort -u "$out" | wc -l)" = 9 ]
}
@test "--n-best: of a text of two sentences the best ways to put them together" {
    jq -cn '{text: "the server. Again and again."}' >"$in"
    translate -m "$tiny/i8" --n-best=6 "$in" >"$out"
    holds '.translation == .translation_all[0].translation and (.translation_all | length) == 6
        and (.translation_all | map(.translation) | unique | length) == 6
        and (.translation_all | map(-.logprob) | . == sort)' "$out"
    a=$(one 'the server.' --beam=6)
    [[ $(jq -r .translation "$out") == "$a "* ]]
    run -2 translate -m "$tiny/i8" --beam=65 "$in"
    run -2 translate -m "$tiny/i8" --n-best=65 "$in"
}
@test "--detect: what is in the language already is its own translation" {
    models=$BATS_TEST_TMPDIR/models
    mkdir -p "$models/lid"
    cp -R "$tiny/i8" "$models/en-pt"
    cp -R "$tiny/f32" "$models/xx-pt"
    cp tests/golden/fasttext/hs-kept.ftz "$models/lid"
    printf 'lid\tdetect\n' >"$models/catalogue.tsv"
    export TEXTMILL_MODELS=$models TEXTMILL_CATALOGUE=$models/catalogue.tsv
    printf '%s\n' 'the miller and the wheel' 'o moinho e a roda' '...' >"$in"
    translate -T -m en-pt "$in" >"$out.all"
    translate -T -m en-pt --detect --n-best=2 "$in" >"$out"
    [ "$(jq -c 'select(.text == .translation) | .text' "$out")" = $'"o moinho e a roda"\n"..."' ]
    [ "$(jq -r .translation "$out" | head -n 1)" = "$(jq -r .translation "$out.all" | head -n 1)" ]
    jq -es '.[1].translation_all == [{translation: .[1].text, logprob: 0}]' "$out"
    # Where the language of the texts is not known: the likeliest of all.
    translate -T --from xx --to pt --detect "$in" >"$out"
    jq -es '.[0].text != .[0].translation and .[1].text == .[1].translation' "$out"
    # Without the option none is.
    jq -es 'all(.[:2][]; .text != .translation)' "$out.all"
    run -2 --separate-stderr translate -T --detect -m "$tiny/i8" "$in"
    [[ $stderr == *'--from and --to'* ]]
    cp -R "$tiny/i8" "$models/en-qq"
    run -2 --separate-stderr translate -T --detect --from en --to qq "$in"
    [[ $stderr == *"'qq'"* ]]
    rm -r "$models/lid"
    run -4 --separate-stderr translate -T --detect -m en-pt "$in"
    [[ $stderr == *'textmill pull lid'* ]]
}
@test "an empty text is its own translation" {
    translate -m "$tiny/i8" --score <<<'{"text":""}' | holds '.translation == "" and .translation_score == 1'
    translate -m "$tiny/i8" <<<'{"text":" \n "}' | holds '.translation == " \n "'
}
@test "--score: a probability, and the same translation" {
    jq -c '{text}' "$tiny/f32/answers.jsonl" >"$in"
    translate -m "$tiny/i8" "$in" >"$out"
    translate -m "$tiny/i8" --score "$in" >"$out.score"
    holds '.translation_score > 0 and .translation_score <= 1' "$out.score"
    jq -c 'del(.translation_score)' "$out.score" | cmp - "$out"
}
@test "a long sentence: parts, or what --overlong says" {
    seq 300 | sed 's/.*/the/' | paste -sd' ' >"$in"
    translate -T -m "$tiny/i8" "$in" | holds '._overlong.translation.how == "chunk"
        and ._overlong.translation.tokens == ._overlong.translation.kept and (.translation | length) > 100'
    translate -T -m "$tiny/i8" --overlong=truncate "$in" | holds '._overlong.translation.how == "truncate"
        and ._overlong.translation.kept <= 128'
    translate -T -m "$tiny/i8" --overlong=skip "$in" | holds 'has("translation") | not'
    run -1 --separate-stderr translate -T -m "$tiny/i8" --overlong=error "$in"
    [[ $stderr == *overlong* ]]
    run -2 translate -T -m "$tiny/i8" --overlong=no "$in"
}
@test "--from and --to: directly, else by English" {
    models=$BATS_TEST_TMPDIR/models
    mkdir "$models"
    cp -R "$tiny/i8" "$models/xx-en"
    cp -R "$tiny/f32" "$models/en-yy"
    echo 'the server' >"$in"
    translate -T -r -m "$tiny/i8" "$in" | translate -T -r -m "$tiny/f32" >"$out"
    TEXTMILL_MODELS=$models translate -T -r --from xx --to yy "$in" | cmp - "$out"
    TEXTMILL_MODELS=$models translate -T --score --from xx --to yy "$in" | holds '.translation_score > 0'
    TEXTMILL_MODELS=$models translate -T -r --from xx --to en "$in" >"$out"
    translate -T -r -m "$tiny/i8" "$in" | cmp - "$out"
    TEXTMILL_MODELS=$models run -4 --separate-stderr translate -T --from xx --to zz "$in"
    [[ $stderr == *'textmill pull xx-zz'* ]]
    run -2 translate -T --from xx "$in"
    run -2 translate -T --from xx --to xx "$in"
    run -2 translate -T --from ../x --to yy "$in"
    run -2 translate -T --from xx --to yy -m "$tiny/i8" "$in"
}
@test "a decoder with self-attention, two vocabularies; a folder of Hugging Face: as transformers" {
    for kind in self opus; do
        m=$tiny/$kind
        translate -m "$m" --precision=f32 -o ours "$m/answers.jsonl" >"$out"
        [ "$(wc -l <"$out")" = 9 ]
        holds '.text == "" or .ours == .translation' "$out"
        jq -c '{text}' "$m/answers.jsonl" >"$in"
        translate -m "$m" --n-best=3 -j1 --batch=1 "$in" >"$out"
        translate -m "$m" --n-best=3 -j3 --batch=4 "$in" | cmp - "$out"
        translate -m "$m" -f "$in" | cmp - <(translate -m "$m" --beam=1 -f "$in")
    done
}
@test "every file of the folder of Hugging Face cut at every 64th: 4, one sentence, nothing out" {
    echo 'the server' >"$in"
    for name in config.json model.safetensors source.spm target.spm vocab.json; do
        m=$BATS_TEST_TMPDIR/m
        rm -rf "$m"
        cp -R "$tiny/opus" "$m"
        size=$(wc -c <"$tiny/opus/$name")
        for i in $(seq 0 63); do
            head -c $((size * i / 64)) "$tiny/opus/$name" >"$m/$name"
            s=0
            translate -T -m "$m" --no-cache "$in" >"$out" 2>"$out.err" || s=$?
            [ $s = 4 ] && [ ! -s "$out" ] && [ "$(wc -l <"$out.err")" = 1 ] || {
                echo "$name cut at $i/64: status $s"
                cat "$out.err"
                return 1
            }
        done
    done
}
@test "a folder of Hugging Face with other settings, words or ids: 4" {
    echo 'the server' >"$in"
    m=$BATS_TEST_TMPDIR/m
    while IFS=$'\t' read -r file change; do
        rm -rf "$m"
        cp -R "$tiny/opus" "$m"
        jq "$change" "$tiny/opus/$file" >"$m/$file"
        run -4 --separate-stderr translate -T -m "$m" "$in"
        [ "${#stderr_lines[@]}" = 1 ] && [ -z "$output" ]
    done <<-'EOF'
	config.json	.model_type = "bart"
	config.json	.activation_function = "gelu"
	config.json	.normalize_before = true
	config.json	.d_model = 16
	config.json	.vocab_size = 16777216
	config.json	.encoder_layers = 3
	config.json	.encoder_attention_heads = 5
	vocab.json	.the = -1
	vocab.json	."</s>" = 16000000
	vocab.json	.the = 225
	vocab.json	del(."</s>")
	vocab.json	del(."<unk>")
	vocab.json	[.]
	EOF
    rm -rf "$m"
    cp -R "$tiny/opus" "$m"
    rm "$m/target.spm"
    run -4 translate -T -m "$m" "$in"
}
@test "every file of the model cut at every 64th: 4, one sentence, nothing out" {
    echo 'the server' >"$in"
    for name in model.tiny.bin vocab.tiny.spm lex.tiny.bin; do
        m=$BATS_TEST_TMPDIR/m
        rm -rf "$m"
        cp -R "$tiny/i8" "$m"
        size=$(wc -c <"$tiny/i8/$name")
        for i in $(seq 0 63); do
            head -c $((size * i / 64)) "$tiny/i8/$name" >"$m/$name"
            s=0
            translate -T -m "$m" --no-cache "$in" >"$out" 2>"$out.err" || s=$?
            [ $s = 4 ] && [ ! -s "$out" ] && [ "$(wc -l <"$out.err")" = 1 ] || {
                echo "$name cut at $i/64: status $s"
                cat "$out.err"
                return 1
            }
        done
    done
}
@test "files that are missing, too many, or do not fit each other: 4" {
    echo 'the server' >"$in"
    m=$BATS_TEST_TMPDIR/m
    for change in 'rm model.tiny.bin' 'rm vocab.tiny.spm' 'cp model.tiny.bin model.two.bin' \
        'cp vocab.tiny.spm vocab.two.spm' "cp $PWD/tests/golden/unigram/bytes.spm vocab.tiny.spm" \
        'sh -c "echo max-length-factor: x >config.tiny.yml"' 'sh -c "echo {a: [ >config.tiny.yml"'; do
        rm -rf "$m"
        cp -R "$tiny/i8" "$m"
        (cd "$m" && eval "$change")
        run -4 --separate-stderr translate -T -m "$m" "$in"
        [ "${#stderr_lines[@]}" = 1 ] && [ -z "$output" ]
    done
}
@test "a model of NaN: the records are rejected" {
    m=$BATS_TEST_TMPDIR/m
    cp -R "$tiny/f32" "$m"
    # The words' vectors are the first data of the file.
    head -c 8192 /dev/zero | LC_ALL=C tr '\0' '\377' |
        dd of="$m/model.tiny.bin" bs=8192 seek=1 conv=notrunc status=none
    run -1 --separate-stderr translate -T -m "$m" <<<'the server does not answer'
    [[ $stderr == *nan* ]]
    [ -z "$output" ]
}
@test "max-length-factor is kept" {
    m=$BATS_TEST_TMPDIR/m
    cp -R "$tiny/i8" "$m"
    echo 'max-length-factor: 0.5' >"$m/config.tiny.yml"
    long=$(one 'connection closed by peer nobody reads')
    short=$(translate -T -r -m "$m" <<<'connection closed by peer nobody reads')
    [ "${#short}" -lt "${#long}" ]
}

real() {
    models=${TEXTMILL_MODELS:-$HOME/.local/share/textmill/models}
    [ -f "$models/en-pt/model.enpt.intgemm.alphas.bin" ] || skip 'en-pt has not been pulled'
}
@test "en-pt: the reference's translations of 20 sentences" {
    real
    translate -m en-pt --precision=f32 -o ours tests/golden/enpt.jsonl >"$out"
    # With the shortlist one of them is put in other words.
    jq -es 'length == 20 and (map(select(.ours == .translation)) | length) >= 19' "$out"
}
@test "en-pt: three of four as Bergamot, letter by letter" {
    real
    golden=$shared/golden/enpt-translations.jsonl
    [ -f "$golden" ] || skip 'no shared reference'
    for p in f32 i8 i8b32; do
        translate -m en-pt --precision=$p -o ours "$golden" >"$out"
        jq -es 'length == 600 and (map(select(.ours == .translation)) | length) >= 456' "$out"
    done
}
@test "en-pt: the table of what must be kept" {
    real
    translate -m en-pt --markup -o ours tests/golden/markup.jsonl >"$out"
    [ "$(wc -l <"$out")" = 60 ]
    holds "$kept" "$out"
}
