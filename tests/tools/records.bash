# shellcheck shell=bash disable=SC2034,SC2015  # out is for the tests; A && B || C means that
# records.bash - the tools that keep the record contract, for tests that run on every one

# The model that tests may use: small enough to be in the repository.
TINY=$(realpath "$BATS_TEST_DIRNAME/../golden/tiny-bert/f32")

TINYTAG=$(realpath "$BATS_TEST_DIRNAME/../golden/tiny-encoders/bert-tok")
LID=$(realpath "$BATS_TEST_DIRNAME/../golden/fasttext/hs-kept.ftz")
TINY_MARIAN=$(realpath "$BATS_TEST_DIRNAME/../golden/tiny-marian/i8")
TINY_LM=$(realpath "$BATS_TEST_DIRNAME/../golden/tiny-lm")

# A line a tool: the command, and the member that it writes.
tools() {
    echo "$(realpath "${TEXTMILL_OUT:-build}")/tests/bench/mark|mark"
    if command -v tokenize >/dev/null; then echo "tokenize -m $TINY|tokens"; fi
    if command -v embed >/dev/null; then echo "embed -m $TINY|embedding"; fi
    if command -v chunk >/dev/null; then echo "chunk --by=paragraphs -o piece|piece"; fi
    if command -v detect >/dev/null; then echo "detect -m $LID|lang"; fi
    if command -v classify >/dev/null; then echo "classify -m $TINY -l good -l bad|label"; fi
    if command -v classify >/dev/null; then echo "classify -m $TINY_LM -l good -l bad|label"; fi
    if command -v tag >/dev/null; then echo "tag -m $TINYTAG|tags"; fi
    if command -v translate >/dev/null; then echo "translate -m $TINY_MARIAN|translation"; fi
    if command -v summarize >/dev/null; then echo "summarize -m $TINY --extract=1|summary"; fi
    if command -v generate >/dev/null; then echo "generate -m $TINY_LM -n 4|completion"; fi
    if command -v score >/dev/null; then echo "score -m $TINY_LM|mean_nll"; fi
}

# Run the function on every tool, in $TMP, with $tool (words) and $out set.
each_tool() {
    local line
    while IFS= read -r line; do
        read -ra tool <<<"${line%|*}"
        out=${line##*|}
        "$@" || {
            echo "failed for: ${tool[*]}"
            return 1
        }
    done < <(tools)
}

# mill FORMAT [ARG...]: the tool on printf's bytes. Sets status, and the files out, err,
# errors, rejects in the test's folder.
mill() {
    local format=$1
    shift
    pushd "$BATS_TEST_TMPDIR" >/dev/null || return
    status=0
    : >errors
    : >rejects
    # shellcheck disable=SC2059  # the bytes are the format, that is the point
    printf "$format" | "${tool[@]}" --errors=errors --rejects=rejects "$@" \
        >out 2>err || status=$?
    popd >/dev/null || return
}

# The codes of the rejected records, joined by commas.
codes() {
    jq -r .code "$BATS_TEST_TMPDIR/errors" | paste -sd, -
}

# expect STATUS CODES LINES: exit status, codes of rejects, lines that went out.
expect() {
    local n
    n=$(wc -l <"$BATS_TEST_TMPDIR/out")
    [ "$status" = "$1" ] && [ "$(codes)" = "$2" ] && [ "$n" = "$3" ] || {
        echo "status $status codes '$(codes)' lines $n, not $1 '$2' $3"
        head -c 500 "$BATS_TEST_TMPDIR/err" "$BATS_TEST_TMPDIR/out"
        return 1
    }
}

# starts LINE BYTES: output line LINE begins with these bytes.
starts() {
    local got want
    got=$(sed -n "$1p" "$BATS_TEST_TMPDIR/out" | head -c "$(printf '%s' "$2" | wc -c)")
    want=$2
    [ "$got" = "$want" ] || {
        echo "line $1 begins '$got', not '$want'"
        return 1
    }
}
