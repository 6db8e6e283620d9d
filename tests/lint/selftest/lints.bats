#!/usr/bin/env bats
# Each lint passes a small good tree and finds the fault that is sown in it.

setup() {
    lint=$BATS_TEST_DIRNAME/..
    cd "$BATS_TEST_TMPDIR" || return
    mkdir -p lib/base lib/text lib/kernel/avx2 tools tests/unit man .ci pipelines build/bin
    printf '# comment\nbase:\ntext: base\nkernel: base\ntools: base text\n' >lib/LAYERS
    header lib/base/err.h 'int err_set(int code);'
    header lib/text/utf8.h 'int utf8_check(int n);'
    printf '#include "base/err.h"\n\nint\nerr_set(int code)\n{\n    return code;\n}\n' \
        >lib/base/err.c
    printf '#include "text/utf8.h"\n\n#include "base/err.h"\n\nint\nutf8_check(int n)\n{\n    return err_set(n);\n}\n' \
        >lib/text/utf8.c
    printf '#include "text/utf8.h"\n\n#include <stdio.h>\n\nint\nmain(void)\n{\n    return utf8_check(0);\n}\n' \
        >tools/count.c
    program count -n --lines
    page count -n --lines
    echo '| [count](man/textmill-count.1) | count what there is |' >README.md
}

header() {
    guard=$(basename "$1" .h | tr '[:lower:]' '[:upper:]')_H
    printf '/* %s - what it is */\n#ifndef %s\n#define %s\n%s\n#endif\n' \
        "$(basename "$1")" "$guard" "$guard" "$2" >"$1"
}

program() {
    cat >"build/bin/$1" <<SH
#!/bin/sh
cat <<'TEXT'
usage: $1 [option ...] [file ...]
count what there is

  $2, $3=N       lines, not the --words that it counts else
  -h, --help        show this text
TEXT
SH
    chmod +x "build/bin/$1"
}

