#!/usr/bin/env bats
# each_tool sets tool and out; the programs in single quotes are jq's; tests are subshells.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2317
# textmill-records(5): what bad input gets, from every tool. One table, one row a test.

bats_require_minimum_version 1.5.0
load records
load until

setup() {
    root=$BATS_TEST_DIRNAME/../..
    cd "$root" || return
    PATH=$PWD/${TEXTMILL_OUT:-build}/bin:$PATH
}

# row STATUS CODES LINES FORMAT [ARG...]
row() {
    mill "${@:4}" && expect "$1" "$2" "$3"
}
rows() {
    each_tool row "$@"
}

@test "empty input: nothing, 0" {
    rows 0 '' 0 ''
}
@test "blank lines are skipped and still numbered" {
    rows 0 '' 1 '\n \t\r\n{"text":"a"}\n\n'
    numbered() {
        mill '\n\n{}\n' && [ "$(jq .line "$BATS_TEST_TMPDIR/errors")" = 3 ]
    }
    each_tool numbered
}
@test "CRLF is taken, no CR comes out" {
    crlf() {
        mill '{"text":"a"}\r\n' && expect 0 '' 1 && ! grep -q $'\r' "$BATS_TEST_TMPDIR/out"
    }
    each_tool crlf
}
@test "a byte order mark at the very start is skipped" {
    mark() {
        mill '\xef\xbb\xbf{"text":"a"}\n' && expect 0 '' 1 && starts 1 '{"text":"a"'
    }
    each_tool mark
}
@test "a byte order mark elsewhere is json" {
    rows 1 json 1 '{"text":"a"}\n\xef\xbb\xbf{"text":"a"}\n'
}

# One sentence that names what it looks like, and a command: nothing goes out.
looks() {
    mill "$2" "${@:3}" && expect 3 '' 0 && grep -q "$1" "$BATS_TEST_TMPDIR/err" &&
        [ "$(wc -l <"$BATS_TEST_TMPDIR/err")" = 1 ]
}
@test "gzip, zstd, xz, zip: 3, by name" {
    each_tool looks zcat '\x1f\x8b\x08\x00\x00'
    each_tool looks zstdcat '\x28\xb5\x2f\xfd\x00'
    each_tool looks xzcat '\xfd7zXZ\x00\x00'
    each_tool looks arcat 'PK\x03\x04\x00'
}
@test "UTF-16 and UTF-32: 3, by name" {
    each_tool looks 'iconv -f UTF-16' '\xff\xfe{\x00"\x00'
    each_tool looks 'iconv -f UTF-16LE' '{\x00"\x00t\x00'
    each_tool looks 'iconv -f UTF-16BE' '\x00{\x00"\x00t'
    each_tool looks 'iconv -f UTF-32' '\xff\xfe\x00\x00{\x00\x00\x00'
}
@test "ELF, PDF, tar: 3, by name" {
    each_tool looks ELF '\x7fELF\x02\x01'
    each_tool looks PDF '%%PDF-1.7\n'
    each_tool looks tar "$(head -c 257 /dev/zero | tr '\0' 'a')ustar"
}
@test "pretty-printed JSON and one big array: 3, with the command" {
    each_tool looks 'jq -c \.' '{\n  "text": "a"\n}\n'
    each_tool looks "jq -c '.\[\]'" '[{"text":"a"},{"text":"b"}]\n'
    each_tool looks "jq -c '.\[\]'" '[\n{"text":"a"},\n{"text":"b"}\n]\n'
}
@test "a file of arrays, or one damaged line, is no big array" {
    rows 1 not-object 1 '[1]\n{"text":"a"}\n'
    rows 1 json 1 '{"a":\n{"text":"a"}\n'
}

@test "two values on a line: trailing" {
    rows 1 trailing 0 '{"text":"a"} {"text":"b"}\n'
}
@test "last line without newline: done if whole" {
    rows 0 '' 1 '{"text":"a"}'
}
@test "last line without newline: json if cut" {
    rows 1 json 0 '{"text":"a'
}

