#!/usr/bin/env bats
# The dispatcher, in the tree and installed under a name with a space.

setup() {
    root=$BATS_TEST_DIRNAME/../..
    dest="$BATS_TEST_TMPDIR/a place"
}

# Installs what is built: other tests run meanwhile.
make_it() {
    env -u MAKEFLAGS -u MAKELEVEL make -s --no-print-directory -C "$root" "$1" \
        DESTDIR="$dest" PREFIX=/opt/mill OUT="${TEXTMILL_OUT:-build}"
}

install_it() {
    make_it install-files
}

@test "alone it lists every neighbour with its own summary" {
    run textmill
    [ "$status" -eq 0 ]
    [[ $output == *"  pull        get models by name"* ]]
    [[ $output != *"  textmill  "* ]]
    for program in "$(textmill --exec-path)"/*; do
        name=${program##*/}
        [ "$name" = textmill ] || [[ $output == *$'\n'"  $name "* ]]
    done
}

@test "a command gets its arguments as they are, and its status comes back" {
    mkdir "$BATS_TEST_TMPDIR/bin"
    cp "$(command -v textmill)" "$BATS_TEST_TMPDIR/bin"
    printf '#!/bin/sh\nprintf "<%%s>" "$@"\nexit 7\n' >"$BATS_TEST_TMPDIR/bin/show"
    chmod +x "$BATS_TEST_TMPDIR/bin/show"
    run "$BATS_TEST_TMPDIR/bin/textmill" show 'a b' '' '*' --help
    [ "$status" -eq 7 ]
    [ "$output" = '<a b><><*><--help>' ]
}

@test "a link to it works" {
    ln -s "$(command -v textmill)" "$BATS_TEST_TMPDIR/tm"
    run "$BATS_TEST_TMPDIR/tm" pull --version
    [ "$status" -eq 0 ]
    [ "$output" = "pull (textmill) $(cat "$root/VERSION")" ]
}

@test "version, help and unknown words" {
    run textmill --version
    [ "$output" = "textmill $(cat "$root/VERSION")" ]
    run textmill --help
    [ "$status" -eq 0 ]
    for word in nonesuch ../pull /bin/ls -x '' textmill; do
        run textmill "$word"
        [ "$status" -eq 2 ]
        [[ $output == "textmill: no command '$word'"* ]]
    done
    run textmill help nonesuch
    [ "$status" -eq 2 ]
}

@test "help shows the manual page" {
    MANPAGER=cat PAGER=cat run textmill help pull
    [ "$status" -eq 0 ]
    [[ $output == *TEXTMILL-PULL* ]]
    MANPAGER=cat PAGER=cat run textmill help models
    [[ $output == *TEXTMILL-MODELS* ]]
}

@test "installed under a folder with a space it finds commands, pages and catalogue" {
    install_it
    bin="$dest/opt/mill/bin"
    [ "$(ls "$bin")" = textmill ]
    [ "$("$bin/textmill" --exec-path)" = "$(cd "$dest" && pwd -P)/opt/mill/libexec/textmill" ]
    run "$bin/textmill"
    [[ $output == *"  pull        get models"* ]]
    TEXTMILL_MODELS=$BATS_TEST_TMPDIR/none run "$bin/textmill" pull --list
    [ "$status" -eq 0 ]
    [[ $output == minilm* ]]
    MANPAGER=cat PAGER=cat run "$bin/textmill" help pull
    [[ $output == *TEXTMILL-PULL* ]]
    [ ! -e "$dest/opt/mill/libexec/textmill/textmill" ]
}

@test "what was installed can be moved as a whole" {
    install_it
    mv "$dest/opt/mill" "$BATS_TEST_TMPDIR/moved"
    TEXTMILL_MODELS=$BATS_TEST_TMPDIR/none run "$BATS_TEST_TMPDIR/moved/bin/textmill" pull --list
    [ "$status" -eq 0 ]
    [[ $output == minilm* ]]
}

@test "uninstall leaves nothing of ours and all that is not ours" {
    install_it
    touch "$dest/opt/mill/bin/other" "$dest/opt/mill/share/man/man1/other.1"
    make_it uninstall
    run find "$dest" -type f
    [ "${#lines[@]}" -eq 2 ]
    [[ $output == *bin/other* ]]
    [[ $output == *man1/other.1* ]]
}
