#!/bin/sh
# man.sh - manual pages, --help and the table in README.md say the same
#
# Each program in $TEXTMILL_OUT/bin has a page man/textmill-PROGRAM.1 that mandoc finds
# clean, with the options of its --help, and .Nd equal to the second line of it; the table
# in README.md has one row for each, with that line, and no row for anything else. In a
# page, a literal display after the comment `.\" test` is run: lines with "$ " are
# commands, the others what they print (`.\" test model`: only where minilm is,
# `.\" test NAME`: where that model is).
set -u
bin=$(cd "${TEXTMILL_OUT:-build}/bin" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0
fault() {
    echo "$1"
    bad=1
}

# "--long" and "-x" of the rows of --help that begin with an option
help_options() {
    sed -n 's/^ \{2,6\}\(-[^ ].*\)$/\1/p' "$1" | sed 's/   *.*//' |
        grep -oE -- '(^|[ ,])--?[A-Za-z0-9][A-Za-z0-9-]*' | tr -d ' ,' | sort -u
}

# the same of the .It lines of a page
page_options() {
    sed -n 's/^\.It //p' "$1" | grep -oE 'Fl -?[A-Za-z0-9][A-Za-z0-9-]*' |
        sed 's/^Fl /-/' | sort -u
}

examples() {
    page=$1
    want=$2 awk -v dir="$work" '
        /^\.\\" test/ { on = ($0 == ENVIRON["want"]) ; next }
        /^\.Bd -literal/ { if (on) inside = 1; on = 0; next }
        /^\.Ed/ { inside = 0 }
        inside {
            gsub(/\\e/, "\\")
            gsub(/\\\(dq/, "\"")
            gsub(/\\&/, "")
            if (sub(/^\$ /, ""))
                print >(dir "/commands")
            else
                print >(dir "/expected")
        }' "$page"
    [ -f "$work/commands" ] || return 0
    touch "$work/expected"
    # Somewhere else: an example may write files.
    mkdir -p "$work/here"
    [ -e "$work/here/samples" ] || ln -s "$PWD/samples" "$work/here/samples"
    (cd "$work/here" && PATH=$bin:$PATH sh "$work/commands" >"$work/got" 2>&1 </dev/null)
    diff "$work/expected" "$work/got" || fault "$page: an example prints something else"
    rm -f "$work/commands" "$work/expected"
}

# A row of the table: | [name](man/page) | summary |
sed -n 's/^| \[\([a-z-]*\)\](\(man\/[^)]*\)) | \(.*\) |$/\1	\2	\3/p' README.md >"$work/rows"

for program in "$bin"/*; do
    name=${program##*/}
    page=man/textmill-$name.1
    [ "$name" != textmill ] || page=man/textmill.1
    "$program" --help >"$work/help" || fault "$name: --help fails"
    what=$(sed -n 2p "$work/help")
    case $(sed -n 1p "$work/help") in
    "usage: $name "*) ;;
    *) fault "$name: the first line of --help is not 'usage: $name ...'" ;;
    esac
    grep -qxF "$name	$page	$what" "$work/rows" ||
        fault "README.md: no row '| [$name]($page) | $what |'"
    if [ ! -f "$page" ]; then
        fault "$page: missing"
        continue
    fi
    help_options "$work/help" >"$work/help.options"
    page_options "$page" >"$work/page.options"
    diff "$work/page.options" "$work/help.options" ||
        fault "$page: its options (<) are not those of --help (>)"
    [ "$(sed -n 's/^\.Nd //p' "$page")" = "$what" ] ||
        fault "$page: .Nd is not the second line of --help: $what"
done
while IFS='	' read -r name page _; do
    [ -x "$bin/$name" ] || fault "README.md: a row for $name, which is no program"
    [ -f "$page" ] || fault "README.md: the row of $name names $page, which is missing"
done <"$work/rows"

for page in man/*.[157]; do
    if command -v mandoc >/dev/null; then
        mandoc -T lint -W warning "$page" || fault "$page: mandoc is not content"
    fi
    examples "$page" '.\" test'
    models=${TEXTMILL_MODELS:-$HOME/.local/share/textmill/models}
    [ ! -d "$models/minilm" ] || examples "$page" '.\" test model'
    [ ! -d "$models/lid176" ] || examples "$page" '.\" test lid176'
    [ ! -d "$models/smollm2" ] || examples "$page" '.\" test smollm2'
done
exit $bad