@test "invalid UTF-8 anywhere in the line: utf8" {
    for bad in '\x80' '\xc0\x80' '\xed\xa0\x80' '\xf5\x80\x80\x80' '\xf0\x80\x80\x80' '\xe2\x82'; do
        rows 1 utf8 1 '{"text":"a'"$bad"'"}\n{"text":"b"}\n'
        rows 1 utf8 1 '{"text":"a","x":"'"$bad"'"}\n{"text":"b"}\n'
    done
}
@test "--utf8=replace puts U+FFFD per maximal subpart in the line" {
    replaced() {
        mill '{"text":"a","x":"\xe2\x82y\xf0\x9f\x98\xc0\x80"}\n' --utf8=replace &&
            expect 0 '' 1 && starts 1 '{"text":"a","x":"�y���"'
    }
    each_tool replaced
}
@test "a lone surrogate in the field: utf8; elsewhere it is copied" {
    rows 1 utf8 0 '{"text":"\\ud800"}\n'
    copied() {
        mill '{"x":"\\udc00","text":"a"}\n' && expect 0 '' 1 && starts 1 '{"x":"\udc00","text":"a"'
    }
    each_tool copied
}
@test "u0000 is kept; a raw control byte is json" {
    rows 0 '' 1 '{"text":"a\\u0000b"}\n'
    rows 1 json 0 '{"text":"a\x01b"}\n'
    rows 1 json 0 '{"text":"a\x00b"}\n'
}
@test "what JSON does not have: json" {
    for v in NaN Infinity -Infinity 01 +1 .5 1. 0x10 "'a'" True; do
        rows 1 json 0 '{"text":"a","x":'"$v"'}\n'
    done
}
@test "depth: 1024 passes, 1025 is depth" {
    deep() {
        local open close
        open=$(printf '%*s' "$1" '' | tr ' ' '[')
        close=$(printf '%*s' "$1" '' | tr ' ' ']')
        mill '{"text":"a","x":'"$open$close"'}\n'
    }
    pass() {
        deep 1023 && expect 0 '' 1
    }
    refuse() {
        deep 1024 && expect 1 depth 0
    }
    far() {
        deep 100000 && expect 1 depth 0
    }
    each_tool pass
    each_tool refuse
    each_tool far
}
@test "a line over --max-line: too-long, whole in --rejects, the next is done" {
    long() {
        local x
        x=$(printf '%*s' 300000 '' | tr ' ' 'x')
        mill '{"text":"'"$x"'"}\n{"text":"a"}\n' --max-line=1000 && expect 1 too-long 1 &&
            [ "$(wc -c <"$BATS_TEST_TMPDIR/rejects")" = 300012 ] &&
            [ "$(jq -r .raw_b64 "$BATS_TEST_TMPDIR/errors" | base64 -d | wc -c)" = 4096 ]
    }
    each_tool long
}
@test "not an object, missing, null, not a string" {
    for v in 1 '"a"' null true '[{"text":"a"}]'; do
        rows 1 not-object 1 '{"text":"a"}\n'"$v"'\n'
    done
    rows 1 missing,missing,type 0 '{}\n{"text":null}\n{"text":5}\n'
}
@test "a name written with escapes is that name" {
    rows 0 '' 1 '{"t\\u0065xt":"a"}\n'
}
@test "NFC and NFD are different names" {
    rows 1 missing 1 '{"\xc3\xa9":"a"}\n{"e\xcc\x81":"a"}\n' -i $'e\xcc\x81'
}
@test "the member that is read, twice: json" {
    rows 1 json 0 '{"text":"a","text":"b"}\n'
}
@test "members that pass through: twice is fine" {
    rows 0 '' 1 '{"a":1,"text":"x","a":2}\n'
}
@test "empty and blank text have a result" {
    rows 0 '' 2 '{"text":""}\n{"text":" \\n "}\n'
}
@test "special-token look-alikes are text" {
    rows 0 '' 1 '{"text":"[MASK] </s> <|im_end|>"}\n'
}

