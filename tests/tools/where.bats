#!/usr/bin/env bats
# each_tool sets tool; what is in single quotes is jq's or sed's.
# shellcheck disable=SC2154,SC2016
# -w and -i pick what jq itself picks, whatever part of the record the helper is sent.

load records

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return
    in=$BATS_TEST_TMPDIR/in
    jq -nc 'range(200) | {id: ., "a b": (. % 3), level: ("info", "error" | select(. == "info" or true)),
        text: "line \(.) of \(. % 7)", o: {x: [., null, {y: (. % 5)}]}, big: [range(40)]}
        | if .id % 11 == 0 then del(.level) else . end' >"$in"
    splice=$(tools | head -1 | cut -d'|' -f1)
}

same() {
    "$splice" -q -w "$1" "$in" | jq -c 'select(.mark) | del(.mark)' >"$BATS_TEST_TMPDIR/ours"
    jq -c "select($1)" "$in" >"$BATS_TEST_TMPDIR/jq"
    [ -s "$BATS_TEST_TMPDIR/jq" ] && cmp "$BATS_TEST_TMPDIR/jq" "$BATS_TEST_TMPDIR/ours"
}

@test "-w picks what select() picks" {
    while IFS= read -r program; do
        same "$program" || {
            echo "differs: $program"
            return 1
        }
    done <<'END'
.level == "error"
.level == null
.level != "error" and .id > 5 or ."a b" == 2
.["a b"] == 1
.o.x[2].y >= 3
.o.x[1]? == null
(.text | test("of 3")) and (.id|length) > 10
.text | endswith("6")
.id % 2 == 0
.id - 100 > -5
(.level // "none") == "none"
.nothing // true
has("level")
(.big | length) == 40 and .id < 9
.o | keys == ["x"]
[.id, ."a b"] | add > 100
. as $r | $r.id > 190
to_entries | length == 5
.id == 1e1
END
}
