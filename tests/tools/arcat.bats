#!/usr/bin/env bats
# shellcheck disable=SC2015,SC2016,SC2030,SC2031  # jq programs; subshells; A && B || C
# arcat: the same texts as the makers of the archives read; damage, bombs and odd names

bats_require_minimum_version 1.5.0
load until

setup_file() {
    python3 "$BATS_TEST_DIRNAME/arcat_make.py" "$BATS_FILE_TMPDIR"
}

setup() {
    PATH=$(realpath "${TEXTMILL_OUT:-build}")/bin:$PATH
    cd "$BATS_FILE_TMPDIR" || return
}

# same NAME [ARG...]: status 0, and the texts of NAME.want
same() {
    arcat "${@:2}" "$1" >out || return
    jq -sce --slurpfile want "$1.want" 'map(.text) == $want[0]' out >/dev/null || {
        echo "$1: other texts"
        jq -c .text out | cut -c 1-200
        return 1
    }
}

# spoil FILE OFFSET NEW: a copy with one byte changed
spoil() {
    python3 - "$@" <<'END'
import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[int(sys.argv[2])] ^= 0x41
open(sys.argv[3], "wb").write(b)
END
}

# rejects STATUS CODES COMMAND...: arcat's status and the codes of --errors
rejects() {
    local status=0
    arcat -q --errors=errors "${@:3}" >out || status=$?
    [ "$status" = "$1" ] && [ "$(jq -r .code errors | paste -sd,)" = "$2" ] || {
        echo "status $status, codes $(jq -r .code errors | paste -sd,)"
        cat errors
        return 1
    }
}