@test "every other byte comes out as it went in" {
    same() {
        local in='{ "n":9007199254740993 ,"x":[1.0,1E400,-0],"s":"\/\u00e9","a":1,"a":2,"text":"t"  }'
        mill '%%s\n' && printf '%s\n' "$in" >"$BATS_TEST_TMPDIR/in"
        "${tool[@]}" "$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
        starts 1 "${in%\}}" && [ "$(wc -l <"$BATS_TEST_TMPDIR/out")" = 1 ]
    }
    each_tool same
}
@test "an output member that exists: exists, or replaced with -f" {
    exists() {
        mill '{"'"$out"'":null,"text":"a b"}\n' && expect 1 exists 0 &&
            mill '{"'"$out"'":null,"text":"a b"}\n' -f && expect 0 '' 1 &&
            ! grep -q null "$BATS_TEST_TMPDIR/out" && starts 1 "{\"$out\":" &&
            mill '{"'"$out"'":1,"text":"a b","'"$out"'":2}\n' -f && expect 1 exists 0
    }
    each_tool exists
}
@test "-o names the member" {
    named() {
        mill '{"text":"a"}\n' -o 'my "x"' && expect 0 '' 1 && grep -qF '"my \"x\"":' "$BATS_TEST_TMPDIR/out"
    }
    each_tool named
}
@test "-i: a literal name with dots, a path, a jq program" {
    rows 0 '' 1 '{"log.level":"a"}\n' -i log.level
    rows 0 '' 1 '{"a":{"b c":["x","y"]}}\n' -i '.a."b c"[1]'
    rows 0 '' 1 '{"a":{"b":["x","y"]}}\n' -i '.a.b | join(" ")'
    rows 1 missing,type 0 '{"a":{}}\n{"a":{"b":1}}\n' -i .a.b
    rows 1 json 0 '{"a":{"b":"x","b":"y"}}\n' -i .a.b
    rows 1 type,type 0 '{"a":1}\n{"a":2}\n' -i '.a+1'
}
@test "-w: the others pass untouched; 0 or 2 results are type" {
    passes() {
        mill '{"n":1.0,"text":"a"}\n{"n":2.0,"text":"b"}\n' -w '.n==1' && expect 0 '' 2 &&
            [ "$(sed -n 2p "$BATS_TEST_TMPDIR/out")" = '{"n":2.0,"text":"b"}' ]
    }
    each_tool passes
    rows 1 type 0 '{"text":"a"}\n' -w empty
    rows 1 type 0 '{"text":"a"}\n' -w 'true,false'
    rows 1 type 0 '{"text":"a"}\n' -w '.text+1'
}
@test "-w: a mistake or a refused word is 2, before anything is read" {
    for q in '.a |' now localtime input inputs halt halt_error debug stderr env '$ENV' \
        input_line_number 'include "x"; .' 'import "x" as x; .' '"x" | modulemeta' '"\(env)"' '[.a, now]'; do
        rows 2 '' 0 '{"text":"a"}\n' -w "$q"
    done
}
@test "-w: such words as member names are fine" {
    rows 0 '' 1 '{"text":"a","env":1,"now":2}\n' -w '.env==1 and {now:.now,env}.now==2 and "input"=="input"'
}
@test "-w: an endless program ends the run with 6" {
    limit_hit() {
        mill '{"text":"a"}\n' -w '[range(1e9)]' && expect 6 '' 0
    }
    read -ra tool < <(tools | head -1 | cut -d'|' -f1)
    limit_hit
}