page() {
    cat >"man/textmill-$1.1" <<MAN
.Dd January 1, 2026
.Dt TEXTMILL-COUNT 1
.Os
.Sh NAME
.Nm textmill-$1
.Nd count what there is
.Sh DESCRIPTION
.Bl -tag -width Ds
.It Fl ${2#-} , Fl ${3#-} Ns = Ns Ar N
Lines.
.It Fl h , Fl -help
Help.
.El
.Sh EXAMPLES
.\" test
.Bd -literal
\$ count --help | sed -n 2p
count what there is
\$ printf '%s' 'a\eb'; echo
a\eb
.Ed
MAN
}

compile() {
    find lib -name '*.c' | while read -r src; do
        mkdir -p "build/$(dirname "$src")"
        cc -Ilib -mavx2 -c -o "build/${src%.c}.o" "$src"
    done
}

# passes NAME: no fault is found;  finds NAME WORDS: a fault is, and so called
passes() {
    run "$lint/$1.sh"
    echo "$output"
    [ "$status" -eq 0 ]
}

finds() {
    run "$lint/$1.sh"
    echo "$output"
    [ "$status" -ne 0 ]
    [[ $output == *"$2"* ]]
}

@test "layers: the good tree" { passes layers; }
@test "layers: up" {
    sed -i '1i #include "text/utf8.h"' lib/base/err.c
    finds layers 'lib/base/err.c:1: base may not include text'
}
@test "layers: a tool that reaches too deep" {
    echo '#  include "kernel/kernel.h"' >>tools/count.c
    finds layers 'tools may not include kernel'
}
@test "layers: relative and bracketed paths" {
    echo '#include "../text/utf8.h"' >>lib/base/err.c
    finds layers 'is not written layer/file.h'
    sed -i '$d' lib/base/err.c
    echo '#include "err.h"' >>lib/base/err.c
    finds layers 'is not written layer/file.h'
    sed -i '$d' lib/base/err.c
    echo '#include <text/utf8.h>' >>lib/base/err.c
    finds layers 'write it in quotes'
}
@test "layers: an unknown folder" {
    mkdir lib/stuff
    echo 'int stuff;' >lib/stuff/stuff.c
    finds layers 'stuff is no layer'
}
@test "layers: a circle in the law" {
    sed -i 's/^base:/base: text/' lib/LAYERS
    finds layers 'text does not stand above base'
}

@test "names: the good tree" {
    compile
    passes names
}
@test "names: a global of another name" {
    echo 'int helper;' >>lib/base/err.c
    compile
    finds names "the global 'helper' does not begin with 'err_'"
}
@test "names: an object with wider instructions that needs another" {
    echo 'int err_set(int); int dot_avx2(void); int dot_avx2(void) { return err_set(1); }' \
        >lib/kernel/avx2/dot_avx2.c
    compile
    finds names "needs 'err_set' from outside"
}
@test "names: a file name used twice" {
    cp lib/base/err.h lib/text/err.h
    finds names 'err.h: a file name used twice'
}

@test "headers: the good tree" { passes headers; }
@test "headers: one that needs another" {
    header lib/text/words.h 'size_t words_count(void);'
    finds headers 'lib/text/words.h: does not compile alone'
}
@test "headers: one without a guard" {
    printf '/* once.h - what it is */\nstruct once { int a; };\n' >lib/text/once.h
    finds headers 'lib/text/once.h: does not compile alone'
}
@test "headers: one that does not say what it is" {
    sed -i '1s/.*/\/* a header *\//' lib/text/utf8.h
    finds headers "lib/text/utf8.h: does not begin with a comment"
}

@test "sizes: the good tree" { passes sizes; }
@test "sizes: 88 columns of any letters pass, 89 do not" {
    { printf '/* '; printf 'ä%.0s' $(seq 82); echo ' */'; } >>lib/base/err.c
    passes sizes
    { printf '/* '; printf 'ä%.0s' $(seq 83); echo ' */'; } >>lib/base/err.c
    finds sizes 'more than 88 columns'
}
@test "sizes: functions of 60 lines pass, of 61 do not" {
    { printf 'void\nf(void)\n{\n'; yes '    ;' | head -n 60; echo '}'; } >tools/long.c
    passes sizes
    { printf 'void\nf(void)\n{\n'; yes '    ;' | head -n 61; echo '}'; } >tools/long.c
    finds sizes 'a function of 61 lines'
}
@test "sizes: files of 600 lines pass, of 601 do not" {
    yes | head -n 600 >tools/long.c
    passes sizes
    echo >>tools/long.c
    finds sizes 'more than 600 lines'
    sed -i '1s/.*/\/* GENERATED by a program *\//' tools/long.c
    passes sizes
}

@test "format: layout is checked" {
    cp "$lint/../../.clang-format" .
    run "$lint/format.sh"
    [[ $output != *SKIP* ]] || skip 'clang-format 14 is not here'
    [ "$status" -eq 0 ]
    echo 'int   err_two;' >>lib/base/err.c
    finds format err.c
}

@test "shell: the good tree" { passes shell; }
@test "shell: a script without quotes, with and without a suffix" {
    command -v shellcheck || skip 'shellcheck is not here'
    for script in pipelines/bad.sh .ci/bad; do
        printf '#!/bin/sh\nrm %s\n' "\$1" >$script
        chmod +x $script
        finds shell 'SC2086'
        rm $script
    done
}
@test "shell: a test that cannot be executed" {
    printf '#!/bin/sh\ntrue\n' >tests/unit/check.sh
    finds shell 'tests/unit/check.sh: is not executable'
}

@test "man: the good tree" { passes man; }
@test "man: a program without a page, a row, or help" {
    program other -n --lines
    finds man "README.md: no row '| [other](man/textmill-other.1)"
    finds man 'man/textmill-other.1: missing'
    printf '#!/bin/sh\nexit 2\n' >build/bin/other
    finds man 'other: --help fails'
}
@test "man: a page or a row without a program" {
    echo '| [gone](man/textmill-gone.1) | count what there is |' >>README.md
    finds man 'a row for gone, which is no program'
}
@test "man: options that differ, either way" {
    page count -n --words
    finds man 'its options (<) are not those of --help (>)'
    page count -n --lines
    sed -i '/Fl -help/d' man/textmill-count.1
    finds man 'its options (<) are not those of --help (>)'
}
@test "man: another summary in the page or in the table" {
    sed -i 's/^.Nd .*/.Nd count nothing/' man/textmill-count.1
    finds man '.Nd is not the second line of --help'
    page count -n --lines
    sed -i 's/count what/count that/' README.md
    finds man 'README.md: no row'
}
@test "man: an example that prints something else" {
    sed -i 's/^count what there is$/count/' man/textmill-count.1
    finds man 'an example prints something else'
}
@test "man: a page that mandoc does not like" {
    command -v mandoc || skip 'mandoc is not here'
    echo '.Nonesuch' >>man/textmill-count.1
    finds man 'mandoc is not content'
}

@test "tap: a bare status becomes one line, TAP goes through, a hang is ended" {
    printf '#!/bin/sh\necho words\nexit 3\n' >bare
    printf '#!/bin/sh\necho 1..1\necho ok 1\nexit 0\n' >spoken
    printf '#!/bin/sh\nsleep 20\n' >hang
    chmod +x bare spoken hang
    run "$lint/../tap" ./bare
    [ "$status" -eq 3 ]
    [[ $output == *'not ok 1 - ./bare'* ]]
    run "$lint/../tap" ./spoken
    [ "$status" -eq 0 ]
    [ "$output" = $'1..1\nok 1' ]
    TEST_SECONDS=1 run "$lint/../tap" ./hang
    [ "$status" -eq 124 ]
    [[ $output == *'stopped after 1 s'* ]]
}
