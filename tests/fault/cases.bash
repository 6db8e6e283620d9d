# shellcheck shell=bash disable=SC2034,SC2154  # the names are for the tests; dir is theirs
# cases.bash - each tool of the suite with a model of its own, for tests that take things
# away from it. tools.bats sees that none is left out.

golden=$(realpath "$BATS_TEST_DIRNAME/../golden")

# A line a tool: how its answer goes out, its command, the options for small windows and for
# threads. How: as `lines`, one for a record; as a `few`, whatever came in; as a `file`.
cases() {
    local windows='--batch=50' j='-j 1'
    cat <<X
lines|$(realpath "${TEXTMILL_OUT:-build}")/tests/bench/mark|$windows|$j
lines|arcat --type=jsonl||
lines|chunk --by=paragraphs -o piece|$windows|$j
lines|classify -m $golden/tiny-bert/f32 -l good -l bad|$windows|$j
lines|classify -m log-sentiment|$windows|$j
lines|detect -m $golden/fasttext/hs-kept.ftz|$windows|$j
lines|embed -m $golden/tiny-bert/f32|$windows|$j
few|evaluate -q --gold=gold --pred=said||$j
few|evaluate -q --gold=gold --pred=said --json||$j
lines|fill -m $golden/tiny-encoders/bert-mlm|$windows|$j
lines|generate -m $golden/tiny-lm -n 4|$windows|$j
few|inspect||
few|inspect --json --metadata||
lines|score -m $golden/tiny-lm|$windows|$j
lines|summarize -m $golden/tiny-bert/f32 --extract=1|$windows|$j
lines|summarize -m $golden/tiny-lm -n 4|$windows|$j
lines|tag -m $golden/tiny-encoders/bert-tok|$windows|$j
lines|tokenize -m $golden/tiny-bert/f32|$windows|$j
file|train -q --no-cache -t gold -m $golden/tiny-bert/f32 --save=SAVE||$j
file|train -q -t gold --kind=words --save=SAVE||$j
lines|translate -m $golden/tiny-marian/i8|$windows|$j
X
}

# And those that are no such filter, with the place where they are tried.
elsewhere() {
    cat <<'X'
millrun  its answer is a folder: jobs.bats and hosts.bats are about nothing else
pull     its answer is a folder: a test of its own in tools.bats
textmill runs the others; what it prints by itself is in the row of --help
X
}

# each_case FORM,FORM FUNCTION [ARG...]: the function on every tool of these forms. It finds
# the words of the command in tool, what it reads in input, the options in windows, threads.
each_case() {
    local forms=$1 form words w t
    shift
    while IFS='|' read -r form words w t; do
        [[ ,$forms, == *",$form,"* ]] || continue
        words=${words/SAVE/$dir/saved}
        read -ra tool <<<"$words"
        read -ra windows <<<"$w"
        read -ra threads <<<"$t"
        input=$dir/in
        [ "${tool[0]}" != inspect ] || input=$golden/tiny-bert/f32
        rm -f "$dir/saved"*
        "$@" || {
            echo "failed for: ${tool[*]}"
            return 1
        }
    done < <(cases)
}

# The names of the programs that cases() has.
names() {
    cases | cut -d'|' -f2 | cut -d' ' -f1 | grep -v / | sort -u
}

# N records for all of them: a mask for fill, two labels for train and evaluate.
lines() {
    awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "{\"id\":%d,\"text\":\"Line %d of the log. " \
        "It has two sentences, and [MASK] is the longer one of both.\",\"gold\":\"%s\",\"said\":\"%s\"}\n",
        i, i, i % 2 ? "even" : "odd", i % 3 ? "even" : "odd" }'
}

# whole FILE: does it end with a line's end?
whole() {
    [ ! -s "$1" ] || [ "$(tail -c 1 "$1" | od -An -c | tr -d ' ')" = '\n' ]
}

# whole_json FILE: and is every line JSON?
whole_json() {
    whole "$1" && { [ ! -s "$1" ] || jq -e . "$1" >/dev/null; }
}