@test "tar, zip, gzip, several in a row, archives in archives: what their makers read" {
    for f in t.tar u.tar two.tar t.tar.gz t.zip nested.tar none.tar; do same $f; done
}
@test "from a pipe it is the same, but for the name" {
    for f in t.tar t.tar.gz t.zip nested.tar; do
        diff <(arcat $f | jq -cS 'del(._src)') <(arcat <$f | jq -cS 'del(._src)')
    done
}
@test "bzip2, xz, zstd, lz4, cpio, ar, 7z by their own tools" {
    mkdir -p f && tar -xf u.tar -C f
    arcat u.tar | jq -S .text | sort >want
    for tool in bzip2 xz zstd lz4; do
        command -v $tool >/dev/null || continue
        $tool -c u.tar >u.$tool
        arcat u.$tool | jq -S .text | sort | cmp - want
    done
    if command -v cpio >/dev/null; then
        for h in newc odc bin; do
            (cd f && find . -type f | cpio -o -H $h 2>/dev/null) >u.cpio
            arcat u.cpio | jq -S .text | sort | cmp - want
        done
    fi
    (cd f && ar rc ../u.ar a.txt sub/b.txt c.txt)
    arcat u.ar | jq -S .text | sort | cmp - want
    if command -v 7z >/dev/null; then
        (cd f && 7z a ../u.7z . >/dev/null)
        arcat u.7z | jq -S .text | sort | cmp - want
        arcat <u.7z | jq -S .text | sort | cmp - want
    fi
}
@test "where a text comes from" {
    [ "$(arcat t.tar | jq -c '[._src | .archive, .member, .mtime, .size]' | sed -n 2p)" = \
        '["t.tar","sub/b.txt",0,17]' ]
    [ "$(arcat t.tar | jq -r 'select(._src.member == "a.txt") | ._src.sha256')" = \
        "$(printf 'hello\nworld\n' | sha256sum | cut -d' ' -f1)" ]
    [ "$(arcat --lines t.zip | jq -c '[._src | .member, .line, .offset]' | sed -n 2p)" = \
        '["a.txt",2,6]' ]
}
@test "--list, --match" {
    [ "$(arcat --list t.zip | jq -c '[has("text"), (._src | .member, .size, .type)]' |
        sed -n 2p)" = '[false,"sub/b.txt",17,"text"]' ]
    [ "$(arcat --match='*.zip' nested.tar | wc -l)" = 0 ]
    [ "$(arcat --match='sub/*' nested.tar | jq -r ._src.member | paste -sd' ')" = \
        'in.zip!/sub/b.txt in.tar.gz!/sub/b.txt' ]
}
@test "CSV and TSV: what Python's csv reads" {
    for f in t.csv t.tsv; do
        arcat $f | jq -sce --slurpfile want $f.want 'map(del(._src)) == $want[0]'
    done
    printf 'a,a,\n1,2,3\n1,2\n"x"y,2,3\n"open' >odd.csv
    rejects 1 range,input,input odd.csv
    [ "$(jq -c 'del(._src)' out)" = '{"a":"1","a_2":"2","column_3":"3"}' ]
}
@test "mbox: what Python's mailbox and email read" {
    arcat t.mbox | jq -sce --slurpfile want t.mbox.want \
        'map([.from, .subject, .message_id, .text]) == $want[0]'
}
@test "mail: alternatives, pages, unknown charsets, cut ones" {
    m='Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>x&lt;y\n'
    # shellcheck disable=SC2059
    printf "$m--b--\n" | arcat --type=eml | jq -e '.text == "x<y"'
    # shellcheck disable=SC2059
    printf "$m" >cut.eml
    rejects 1 input cut.eml
    [ "$(wc -l <out)" = 1 ]
    printf 'Content-Type: text/plain; charset=x-none\n\na\n' >none.eml
    rejects 1 utf8 none.eml
}
@test "WARC: pages without tags, chunks, gzip, charsets" {
    for f in t.warc t.warc.gz; do same $f; done
    [ "$(arcat t.warc | jq -r .title | sort -u | paste -sd,)" = 'Täg,null' ]
}
@test "WARC: a damaged record is told, the others are read" {
    rejects 1 input bad.warc.gz
    jq -sce --slurpfile want bad.warc.gz.want 'map(.text) == $want[0]' out
}
@test "charsets are declared or known by a mark, never guessed" {
    printf 'caf\xe9\n' >l.txt
    rejects 1 utf8 l.txt
    [ "$(arcat --from-charset=latin1 l.txt | jq -r .text)" = café ]
    [ "$(arcat --utf8=replace l.txt | jq -r .text)" = $'caf\ufffd' ]
    printf 'caf\u00e9\n' | iconv -t UTF-16 >w.txt
    [ "$(arcat --lines w.txt | jq -r .text)" = café ]
    run -2 arcat --from-charset=nosuch l.txt
}
@test "JSONL comes out as it went in, with _src" {
    printf '{"n":1.0,"text":"a\\/b"}\n{"_src":{"x":1}}\n\n[]\nbad\n' >j.jsonl
    rejects 1 not-object,json j.jsonl
    [ "$(jq -cS 'del(._src.mtime)' out | head -n 1)" = \
        '{"_src":{"archive":"j.jsonl","line":1,"offset":0},"n":1,"text":"a/b"}' ]
    grep -q '^{"n":1.0,"text":"a\\/b","_src"' out
    grep -qxF '{"_src":{"x":1}}' out
}
@test "names are data: nothing is followed, nothing is written" {
    rejects 1 limit evil.tar
    [ "$(jq -c '._src | [.member, .member_b64]' out | head -n 3 | paste -sd' ')" = \
        '["../../x",null] ["/etc/x",null] ["a�b","Yf9i"]' ]
    [ "$(wc -l <out)" = 4 ] && [ ! -e ../../x ]
}
@test "bombs: ratio, bytes, members, depth" {
    rejects 1 limit --max-text=1G bomb.gz
    rejects 1 limit --list --max-ratio=0 --max-bytes=1M bomb.gz
    arcat --list --max-ratio=0 bomb.gz | jq -e '._src.size == 134217728'
    rejects 1 limit --max-members=2000 many.tar
    arcat many.tar && rejects 1 limit deep.tar
    rejects 1 too-long --max-text=1K t.tar
    [ "$(wc -l <out)" = 2 ]
}
@test "gzip: a wrong CRC or length, a cut, other bytes behind it" {
    n=$(wc -c <t.tar.gz)
    for at in $((n - 8)) $((n - 4)) $((n / 2)); do
        spoil t.tar.gz $at bad.tar.gz
        rejects 1 input bad.tar.gz || rejects 1 input,input bad.tar.gz
    done
    head -c $((n - 1)) t.tar.gz >cut.tar.gz
    rejects 1 input cut.tar.gz
    (cat two.gz && echo x) >more.gz
    rejects 1 input --lines more.gz
    [ "$(jq -r .text out | paste -sd,)" = one,two ]
}
@test "zip: a wrong CRC is told, the other members are read" {
    spoil t.zip 36 bad.zip
    rejects 1 input bad.zip
    [ "$(jq -r .member errors)" = a.txt ] && [ "$(wc -l <out)" = 2 ]
}
@test "tar: behind a damaged header the rest is read; a cut between members is told" {
    for at in 0 257 512; do
        spoil u.tar $((at == 512 ? 1024 : at)) bad.tar
        rejects 1 input bad.tar
        [ "$(wc -l <out)" = 2 ]
    done
    head -c 1024 u.tar >cut.tar
    rejects 1 input cut.tar
    [ "$(wc -l <out)" = 1 ]
    : >empty.tar
    rejects 1 input empty.tar
}
@test "every cut of a packed archive is told" {
    for f in t.tar.gz t.zip; do
        n=$(wc -c <$f)
        for ((at = 0; at < n; at += n / 24)); do
            head -c $at $f >"cut.$f"
            status=0
            arcat -q "cut.$f" >/dev/null || status=$?
            [ $status = 1 ] || { echo "$f at $at: $status" && return 1; }
        done
    done
}
@test "a name that promises what the bytes are not is told" {
    cp lines.txt no.gz
    rejects 1 input no.gz
}
@test "shards: together they are the whole, each record once" {
    for args in '--lines lines.txt' lines.jsonl t.csv t.mbox t.warc.gz 'nested.tar t.zip' \
        '--lines two.gz'; do
        # shellcheck disable=SC2086
        arcat $args | jq -cS 'del(._src.line)' | sort >whole
        for n in 1 2 5; do
            for ((k = 1; k <= n; k++)); do
                # shellcheck disable=SC2086
                arcat --shard=$k/$n $args
            done | jq -cS 'del(._src.line)' | sort | cmp - whole
        done
    done
    run -2 arcat --shard=3/2 t.tar
    run -2 arcat --shard=0/2 t.tar
}
@test "counts: in = blank + done + passed + rejected" {
    printf 'a\n\nb\n\xff\n' | arcat -q --lines --stats=s >/dev/null || [ $? = 1 ]
    [ "$(jq -c '[.in, .blank, .done, .passed, .rejected, .out, .exit]' s)" = \
        '[4,1,2,0,1,2,1]' ]
}
@test "--rejects has the bytes, --on-error and --max-errors end the run" {
    printf 'ok\nb\xff\nok\nc\xff\nok\n' >m.txt
    arcat -q --lines --rejects=r m.txt >out || [ $? = 1 ]
    printf 'b\xff\nc\xff\n' | cmp - r
    run -3 arcat --lines --on-error=fail m.txt
    run -3 arcat -q --lines --max-errors=1 m.txt
    run -2 arcat --on-error=keep m.txt
}
@test "--rejects, --errors, --stats: another file than the input, or one of ours" {
    printf 'ok\nb\xff\n' >mine.txt
    echo ok >yours.txt
    for o in stats errors rejects; do
        run -2 arcat -q --lines --$o=mine.txt mine.txt
        run -2 arcat -q --lines --$o=mine.txt yours.txt
        [ -z "${lines[1]}" ]
        for left in "" new-rejects; do
            rm -f "$left"
            arcat -q --lines --$o=new-$o mine.txt >out || [ $? = 1 ]
        done
        [ "$(wc -l <new-$o)" = 1 ]
    done
    printf 'ok\nb\xff\n' | cmp - mine.txt
}
@test "empty input gives nothing; what is not there is 3; a full disk is 5" {
    [ -z "$(arcat </dev/null)" ]
    run -3 arcat nosuch.tar
    run -5 bash -c 'arcat t.tar >/dev/full'
    run -2 arcat --type=nosuch
}
@test "a closed pipe ends it quietly" {
    set +o pipefail
    yes 0123456789 | head -n 300000 >long.txt
    arcat --lines long.txt | head -n 1 >/dev/null
    [ "${PIPESTATUS[0]}" = 141 ]
}
@test "lines leave as they come; SIGTERM ends it with what was read" {
    mkfifo pipe
    arcat --lines --stats=s pipe >live &
    pid=$!
    exec 9>pipe
    printf 'one\ntwo\n' >&9
    until_true $pid has_lines 2 live
    kill -TERM $pid
    status=0
    wait $pid || status=$?
    exec 9>&-
    [ $status = 143 ] && [ "$(jq -r .stopped s)" = SIGTERM ] && [ "$(jq .done s)" = 2 ]
}