@test "_error passes through untouched; --on-error=keep makes it" {
    error() {
        mill '{"text":"a","_error":{}}\n' && [ "$(cat "$BATS_TEST_TMPDIR/out")" = '{"text":"a","_error":{}}' ] &&
            mill '{"x":"a"}\nnope\n' --on-error=keep && expect 1 missing,json 1 &&
            [ "$(jq -c "._error.$out.code" "$BATS_TEST_TMPDIR/out")" = '"missing"' ] &&
            [ "$(cat "$BATS_TEST_TMPDIR/rejects")" = nope ]
    }
    each_tool error
}
@test "--on-error=fail ends the run at that record" {
    rows 3 missing 1 '{"text":"a"}\n{}\n{"text":"b"}\n' --on-error=fail
}
@test "--max-errors: a number, a share" {
    rows 3 missing,missing 1 '{"text":"a"}\n{}\n{}\n{}\n' --max-errors=1
    rows 1 missing,missing 2 '{"text":"a"}\n{}\n{}\n{"text":"a"}\n' --max-errors=2
    rows 3 missing 1 '{"text":"a"}\n{}\n' --max-errors=49%
    rows 1 missing 1 '{"text":"a"}\n{}\n' --max-errors=50%
    rows 2 '' 0 '' --max-errors=many
}
@test "--errors says where: tail -c +byte finds the line; --rejects can be fed again" {
    where() {
        mill '{"text":"a"}\r\n\n{"x":"\xc3\xa9"}\n{}' && expect 1 missing,missing 1 &&
            [ "$(jq -c '[.file,.line,.byte]' "$BATS_TEST_TMPDIR/errors" | paste -sd' ')" = '["stdin",3,15] ["stdin",4,26]' ] &&
            [ "$(jq -r '.raw_b64' "$BATS_TEST_TMPDIR/errors" | head -1 | base64 -d)" = '{"x":"é"}' ] &&
            [ "$(cat "$BATS_TEST_TMPDIR/rejects")" = $'{"x":"é"}\n{}' ]
    }
    each_tool where
}
@test "without --errors: 20 reasons on stderr, then a count" {
    counted() {
        yes '{}' | head -30 | "${tool[@]}" >/dev/null 2>"$BATS_TEST_TMPDIR/err"
        [ "$(wc -l <"$BATS_TEST_TMPDIR/err")" = 21 ] && tail -1 "$BATS_TEST_TMPDIR/err" | grep -q '10 more'
    }
    run ! each_tool false
    each_tool counted
}
@test "-T: plain text; -r: the result alone" {
    text() {
        mill 'say "hi"\\\n\xff\nthere\r\n' -T && expect 1 utf8 2 && starts 1 '{"text":"say \"hi\"\\"' &&
            starts 2 '{"text":"there"' && mill 'a\nb\n' -T -r && expect 0 '' 2 &&
            ! grep -q text "$BATS_TEST_TMPDIR/out"
    }
    each_tool text
}
@test "--stats: the sum is right, whole JSON; \$TEXTMILL_REPORT gets a line a tool" {
    sums() {
        rm -f "$BATS_TEST_TMPDIR/report"
        TEXTMILL_REPORT=$BATS_TEST_TMPDIR/report mill '\n{"text":"a"}\n{"text":"b","n":1}\n{}\n{"text":"a","_error":{}}\n' \
            --stats=stats -w '.n!=1' --dedup
        jq -e '.in==5 and .blank==1 and .done==1 and .passed==2 and .rejected==1 and .kept==0 and .out==3
            and .exit==1 and .errors.missing==1 and .done_to.byte==61' "$BATS_TEST_TMPDIR/stats" &&
            jq -e .tool "$BATS_TEST_TMPDIR/report"
    }
    each_tool sums
}
# refused OPTION...: status 2 and one sentence, before any work; FILE is as it was.
refused() {
    local s=0
    "${tool[@]}" "$@" "$in" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || s=$?
    [ $s = 2 ] && [ ! -s "$BATS_TEST_TMPDIR/out" ] && [ "$(wc -l <"$BATS_TEST_TMPDIR/err")" = 1 ] &&
        echo '{"text":"a"}' | cmp - "$mine" && echo '{"text":"b"}' | cmp - "$in"
}
@test "--stats, --errors, --rejects: a file that the suite did not write is not touched, nor an input" {
    kept() {
        local o
        mine=$BATS_TEST_TMPDIR/mine in=$BATS_TEST_TMPDIR/in
        echo '{"text":"a"}' >"$mine"
        echo '{"text":"b"}' >"$in"
        for o in --stats --errors --rejects; do
            refused "$o=$mine" && refused "$o=$in" && refused --dry-run --stats="$mine" || return
        done
        refused --errors="$BATS_TEST_TMPDIR/both" --rejects="$BATS_TEST_TMPDIR/both" && [ ! -e "$BATS_TEST_TMPDIR/both" ] &&
            TEXTMILL_ERRORS=$in refused && TEXTMILL_REPORT=$in refused || return
        # What comes from standard input does not go there again, either.
        local s=0
        # shellcheck disable=SC2094  # that is the point
        "${tool[@]}" <"$in" >>"$in" 2>/dev/null || s=$?
        [ $s = 2 ] && echo '{"text":"b"}' | cmp - "$in"
    }
    each_tool kept
}
@test "--stats and --errors replace their own, and what is empty; a fifo is written to" {
    again() {
        local dir=$BATS_TEST_TMPDIR/again n
        rm -rf "$dir" && mkdir "$dir" && : >"$dir/stats" && mkfifo "$dir/fifo"
        for n in 1 2; do
            mill '{}\n' --stats="$dir/stats" --errors="$dir/errors" --rejects="$dir/rejects$n" && [ "$status" = 1 ] &&
                jq -es 'length==1 and .[0].in==1' "$dir/stats" && jq -es 'length==1 and .[0].code=="missing"' "$dir/errors" || return
        done
        mill '{}\n' --rejects="$dir/rejects1" && [ "$status" = 2 ] && echo '{}' | cmp - "$dir/rejects1" || return
        mill '{}\n' --stats="$dir/fifo" &
        timeout 20 jq -e '.in==1' "$dir/fifo" && wait $! && [ -p "$dir/fifo" ]
    }
    each_tool again
}
@test "--stats, --errors, --rejects in a folder that is not there: 5 before the first record" {
    homeless() {
        local o s
        for o in --stats --errors --rejects; do
            s=0
            echo '{"text":"a"}' | "${tool[@]}" "$o=$BATS_TEST_TMPDIR/none/x" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || s=$?
            [ $s = 5 ] && [ ! -s "$BATS_TEST_TMPDIR/out" ] && [ "$(wc -l <"$BATS_TEST_TMPDIR/err")" = 1 ] || return
        done
    }
    each_tool homeless
}
@test "--dry-run: a plan, nothing is written" {
    plan() {
        mill '{"text":"a"}\n{"text":"a"}\n{}\n' --dry-run && jq -e '.texts==2 and .repeats==0.5 and .rejected==1' "$BATS_TEST_TMPDIR/out"
    }
    each_tool plan
}
@test "a terminal on stdin and no file: usage, 2" {
    command -v script >/dev/null || skip "no script(1)"
    term() {
        script -qec "$(printf '%q ' "${tool[@]}")" /dev/null </dev/null >"$BATS_TEST_TMPDIR/out"; [ $? = 2 ] && grep -q usage "$BATS_TEST_TMPDIR/out"
    }
    each_tool term
}
@test "files that are not there, folders: 3 before anything is done" {
    gone() {
        echo '{"text":"a"}' >"$BATS_TEST_TMPDIR/in"
        run "${tool[@]}" "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/nope"
        [ "$status" = 3 ] && [[ $output != *"\"$out\""* ]] || return
        run "${tool[@]}" /
        [ "$status" = 3 ]
    }
    each_tool gone
}
@test "a full disk is 5, also for --errors, --rejects, --stats" {
    full() {
        local s=0
        echo '{"text":"a"}' | "${tool[@]}" >/dev/full 2>/dev/null || s=$?
        [ $s = 5 ] || return
        for o in --errors --rejects --stats; do
            s=0
            echo '{}' | "${tool[@]}" $o=/dev/full >/dev/null 2>&1 || s=$?
            [ $s = 5 ] || return
        done
    }
    each_tool full
}
@test "closed stdin is 3, closed stdout is 5, closed stderr does not matter" {
    closed() {
        local s=0
        timeout 20 "${tool[@]}" - <&- >"$BATS_TEST_TMPDIR/out" 2>/dev/null || s=$?
        [ $s = 3 ] || return
        s=0
        echo '{"text":"a"}' | timeout 20 "${tool[@]}" >&- 2>/dev/null || s=$?
        [ $s = 5 ] || return
        s=0
        echo '{}' | timeout 20 "${tool[@]}" 2>&- >"$BATS_TEST_TMPDIR/out" || s=$?
        [ $s = 1 ] && [ ! -s "$BATS_TEST_TMPDIR/out" ]
    }
    each_tool closed
}
@test "| head ends it quietly by SIGPIPE; with 5 where that is ignored" {
    head_() {
        local s
        yes '{"text":"a"}' | head -20000 >"$BATS_TEST_TMPDIR/in"
        s=$("${tool[@]}" --batch=1 "$BATS_TEST_TMPDIR/in" 2>"$BATS_TEST_TMPDIR/err" | head -1 >/dev/null; echo "${PIPESTATUS[0]}")
        [ "$s" = 141 ] && [ ! -s "$BATS_TEST_TMPDIR/err" ] || return
        s=$(trap '' PIPE; "${tool[@]}" --batch=1 "$BATS_TEST_TMPDIR/in" 2>/dev/null | head -1 >/dev/null; echo "${PIPESTATUS[0]}")
        [ "$s" = 5 ]
    }
    each_tool head_
}
@test "SIGTERM: whole lines, --stats with the offset, ended by the signal; USR1 tells" {
    term() {
        local dir=$BATS_TEST_TMPDIR pid s=0
        rm -f "$dir/fifo" "$dir/stats"
        mkfifo "$dir/fifo"
        "${tool[@]}" --stats="$dir/stats" <"$dir/fifo" >"$dir/out" 2>"$dir/err" 3>&- &
        pid=$!
        exec 9>"$dir/fifo"
        printf '{"text":"a"}\n{"text":"b"}\n{"te' >&9
        until_true "$pid" has_lines 2 "$dir/out" &&
            until_true "$pid" tells "$pid" "$dir/err" '"records":2,' || return
        kill -TERM "$pid"
        wait "$pid" || s=$?
        exec 9>&-
        [ $s = 143 ] && [ "$(wc -l <"$dir/out")" = 2 ] &&
            jq -e '.stopped=="SIGTERM" and .exit==143 and .done==2 and .done_to.byte==26' "$dir/stats" &&
            jq -e 'has("records")' "$dir/err"
    }
    each_tool term
}
# hinted TIMES FORMAT [ARG...]: so often -T is offered
hinted() {
    mill "${@:2}"
    [ "$(grep -c 'no line is JSON; -T reads plain text' "$BATS_TEST_TMPDIR/err")" = "$1" ]
}
@test "where nothing is JSON, -T is offered; with a record of it, -q or -T it is not" {
    hint() {
        hinted 1 'a\nb\n' && hinted 0 'a\nb\n' -q && hinted 0 'a\nb\n' -T &&
            hinted 0 'a\n{"text":"b"}\n' && hinted 0 ''
    }
    each_tool hint
}
@test "locale does not matter" {
    locale() {
        local a b
        a=$(echo '{"text":"a"}' | LC_ALL=C "${tool[@]}")
        b=$(echo '{"text":"a"}' | LC_ALL=tr_TR.UTF-8 LANG=de_DE.UTF-8 "${tool[@]}")
        [ "$a" = "$b" ]
    }
    each_tool locale
}
@test "usage mistakes are 2" {
    for o in --nope -Z --threads --threads=x --batch=-1 --mem=1X --utf8=x --on-error=x --quiet=1; do
        rows 2 '' 0 '' $o
    done
    rows 2 '' 0 '' -T -i x
}
@test "--help and --version: 0, on stdout" {
    help() {
        run --separate-stderr "${tool[@]}" --help
        [ "$status" = 0 ] && [ -z "$stderr" ] && [[ ${lines[0]} == usage:* ]] || return
        run "${tool[@]}" -V
        [ "$status" = 0 ] && [[ $output == *"(textmill)"* ]]
    }
    each_tool help
}
